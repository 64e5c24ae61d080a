"""Checks images that a Python program gave, and converts them to uint8."""

import numpy as np

from ednas_tf import errors

#: Number of images that are converted at a time, to hold no second copy.
_PART = 1024
#: Floats with fractions that are nowhere above this number do not go to 255.
_DARKEST = 16
#: Images that are nowhere as bright as this may have another range than 255.
_BRIGHT = 128
#: White in images of 16 bits.
_WHITE_OF_16_BITS = 2**16 - 1
_FORM = "images as numbers [n, height, width, channels] or [n, height, width]"


def checked(images: object, where: str) -> np.ndarray:
    """Converts what was given to an array of images, and checks its form.

    Args:
      images: uint8, other integers, or floats, [n, height, width] or [n,
        height, width, channels].
      where: the argument, to name in errors.

    Returns:
      The same numbers, [n, height, width, channels].

    Raises:
      RequestError: they are not images, there are none, or channels are
        neither 1 nor 3.
    """
    try:
        images = np.asarray(images)
    except (ValueError, TypeError) as error:
        raise errors.RequestError(
            f"{where}: expected {_FORM}, found something else: "
            f"{errors.first_line(error)}; give one array in which all images "
            "have the same size"
        ) from None
    if not images.ndim:
        raise errors.RequestError(
            f"{where}: expected {_FORM}, found {errors.shown(images.tolist())}"
        )
    if images.dtype.kind not in "buif":
        raise errors.RequestError(
            f"{where}: expected {_FORM}, found the type {images.dtype}; give "
            "one array of numbers in which all images have the same size"
        )
    if images.ndim == 3:
        images = images[..., np.newaxis]
    shape = list(map(int, images.shape))
    if images.ndim and not len(images):
        raise errors.RequestError(f"{where}: expected images, found none")
    if images.ndim != 4 or 0 in shape:
        raise errors.RequestError(
            f"{where}: expected {_FORM}, found the shape {shape}; reshape the "
            "array"
        )
    if shape[3] not in (1, 3):
        advice = "convert the images to grey or RGB"
        if shape[1] in (1, 3):
            advice = "move the channels by numpy.moveaxis(images, 1, -1)"
        raise errors.RequestError(
            f"{where}: expected 1 or 3 channels in the last dimension, found "
            f"{shape[3]} in the shape {shape}; {advice}"
        )
    return images


def largest(images: np.ndarray, where: str) -> int:
    """The number that stands for white in images: 1 or 255.

    Floats from 0 to 1 have 1, and so have booleans; all others have 255.

    Args:
      images: what `checked` returns.
      where: the argument, to name in errors.

    Raises:
      RequestError: a number is outside of the range, or not a number; or they
        fit neither range, as those from 0 to 2 do.
    """
    least, most = images.min(), images.max()
    if images.dtype.kind in "bf" and 0 <= least and most <= 1:
        return 1
    check_range(images, 255, where)
    return 255


def check_range(images: np.ndarray, most: int, where: str) -> None:
    """Raises `RequestError` unless the numbers are pixels in [0, most]."""
    low, high = images.min(), images.max()
    found = f"found {_number(low)} to {_number(high)}"
    if not (np.isfinite(low) and np.isfinite(high)):
        raise _not_finite(images, where)
    if low < 0 or high > most:
        expected = "[0, 1] (floats) or [0, 255]"
        advice = "rescale the images to [0, 255]"
        if most == 1:
            expected, advice = "[0, 1], as in x", "give all images in one range"
        elif low < 0:
            advice += "; the network standardises them itself"
        elif high <= _WHITE_OF_16_BITS:
            advice += ", by dividing by 257 if they have 16 bits"
        raise errors.RequestError(
            f"{where}: expected pixels in {expected}, {found}; {advice}"
        )
    is_dark = images.dtype.kind == "f" and most == 255 and high <= _DARKEST
    if is_dark and (images % 1).any():
        raise errors.RequestError(
            f"{where}: expected pixels in [0, 255], or floats in [0, 1] in all "
            f"of x, validation and test, {found} with fractions; rescale the "
            "images to one of these ranges"
        )


def warn_of_guess(images: np.ndarray, most: int, where: str) -> None:
    """Warns if images are so dark that their numbers may have another range.

    Args:
      images: what `checked` returns.
      most: what `largest` returns.
      where: the argument, to name in the warning.
    """
    high = images.max()
    if most == 255 and high < _BRIGHT:
        errors.warn(
            f"{where}: found pixels from {_number(images.min())} to "
            f"{_number(high)}, and assume that 255 is white, so that all are "
            f"dark; if {_number(high)} is white, divide x, validation and test "
            f"by {_number(high)}"
        )


def check_contrast(images: np.ndarray, where: str) -> None:
    """Raises `RequestError` if there are several images, all the same."""
    # The second image differs, as a rule: no other one is looked at then.
    if len(images) > 1 and all(
        np.array_equal(each, images[0]) for each in images[1:]
    ):
        raise errors.RequestError(
            f"{where}: expected images that differ, found the same pixels in "
            f"all of {len(images)} images; check how they were read"
        )


def _not_finite(images, where):
    wrong = np.argwhere(~np.isfinite(images))
    return errors.RequestError(
        f"{where}: expected pixels, found {len(wrong)} that are nan or "
        f"infinite, the first at {wrong[0].tolist()}; correct or omit these "
        "images"
    )


def _number(value):
    return f"{float(value):.6g}"


def as_uint8(images: np.ndarray, most: int) -> np.ndarray:
    """Scales images from [0, most] to [0, 255], rounded to whole numbers.

    Args:
      images: what `checked` returns.
      most: what `largest` returns.

    Returns:
      uint8 of the same shape; the same array if it needs no conversion.
    """
    if images.dtype == np.uint8 and most == 255:
        return images
    found = np.empty(images.shape, np.uint8)
    for begin in range(0, len(images), _PART):
        part = images[begin : begin + _PART].astype(np.float32)
        found[begin : begin + _PART] = np.rint(part * (255 / most))
    return found
