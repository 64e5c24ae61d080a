"""Decodes encoded images to their pixels, in a graph.

JPEG and PNG are told apart by their first bytes, and other formats are refused.
CMYK and YCCK become RGB by Adobe's convention if the file says that it follows
it. Palettes are looked up, of 16 bits the upper 8 are kept, and transparent
images are laid on white. The orientation of the camera (Exif) is ignored.
"""

from __future__ import annotations

import numpy as np

from ednas_tf.data import image_formats
from ednas_tf.lazy import tf

#: Weights of red, green and blue in the brightness of a pixel.
GREY = (0.299, 0.587, 0.114)

#: Number of bytes of the header of a PNG image.
_HEADER = 17


def as_uint8(images: tf.Tensor) -> tf.Tensor:
    """Rounds to the nearest integer from 0 to 255."""
    return tf.cast(tf.round(tf.clip_by_value(images, 0.0, 255.0)), tf.uint8)


def whole(content: tf.Tensor, channels: int) -> tf.Tensor:
    """Decodes all of an image at its own size.

    Args:
      content: the bytes of the file, a string.
      channels: 1 or 3.

    Returns:
      uint8 [height, width, channels].

    Raises:
      InvalidArgumentError: at run time, if the content is damaged,
        neither JPEG nor PNG, or an image of too many pixels.
    """

    def jpeg():
        with tf.control_dependencies([jpeg_size(content)]):
            return tf.image.decode_jpeg(content, channels=channels)

    image = tf.cond(
        tf.io.is_jpeg(content), jpeg, lambda: png(content, channels)
    )
    return tf.ensure_shape(image, [None, None, channels])


def png(content: tf.Tensor, channels: int) -> tf.Tensor:
    """Like `whole`, for PNG only."""
    begin = len(image_formats.PNG)
    is_png = tf.strings.substr(content, 0, begin) == image_formats.PNG
    # The first chunk: its length, its name, width, height and number of bits.
    header = tf.io.decode_raw(
        tf.strings.substr(content, begin, _HEADER), tf.uint8
    )
    with tf.control_dependencies(
        [tf.debugging.Assert(is_png, ["expected a PNG image"])]
    ):
        header = tf.cast(tf.ensure_shape(header, [_HEADER]), tf.int64)
    bits, number = header[-1], [2**24, 2**16, 2**8, 1]
    size = [tf.reduce_sum(header[i : i + 4] * number) for i in (12, 8)]
    with tf.control_dependencies([_checked(size)]):
        image = tf.image.decode_png(content, channels=4)
    # The decoder gives an image of 1 to 4 bits without transparency an alpha of
    # 1 to 15.
    opaque = tf.cast(2 ** tf.minimum(bits, 8) - 1, tf.uint8)
    colours = tf.cond(
        tf.reduce_all(image[..., 3] == opaque),
        lambda: image[..., :3],
        lambda: _on_white(image),
    )
    if channels == 1:
        grey = np.float32(GREY)[:, np.newaxis]
        colours = as_uint8(tf.cast(colours, tf.float32) @ grey)
    return tf.ensure_shape(colours, [None, None, channels])


def _on_white(image):
    """Lays an image with transparency on white, both uint8."""
    colours, alpha = tf.split(tf.cast(image, tf.float32), [3, 1], -1)
    share = alpha / 255
    return as_uint8(colours * share + (255 - alpha))


def jpeg_size(content: tf.Tensor) -> tf.Tensor:
    """Height and width of a JPEG image, int32 [2]; see `whole`."""
    return _checked(tf.io.extract_jpeg_shape(content)[:2])


def _checked(size):
    """The height and width of an image, which must not have too many pixels."""
    pixels = tf.reduce_prod(tf.cast(size, tf.int64))
    few = tf.debugging.assert_less_equal(
        pixels,
        np.int64(image_formats.MOST_PIXELS),
        f"expected at most {image_formats.MOST_PIXELS:,} pixels",
    )
    with tf.control_dependencies([few]):
        return tf.identity(size)
