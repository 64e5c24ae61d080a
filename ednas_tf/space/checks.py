"""Checks of a genotype's parts, with errors that name the place."""

import collections
import json
import math

from ednas_tf import errors

#: Where the errors say that a flaw of the file's outermost object is.
TOP = "(top level)"


class GenotypeError(errors.RequestError):
    """A genotype that cannot be read or does not fit; names the place."""


def parse(text: str):
    """Parses JSON, more strictly than Python does.

    Raises:
      GenotypeError: it is no JSON, a key stands twice in an object, or a
        number is not finite.
    """
    try:
        return _plain(
            json.loads(text, object_pairs_hook=_Pairs, parse_int=_integer)
        )
    except RecursionError:
        raise GenotypeError(
            "not JSON: expected lists of lists, found deeper ones"
        ) from None
    except json.JSONDecodeError as error:
        raise GenotypeError(f"not JSON: {error}") from None


def _integer(digits):
    """Python reads no integer of more than 4,300 digits: infinite is as bad."""
    return int(digits) if len(digits) < 4000 else float(digits)


def check_known(kind, name, valid, where):
    """Raises unless `name` is one of the names in `valid`."""
    if name not in valid:
        raise GenotypeError(
            f"{where}: unknown {kind} {errors.shown(name)}, "
            f"{errors.nearest(name, valid)}"
        )


def check_op(op, valid, where):
    """Raises unless `op` is one of the names of operations in `valid`."""
    check_known("operation", op, valid, where)


def expect(where, holds, expected, found):
    """Raises unless `holds`; says where, what was expected and found."""
    if not holds:
        raise GenotypeError(
            f"{where}: expected {expected}, found {errors.shown(found)}"
        )


def expect_in(where, low, high, found):
    """Raises unless low <= found < high."""
    expect(where, low <= found < high, f"a number in [{low}, {high})", found)


class _Pairs(list):
    """A JSON object before its keys are looked at."""


def _plain(value, where=""):
    """Makes dictionaries of all `_Pairs` in a parsed value.

    Raises:
      GenotypeError: a key stands twice in an object, or a number is not finite.
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
    # bool is an int to Python; JSON's true is no number.
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
