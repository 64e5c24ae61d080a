"""Checks labels that a Python program gave, and numbers their classes."""

import numbers
from collections.abc import Mapping, Sequence

import numpy as np

from ednas_tf import errors

_FORM = "labels [n], integers or strings"
#: The most classes: a label beyond is a mistake, such as the number of a photo.
_MOST = 100_000


def checked(labels: object, count: int, where: str) -> np.ndarray:
    """Converts what was given to an array of labels, and checks its form.

    Args:
      labels: integers, also as floats, booleans or strings, [n] or [n, 1].
      count: number of images.
      where: the argument, to name in errors.

    Returns:
      int64 or str, [n].

    Raises:
      RequestError: they are no labels, or not one for each image.
    """
    try:
        _check_one_type(labels, where)
        labels = np.asarray(labels)
    except errors.RequestError:
        raise
    except (ValueError, TypeError) as error:
        raise _wrong(where, errors.first_line(error)) from None
    if not labels.ndim:
        raise _wrong(where, errors.shown(labels.tolist()))
    shape = list(map(int, labels.shape))
    if labels.ndim == 2 and shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim == 2:
        raise errors.RequestError(
            f"{where}: expected {_FORM}, found the shape {shape}; if these are "
            "one-hot vectors, give numpy.argmax(labels, axis=-1)"
        )
    if labels.ndim != 1:
        raise _wrong(where, f"the shape {shape}")
    if len(labels) != count:
        raise errors.RequestError(
            f"{where}: expected a label for each of {count} images, found "
            f"{len(labels)} labels"
        )
    return _converted(labels, where)


def _check_one_type(labels, where):
    """Refuses a list of texts and numbers, which NumPy would make texts."""
    if not isinstance(labels, list | tuple):
        return
    texts = sum(isinstance(each, str | bytes) for each in labels)
    if 0 < texts < len(labels):
        raise _wrong(where, _types(labels))


def _types(values):
    names = sorted({type(value).__name__ for value in values})
    return f"values of the types {', '.join(names)}"


def _converted(labels, where):
    if labels.dtype.kind in "biu":
        return labels.astype(np.int64)
    if labels.dtype.kind == "f":
        wrong = labels[~np.isfinite(labels) | (labels % 1 != 0)]
        if len(wrong):
            raise _wrong(where, f"the number {wrong[0]:g}")
        return labels.astype(np.int64)
    found = labels.tolist()
    if all(isinstance(each, bytes) for each in found):
        try:
            found = [each.decode() for each in found]
        except UnicodeDecodeError:
            raise _wrong(where, "bytes that are not UTF-8") from None
    if all(isinstance(each, str) for each in found):
        return np.array(found, str)
    raise _wrong(where, _types(found))


def _wrong(where, found):
    return errors.RequestError(
        f"{where}: expected {_FORM}, found {found}; convert them"
    )


def classes_of(
    labels: np.ndarray, given: int | Sequence[str] | None, where: str
) -> tuple[str, ...]:
    """The names of the classes, whose order is that of the network's outputs.

    Integers are places in the list of classes, from 0 on. Strings are the names
    themselves, sorted if no list is given.

    Args:
      labels: the labels of the training images, as `checked` returns them.
      given: number of classes, or their names in order; None if they follow
        from the labels.
      where: the argument with the labels, to name in errors.

    Raises:
      RequestError: there are fewer than two classes, the list is wrong, or
        integers leave gaps although no list is given.
    """
    if given is None:
        names = _found(labels, where)
    elif isinstance(given, numbers.Integral) and not isinstance(given, bool):
        if not 2 <= given <= _MOST:
            raise errors.RequestError(
                f"classes: expected at least 2 and at most {_MOST} classes, "
                f"found {errors.shown(given)}"
            )
        names = tuple(map(str, range(given)))
    else:
        names = _listed(given)
    if len(names) < 2:
        raise errors.RequestError(
            f"{where}: expected at least two classes, found {len(names)}; give "
            "images of other classes, too"
        )
    return names


def _listed(given):
    names = tuple(given) if isinstance(given, Sequence | np.ndarray) else ()
    fits = names and not isinstance(given, str)
    if not fits or not all(isinstance(name, str) for name in names):
        raise errors.RequestError(
            "classes: expected the number of classes, or a list of their "
            f"names, found {errors.shown(given)}"
        )
    if len(set(names)) < len(names):
        raise errors.RequestError(
            "classes: expected distinct names, found one twice in "
            f"{errors.shown(names)}"
        )
    return tuple(map(str, names))


def _found(labels, where):
    present = np.unique(labels)
    if labels.dtype.kind != "i":
        return tuple(map(str, present))
    least, most = int(present[0]), int(present[-1])
    if least < 0 or most >= _MOST:
        limit = f"to {_MOST - 1}" if most >= _MOST else "on"
        raise errors.RequestError(
            f"{where}: expected labels from 0 {limit}, found {least} to "
            f"{most}; number the classes from 0 on"
        )
    if len(present) <= most:
        missing = min(set(range(most)) - set(present.tolist()))
        raise errors.RequestError(
            f"{where}: expected every label from 0 to {most}, found no "
            f"{missing}; number the classes from 0 on, or give the number or "
            "the names of all classes as classes="
        )
    return tuple(map(str, range(most + 1)))


def numbered(
    labels: np.ndarray, classes: Sequence[str], where: str
) -> np.ndarray:
    """The place of each label in the list of classes, int32 [n].

    Raises:
      RequestError: a label is not in the list.
    """
    if labels.dtype.kind == "i":
        wrong = labels[(labels < 0) | (labels >= len(classes))]
        expected = f"labels from 0 to {len(classes) - 1}"
    else:
        places: Mapping[str, int] = {n: i for i, n in enumerate(classes)}
        wrong = [name for name in np.unique(labels) if str(name) not in places]
        expected = f"one of the classes {errors.shown(list(classes))}"
    if len(wrong):
        raise errors.RequestError(
            f"{where}: expected {expected}, found {str(wrong[0])!r}; correct "
            "the labels, or give all classes as classes="
        )
    if labels.dtype.kind == "i":
        return labels.astype(np.int32)
    return np.array([places[str(name)] for name in labels], np.int32)
