"""Files of images as images of one size, within the graph of a model."""

import tensorflow as tf

from ednas_tf.client import image_formats
from ednas_tf.data.images import image_decoding

#: Files that an error tells of.
_MOST_PLACES = 10


def decode(
    encoded_images: tf.Tensor, shape: tf.TensorShape, central: bool = False
) -> tf.Tensor:
    """Decodes JPEG and PNG files and resizes them.

    A transparent image is taken as it is below its transparency, a palette is
    looked up, a colour image becomes grey and the other way round as need be,
    and 16 bits become 8. How a camera was held (Exif) is not looked at.

    Args:
      encoded_images: string [batch], the files' bytes; batch may be 0.
      shape: height, width and channels (1 or 3) of the result.
      central: whether only the central part is taken, as it is evaluated; see
        `image_decoding.central`.

    Returns:
      uint8 [batch, height, width, channels]: bilinear interpolation, of as
      many pixels as a smaller one stems from (antialias). An image of this
      size stays as it is.

    Raises:
      InvalidArgumentError: a file is not JPEG or PNG, which tells its place,
        or is damaged. At run time.
    """
    height, width, channels = shape
    check = _check(encoded_images)

    def decode_one(content):
        if central:
            size = tuple(shape)
            window = image_decoding.central(size)
            image = image_decoding.decode(content, window, size)
            return image_decoding.as_uint8(image)
        image = tf.io.decode_image(
            content, channels=channels, expand_animations=False
        )
        image.set_shape([None, None, channels])
        image = tf.image.resize(image, [height, width], antialias=True)
        return tf.cast(tf.clip_by_value(tf.round(image), 0, 255), tf.uint8)

    with tf.control_dependencies([check]):
        return tf.map_fn(
            decode_one,
            encoded_images,
            fn_output_signature=tf.TensorSpec(shape, tf.uint8),
        )


def _check(encoded_images):
    """Asserts what the files begin with; the decoder would not say which."""
    is_known = tf.zeros_like(encoded_images, tf.bool)
    for beginning in (image_formats.JPEG, image_formats.PNG):
        start = tf.strings.substr(encoded_images, 0, len(beginning))
        is_known |= start == beginning
    places = tf.where(~is_known)[:_MOST_PLACES, 0]
    message = tf.strings.join(
        [
            "encoded_images: expected the bytes of JPEG or PNG files, found "
            "others at ",
            tf.strings.reduce_join(
                tf.strings.as_string(places), separator=", "
            ),
        ]
    )
    return tf.debugging.Assert(tf.reduce_all(is_known), [message])
