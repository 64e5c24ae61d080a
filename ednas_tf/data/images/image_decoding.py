"""Decodes encoded images to one size, in a graph.

Only the wanted part of a JPEG image is decoded; if that part is much larger
than the result, it is decoded at a half, a quarter or an eighth of its size,
which the decoder does exactly and fast. See `image_pixels` for what becomes of
the pixels. Exported models use these functions, too, so that they see the
pixels that were trained on.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable

import numpy as np

from ednas_tf.data.images import image_pixels
from ednas_tf.lazy import tf

#: Evaluated images are cropped to this fraction of the largest centred part
#: with the shape of the result; ImageNet accuracies are usually reported so.
CENTRAL = 0.875

#: Ranges for a random part: its area as a fraction of the image's, and its
#: width divided by its height (Szegedy et al., 2015).
_AREA, _ASPECT = (0.08, 1.0), (3 / 4, 4 / 3)
_ATTEMPTS = 10

_REDUCTIONS = (1, 2, 4, 8)

#: Pixels recoloured by one matrix product, if this divides their number.
_MOST_AT_ONCE = 8

Window = Callable[["tf.Tensor"], "tf.Tensor"]


def central(shape: tuple[int, int, int]) -> Window:
    """The centred part that is evaluated.

    An image that already has the shape of the result is used whole.

    Returns:
      A function from the height and width of an image, int32 [2], to the upper
      row, left column, height and width of the part, int32 [4].
    """
    wanted = tf.constant(shape[:2])

    def window(size):
        scale = tf.reduce_min(size / wanted) * CENTRAL
        part = tf.cast(tf.round(scale * tf.cast(wanted, scale.dtype)), tf.int32)
        part = tf.where(tf.reduce_all(size == wanted), size, part)
        part = tf.maximum(part, 1)
        return tf.concat([(size - part) // 2, part], 0)

    return window


def random(seed: tf.Tensor) -> Window:
    """A random part for a seed, int64 [2]; see `central` for the result."""

    def window(size):
        begin, part, _ = tf.image.stateless_sample_distorted_bounding_box(
            tf.concat([size, [3]], 0),
            tf.zeros([1, 0, 4]),
            seed,
            min_object_covered=_AREA[0],
            aspect_ratio_range=_ASPECT,
            area_range=_AREA,
            max_attempts=_ATTEMPTS,
            use_image_if_no_bounding_boxes=True,
        )
        return tf.concat([begin[:2], part[:2]], 0)

    return window


def decode(
    content: tf.Tensor,
    window: Window,
    shape: tuple[int, int, int],
    flip: tf.Tensor | bool = False,
    plain_jpeg: bool = False,
) -> tf.Tensor:
    """Decodes a part of an image and resizes it by bilinear interpolation.

    Args:
      content: the bytes of the file, a string.
      window: chooses the part to decode.
      shape: height, width and channels (1 or 3) of the result.
      flip: whether to mirror left to right, a bool scalar.
      plain_jpeg: decode JPEG only, and at full size. This saves the conditions,
        which take a tenth of the time.

    Returns:
      float32 of `shape`, 0 to 255.

    Raises:
      InvalidArgumentError: at run time, if the content is damaged, neither
        JPEG nor PNG, or an image of too many pixels.
    """
    if plain_jpeg:
        part = tf.image.decode_and_crop_jpeg(
            content, window(image_pixels.jpeg_size(content)), channels=shape[2]
        )
    else:
        part = tf.cond(
            tf.io.is_jpeg(content),
            lambda: _part_of_jpeg(content, window, shape),
            lambda: _part_of_png(content, window, shape),
        )
    if flip is not False:
        # Reverse one axis or none: a condition would take more time.
        part = tf.reverse(part, tf.range(1, 1 + tf.cast(flip, tf.int32)))
    part.set_shape([None, None, shape[2]])
    # Resizing bytes would take twice the time of resizing floats.
    return tf.image.resize(tf.cast(part, tf.float32), shape[:2])


def colour_maps(
    changes: tf.Tensor,
    channels: int,
    pixels: int,
    stddev: tuple[float, ...] = (1.0,),
) -> tuple[tf.Tensor, tf.Tensor]:
    """The matrices and gains that `recoloured` applies to a batch of images.

    Brightness, contrast and saturation change in this order: the image is
    multiplied by a factor, mixed with its mean grey, and then each pixel is
    mixed with its own grey. Together this is an affine map of a pixel. Unlike
    the usual implementation, values are not clipped to 0 and 255 in between,
    which would take one pass each.

    Args:
      changes: float32 [n, 3]; a factor is 1 + change, so that 0 changes
        nothing.
      channels: 1 or 3.
      pixels: number of pixels of an image.
      stddev: what each channel of the result is divided by.

    Returns:
      Matrices [n, k * channels, k * channels] that map k pixels at once (a
      product with a 3 x 3 matrix is slow), where k divides `pixels`; and the
      gain of the image's mean grey in each channel, [n, k * channels].
    """
    brightness, contrast, saturation = tf.unstack(
        (1 + changes)[:, :, tf.newaxis], axis=1
    )
    grey = np.float32(image_pixels.GREY if channels == 3 else (1.0,))
    # For a pixel as a row vector: its own value, and its grey for all channels.
    own = saturation[..., tf.newaxis] * np.eye(channels, dtype=np.float32)
    own += (1 - saturation)[..., tf.newaxis] * grey[:, np.newaxis]
    stddev = np.broadcast_to(np.float32(stddev), [channels])
    matrices = (brightness * contrast)[..., tf.newaxis] * own / stddev
    at_once = math.gcd(pixels, _MOST_AT_ONCE)
    blocks = np.kron(np.eye(at_once), np.ones([channels, channels]))
    matrices = tf.tile(matrices, [1, at_once, at_once]) * np.float32(blocks)
    gains = (1 - contrast) * brightness / stddev
    return matrices, tf.tile(gains, [1, at_once])


def recoloured(
    images: tf.Tensor,
    matrices: tf.Tensor,
    gains: tf.Tensor,
    offset: tuple[float, ...] = (0.0,),
) -> tf.Tensor:
    """Changes the colours of one image or of a batch.

    Args:
      images: float32 [..., height, width, channels].
      matrices, gains: the results of `colour_maps` for each image.
      offset: what is subtracted from each channel of the result.

    Returns:
      A tensor of the shape of `images`.
    """
    *others, height, width, channels = images.shape
    grey = np.float32(image_pixels.GREY if channels == 3 else (1.0,))
    # Average over rows first: a mean over all pixels of a channel is slow.
    rows = tf.reshape(images, [*others, height, width * channels])
    weights = np.tile(grey / width, width)
    level = tf.reduce_sum(tf.reduce_mean(rows, -2) * weights, -1, keepdims=True)
    values = matrices.shape[-1]
    offset = np.broadcast_to(np.float32(offset), [channels])
    offset = np.tile(offset, values // channels)
    pixels = tf.reshape(images, [*others, -1, values]) @ matrices
    pixels += (level * gains - offset)[..., tf.newaxis, :]
    return tf.reshape(pixels, images.shape)


def _part_of_jpeg(content, window, shape):
    part = window(image_pixels.jpeg_size(content))

    def reduced(reduction):
        return tf.image.decode_and_crop_jpeg(
            content, part // reduction, channels=shape[2], ratio=reduction
        )

    # The decoded part must not be smaller than the result.
    times = tf.reduce_min(part[2:] // tf.constant(shape[:2]))
    index = tf.reduce_sum(tf.cast(times >= _REDUCTIONS[1:], tf.int32))
    return tf.switch_case(
        index, [functools.partial(reduced, each) for each in _REDUCTIONS]
    )


def _part_of_png(content, window, shape):
    image = image_pixels.png(content, shape[2])
    row, column, height, width = tf.unstack(window(tf.shape(image)[:2]))
    part = image[row : row + height, column : column + width]
    part.set_shape([None, None, shape[2]])
    # Shrink a much larger part first, as a JPEG decoder does.
    size = tf.stack([height, width])
    times = tf.maximum(tf.reduce_min(size // tf.constant(shape[:2])), 1)
    return image_pixels.as_uint8(
        tf.image.resize(part, size // times, method="area")
    )
