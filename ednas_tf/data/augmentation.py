"""Changes of training images that leave their class as it is."""

import tensorflow as tf


def crop_and_flip(
    images: tf.Tensor, offsets: tf.Tensor, flips: tf.Tensor, padding: int
) -> tf.Tensor:
    """Pads images with zeros, cuts them to their size again and mirrors them.

    Args:
      images: [batch, height, width, channels], of known height and width.
      offsets: int32 [batch, 2], upper row and left column of the cut in the
        padded image, 0 to 2 * padding.
      flips: bool [batch], whether to mirror left to right.
      padding: pixels added on each of the four sides.

    Returns:
      A tensor of the shape and type of `images`.
    """
    batch, height, width, channels = images.shape
    around = [padding, padding]
    padded = tf.pad(images, [[0, 0], around, around, [0, 0]])
    _, padded_height, padded_width, _ = padded.shape
    rows = offsets[:, :1] + tf.range(height)
    columns = offsets[:, 1:] + tf.range(width)
    columns = tf.where(flips[:, None], columns[:, ::-1], columns)
    # One gather of single pixels is faster than one a dimension.
    image = tf.range(batch)[:, None, None] * (padded_height * padded_width)
    pixels = image + rows[:, :, None] * padded_width + columns[:, None, :]
    return tf.gather(tf.reshape(padded, [-1, channels]), pixels)
