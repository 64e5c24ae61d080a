"""Decodes image files to images of one size within the graph of a model."""

import tensorflow as tf

from ednas_tf.data import image_formats
from ednas_tf.data.images import image_decoding, image_pixels

#: Maximum number of invalid files that an error lists.
_MOST_PLACES = 10


def decode(
    encoded_images: tf.Tensor, shape: tf.TensorShape, central: bool = False
) -> tf.Tensor:
    """Decodes JPEG and PNG files and resizes them.

    Images are decoded as in training: see `image_pixels`. Colour becomes grey
    and grey becomes colour as needed.

    Args:
      encoded_images: string [batch], the bytes of the files; batch may be 0.
      shape: height, width and channels (1 or 3) of the result.
      central: whether to use only the central part, as in an evaluation; see
        `image_decoding.central`.

    Returns:
      uint8 [batch, height, width, channels], resized by bilinear interpolation
      with antialiasing. An image that has this size already is unchanged.

    Raises:
      InvalidArgumentError: at run time, if a file is damaged, has too many
        pixels, or is neither JPEG nor PNG, in which case the message names its
        place.
    """
    height, width, channels = shape
    check = _check(encoded_images)

    def decode_one(content):
        if central:
            size = tuple(shape)
            window = image_decoding.central(size)
            image = image_decoding.decode(content, window, size)
            return image_pixels.as_uint8(image)
        image = image_pixels.whole(content, channels)
        image = tf.image.resize(image, [height, width], antialias=True)
        return tf.cast(tf.clip_by_value(tf.round(image), 0, 255), tf.uint8)

    with tf.control_dependencies([check]):
        return tf.map_fn(
            decode_one,
            encoded_images,
            fn_output_signature=tf.TensorSpec(shape, tf.uint8),
        )


def _check(encoded_images):
    """Checks the first bytes; the decoder would not say which file is wrong."""
    is_known = tf.zeros_like(encoded_images, tf.bool)
    for beginning in (image_formats.JPEG, image_formats.PNG):
        start = tf.strings.substr(encoded_images, 0, len(beginning))
        is_known |= start == beginning
    places = tf.where(~is_known)[:_MOST_PLACES, 0]
    message = tf.strings.join(
        [
            "encoded_images: expected the bytes of JPEG or PNG files, found "
            "other data at ",
            tf.strings.reduce_join(
                tf.strings.as_string(places), separator=", "
            ),
        ]
    )
    return tf.debugging.Assert(tf.reduce_all(is_known), [message])
