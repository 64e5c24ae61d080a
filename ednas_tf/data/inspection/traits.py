"""What the images of a source are like, found by inspecting some of them."""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Sequence

import numpy as np

from ednas_tf import errors
from ednas_tf.data import image_formats
from ednas_tf.data.images import image_data, image_decoding, image_source
from ednas_tf.data.inspection import headers as image_headers
from ednas_tf.lazy import tf

#: Images of at most this many pixels per side count as small.
SMALL = 64
#: Height and width to which larger images are resized.
USUAL = 224

#: Number of images whose headers are read, and of those that are decoded, to a
#: picture of `_SIDE` pixels per side.
_NUM_INSPECTED, _NUM_DECODED, _SIDE = 100, 30, 32
#: Images of 16 bits, or of 8, whose values are all below are nearly black.
_LEAST_16, _LEAST_8 = 2**12, 2**4


@dataclasses.dataclass(frozen=True)
class ImageTraits:
    """Traits of a source's images.

    Attributes:
      shape: height, width and channels that the images are resized to.
      small: whether that shape has at most `SMALL` pixels per side.
      plain_jpeg: see `image_files.FileSplit`.
      resized: whether at least half of the images have another size than that.
      warnings: sentences about images whose pixels may not be read as they are
        meant.
    """

    shape: tuple[int, int, int]
    small: bool
    plain_jpeg: bool
    resized: bool
    warnings: tuple[str, ...] = ()


def inspect(
    source: image_source.Source, request: image_data.DatasetRequest
) -> ImageTraits:
    """Inspects images that are spread evenly over a source.

    Images get one channel if all inspected images are grey. Small images keep
    their size if more than half of them share it; otherwise they are resized to
    squares.

    Raises:
      RequestError: none of the inspected images can be decoded, or their pixels
        are lost: see `check_contrast`.
    """
    headers = _headers(source)
    pictures = _pictures(source, headers)
    if not pictures:
        raise errors.RequestError(
            f"{request.name}: expected JPEG or PNG images, but none of the "
            f"inspected ones can be decoded, such as {source.name_of(0)}"
            f"{_other_format(source)}; convert them, or give another --data_dir"
        )
    names = list(map(source.name_of, pictures))
    warnings = [
        *_check_bits(source, headers, request.name),
        *_turned(source, headers),
        *check_contrast(np.stack([*pictures.values()]), names, request.name),
    ]
    found = list(headers.values())
    sizes = [(each.height, each.width) for each in found]
    shape = _shape_for(sizes, request.options.image_size)
    # Grey images have one channel, or two with transparency.
    depth = 1 if max(each.channels for each in found) <= 2 else 3
    plain_jpeg = all(each.is_jpeg for each in found) and (
        np.median(np.min(sizes, 1)) <= 2 * min(shape)
    )
    return ImageTraits(
        (*shape, depth),
        max(shape) <= SMALL,
        bool(plain_jpeg),
        not _is_usual(shape, sizes),
        tuple(warnings),
    )


def check_contrast(
    pictures: np.ndarray, names: Sequence[str], dataset: str
) -> list[str]:
    """Checks that pictures differ.

    Args:
      pictures: [n, height, width, channels].
      names: the name of each picture.
      dataset: name of the data set, for error messages.

    Returns:
      Warnings about pictures of a single colour, or that are nearly black.

    Raises:
      RequestError: all pictures are the same.
    """
    count = len(pictures)
    if count > 1 and (pictures == pictures[0]).all():
        raise errors.RequestError(
            f"{dataset}: expected images that differ, found the same pixels in "
            f"all of {count} inspected images, such as {names[0]} (transparent "
            "images are laid on white); convert the images, or give another "
            "--data_dir"
        )
    rows = pictures.reshape(count, -1, pictures.shape[-1])
    # Resizing leaves small differences.
    plain = (np.ptp(rows, axis=1) < 1e-3).all(-1)
    warnings = _counted(
        names,
        plain,
        "{} of {} inspected images are of a single colour, such as {}",
    )
    if pictures.max() < _LEAST_8:
        warnings.append(
            f"no pixel of {count} inspected images is above "
            f"{pictures.max():.0f} of 255, such as in {names[0]}: they are "
            "nearly black; scale their values if they should not be"
        )
    return warnings


def _other_format(source):
    """The format of the first image, if it is a known one that is not read."""
    found = image_formats.other(source.head(0))
    return f", which is {found}" if found else ""


def _headers(source) -> dict[int, image_headers.Header]:
    """The headers of some images, by their numbers in the source."""
    found = {}
    step = max(1, len(source) // _NUM_INSPECTED)
    for number in range(0, len(source), step):
        try:
            content, _ = source.read(tf.constant(number))
            found[number] = image_headers.read(content.numpy())
        except (tf.errors.OpError, ValueError):
            continue
    return found


def _pictures(source, headers) -> dict[int, np.ndarray]:
    """Small pictures of some of the images, by their numbers."""
    found, numbers = {}, list(headers)
    step = max(1, len(numbers) // _NUM_DECODED)
    for number in numbers[::step]:
        try:
            content, _ = source.read(tf.constant(number))
            found[number] = image_decoding.decode(
                content,
                lambda size: tf.concat([[0, 0], size], 0),
                (_SIDE, _SIDE, 3),
            ).numpy()
        except tf.errors.OpError:
            continue
    return found


def _check_bits(source, headers, dataset) -> list[str]:
    """A warning about images of 16 bits; refuses those that would be black."""
    deep = [number for number in headers if headers[number].bits > 8]
    if not deep:
        return []
    step = max(1, len(deep) // _NUM_DECODED)
    most = max(_largest(source, number) for number in deep[::step])
    if most < _LEAST_16:
        raise errors.RequestError(
            f"{dataset}: expected images of 16 bits with values up to 65,535, "
            f"found none above {most:,} in {len(deep)} inspected images, such "
            f"as {source.name_of(deep[0])}; scale their values, or convert "
            "them to 8 bits"
        )
    return _counted(
        [source.name_of(number) for number in headers],
        [header.bits > 8 for header in headers.values()],
        "{} of {} inspected images have 16 bits, of which the upper 8 are "
        "used, such as {}",
    )


def _largest(source, number) -> int:
    """The largest value of an image of 16 bits; 0 if it cannot be decoded."""
    try:
        content, _ = source.read(tf.constant(number))
        image = tf.image.decode_png(content, channels=3, dtype=tf.uint16)
        return int(tf.reduce_max(image))
    except tf.errors.OpError:
        return 0


def _turned(source, headers) -> list[str]:
    """A warning about photos taken with a turned camera."""
    return _counted(
        [source.name_of(number) for number in headers],
        [header.orientation != 1 for header in headers.values()],
        "{} of {} inspected images were taken with a turned camera, such as "
        "{}; their Exif orientation is ignored, also by exported models: turn "
        "the pixels if that matters, for example with exiftran -ai",
    )


def _counted(names, chosen, sentence) -> list[str]:
    """A sentence with the number of chosen images, or nothing without any."""
    found = [name for name, is_it in zip(names, chosen, strict=True) if is_it]
    return [sentence.format(len(found), len(names), found[0])] if found else []


def _shape_for(sizes, side):
    """Height and width for images of the given sizes; `side` unless it is 0."""
    if side:
        return side, side
    if np.median(np.max(sizes, 1)) > SMALL:
        return USUAL, USUAL
    usual = collections.Counter(sizes).most_common(1)[0][0]
    return usual if _is_usual(usual, sizes) else (int(np.median(sizes)),) * 2


def _is_usual(shape, sizes):
    return 2 * sizes.count(shape) > len(sizes)
