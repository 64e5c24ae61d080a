"""The identity connection, and its variant that halves the image."""

from ednas_tf.lazy import tf
from ednas_tf.ops import shapes
from ednas_tf.ops.operation import BatchNorm, Stage, Stages, operation, relu


def factorized_reduction(in_channels: int, channels: int) -> list:
    """Halves an image by two offset 1 x 1 convolutions with stride 2.

    In each 2 x 2 window, the first half of the channels sees the upper left
    pixel, and the second half the lower right one. A ReLU comes before, a batch
    norm after.
    """
    first = channels // 2

    def forward(x, upper_left, lower_right):
        # Use one 2 x 2 kernel that is zero elsewhere. Two 1 x 1 convolutions
        # would need a shifted copy of the image, and the gradient of a 1 x 1
        # kernel with stride 2 damages the heap in TensorFlow 2.20 with oneDNN.
        upper_left = tf.pad(upper_left, [[0, 1], [0, 1], [0, 0], [0, 0]])
        lower_right = tf.pad(lower_right, [[1, 0], [1, 0], [0, 0], [0, 0]])
        kernel = tf.concat([upper_left, lower_right], -1)
        return tf.nn.conv2d(x, kernel, 2, "SAME")

    kernels = [(1, 1, in_channels, each) for each in (first, channels - first)]
    halved = Stage(
        forward, tuple(kernels), output_shape=shapes.padded(2, channels)
    )
    return [relu(), halved, BatchNorm()]


def _identity(x):
    return tf.identity(x)


def is_identity(stages: Stages) -> bool:
    """Whether an operation returns its input unchanged."""
    forwards = [getattr(stage, "forward", None) for stage in stages]
    return forwards in ([_identity], [tf.identity])


@operation("skip_connect")
def skip_connect(channels, stride):
    if stride == 1:
        return [Stage(_identity, output_shape=shapes.same)]
    return factorized_reduction(channels, channels)
