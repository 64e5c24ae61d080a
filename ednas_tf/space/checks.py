"""Checks of the parts of a genotype, whose errors name the place."""

import collections
import json
import math

from ednas_tf import errors

#: The place that errors name for the outermost object of a file.
TOP = "(top level)"


class GenotypeError(errors.RequestError):
    """A genotype is unreadable or does not fit; the message names the place."""


def parse(text: str):
    """Parses JSON more strictly than Python does.

    Raises:
      GenotypeError: the text is not JSON, an object has a key twice, or a
        number is not finite.
    """
    try:
        return _plain(
            json.loads(text, object_pairs_hook=_Pairs, parse_int=_integer)
        )
    except RecursionError:
        raise GenotypeError(
            "not JSON: expected a few levels of nesting, found too many"
        ) from None
    except json.JSONDecodeError as error:
        raise GenotypeError(f"not JSON: {error}") from None


def _integer(digits):
    """Makes an integer infinite if it is too long for Python to parse."""
    return int(digits) if len(digits) < 4000 else float(digits)


def check_known(kind, name, valid, where):
    """Raises unless `name` is one of the names in `valid`."""
    if name not in valid:
        raise GenotypeError(
            f"{where}: unknown {kind} {errors.shown(name)}"
            f"{errors.nearest(name, valid)}"
        )


def check_op(op, valid, where):
    """Raises unless `op` is one of the names of operations in `valid`."""
    check_known("operation", op, valid, where)


def expect(where, holds, expected, found):
    """Raises unless `holds`, naming the place, the expected and the found."""
    if not holds:
        raise GenotypeError(
            f"{where}: expected {expected}, found {errors.shown(found)}"
        )


def expect_in(where, low, high, found):
    """Raises unless low <= found < high."""
    expect(where, low <= found < high, f"a number in [{low}, {high})", found)


class _Pairs(list):
    """A JSON object whose keys have not been checked yet."""


def _plain(value, where=""):
    """Turns all `_Pairs` in a parsed value into dictionaries.

    Raises:
      GenotypeError: an object has a key twice, or a number is not finite.
    """
    if isinstance(value, _Pairs):
        counts = collections.Counter(key for key, _ in value)
        twice = [key for key, count in counts.items() if count > 1]
        expect(where or TOP, not twice, "each key only once", twice)
        dot = where and "."
        return {key: _plain(v, f"{where}{dot}{key}") for key, v in value}
    if isinstance(value, list):
        return [_plain(v, f"{where}[{i}]") for i, v in enumerate(value)]
    finite = not isinstance(value, float) or math.isfinite(value)
    expect(where or TOP, finite, "a finite number", value)
    return value


def typed(value, where, kind, expected):
    """Returns `value`, which must be of one of the types in `kind`."""
    # In Python, bool is an int, but in JSON, true is not a number.
    holds = isinstance(value, kind) and not isinstance(value, bool)
    expect(where, holds, expected, value)
    return value


def keys(value, where, required, optional=()):
    """Returns `value`, which must be an object with these keys."""
    typed(value, where, dict, "an object")
    for key in required:
        expect(where, key in value, f"the key {key!r}", sorted(value))
    for key in value:
        check_known("key", key, [*required, *optional], where)
    return value
