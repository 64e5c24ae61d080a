"""The identity connection, and its form where the image is halved."""

import tensorflow as tf

from ednas_tf.ops.operation import BatchNorm, Stage, operation, relu


def factorized_reduction(in_channels: int, channels: int) -> list:
    """Halves an image by two offset 1 x 1 convolutions with stride 2.

    Of each 2 x 2 window the first half of the channels sees the upper left
    pixel, the second half the lower right one; a ReLU stands before, a batch
    norm after.
    """
    first = channels // 2

    def forward(x, upper_left, lower_right):
        # Pad, then tf.slice: x[:, 1:, 1:] alone has a slow gradient.
        padded = tf.pad(x, [[0, 0], [0, 1], [0, 1], [0, 0]])
        shifted = tf.slice(padded, [0, 1, 1, 0], tf.shape(x))
        return tf.concat(
            [
                tf.nn.conv2d(x, upper_left, 2, "VALID"),
                tf.nn.conv2d(shifted, lower_right, 2, "VALID"),
            ],
            axis=-1,
        )

    shapes = ((1, 1, in_channels, first), (1, 1, in_channels, channels - first))
    return [relu(), Stage(forward, shapes), BatchNorm()]


@operation("skip_connect")
def skip_connect(channels, stride):
    if stride == 1:
        return [Stage(tf.identity)]
    return factorized_reduction(channels, channels)
