"""The identity connection, and its form where the image is halved."""

import tensorflow as tf

from ednas_tf.ops.operation import BatchNorm, Stage, Stages, operation, relu


def factorized_reduction(in_channels: int, channels: int) -> list:
    """Halves an image by two offset 1 x 1 convolutions with stride 2.

    Of each 2 x 2 window the first half of the channels sees the upper left
    pixel, the second half the lower right one; a ReLU stands before, a batch
    norm after.
    """
    first = channels // 2

    def forward(x, upper_left, lower_right):
        # One 2 x 2 kernel that is zero elsewhere. The two 1 x 1 convolutions
        # would need a shifted copy of the image, and the gradient of a 1 x 1
        # kernel with stride 2 damages the heap in TensorFlow 2.20 with oneDNN.
        upper_left = tf.pad(upper_left, [[0, 1], [0, 1], [0, 0], [0, 0]])
        lower_right = tf.pad(lower_right, [[1, 0], [1, 0], [0, 0], [0, 0]])
        kernel = tf.concat([upper_left, lower_right], -1)
        return tf.nn.conv2d(x, kernel, 2, "SAME")

    shapes = ((1, 1, in_channels, first), (1, 1, in_channels, channels - first))
    return [relu(), Stage(forward, shapes), BatchNorm()]


def is_identity(stages: Stages) -> bool:
    """Whether an operation hands on what it gets."""
    return len(stages) == 1 and getattr(stages[0], "forward", 0) is tf.identity


@operation("skip_connect")
def skip_connect(channels, stride):
    if stride == 1:
        return [Stage(tf.identity)]
    return factorized_reduction(channels, channels)
