"""Separable, dilated separable (section 3.2), factorized, plain convolutions.

The paper's space has neither the 7 x 7 separable nor the factorized
convolution, which NASNet-A and AmoebaNet-A use, nor the plain ones of
NAS-Bench-201.
"""

from ednas_tf.lazy import tf
from ednas_tf.ops import shapes
from ednas_tf.ops.operation import BatchNorm, Stage, operation, relu


def _depthwise(size, channels, stride):
    def forward(x, kernel):
        strides = [1, stride, stride, 1]
        return tf.nn.depthwise_conv2d(x, kernel, strides, "SAME")

    shape = (size, size, channels, 1)
    return Stage(forward, (shape,), output_shape=shapes.padded(stride))


def _dilated_depthwise(size, channels):
    shape = (size, size, channels, 1)
    return Stage(dilated_depthwise, (shape,), output_shape=shapes.same)


def dilated_depthwise(x, kernel):
    """Depthwise convolution with dilation 2, stride 1, "SAME" padding.

    TensorFlow's implementation rearranges the image into four smaller ones, and
    again in each part of the gradient. Zeros between the kernel's elements give
    the same result and are faster, except for the gradient of the kernel.

    Args:
      x: [batch, height, width, channels].
      kernel: [size, size, channels, 1].
    """
    return tf.custom_gradient(_dilated_depthwise_and_gradient)(x, kernel)


def _dilated_depthwise_and_gradient(x, kernel):
    size, _, channels, _ = kernel.shape
    spread = tf.reshape(kernel, [size, 1, size, 1, channels])
    spread = tf.pad(spread, [[0, 0], [0, 1], [0, 0], [0, 1], [0, 0]])
    spread = tf.reshape(spread, [2 * size, 2 * size, channels, 1])[:-1, :-1]

    def gradient(dy):
        dx = tf.nn.depthwise_conv2d_backprop_input(
            tf.shape(x), spread, dy, [1, 1, 1, 1], "SAME"
        )
        odd = tf.shape(x)[1:3] % 2
        border = size - 1
        parts = tf.space_to_batch(
            x, [2, 2], tf.stack([[border, border], border + odd], 1)
        )
        dy_parts = tf.space_to_batch(dy, [2, 2], tf.stack([[0, 0], odd], 1))
        dkernel = tf.nn.depthwise_conv2d_backprop_filter(
            parts, kernel.shape, dy_parts, [1, 1, 1, 1], "VALID"
        )
        return dx, dkernel

    y = tf.nn.depthwise_conv2d(x, spread, [1, 1, 1, 1], "SAME")
    return y, gradient


def _every_second_pixel():
    return Stage(lambda x: x[:, ::2, ::2], output_shape=shapes.padded(2))


def _pointwise(channels):
    def forward(x, kernel):
        return tf.nn.conv2d(x, kernel, 1, "SAME")

    shape = (1, 1, channels, channels)
    return Stage(forward, (shape,), output_shape=shapes.same)


def _whole(height, width, channels, stride):
    def forward(x, kernel):
        return tf.nn.conv2d(x, kernel, stride, "SAME")

    shape = (height, width, channels, channels)
    return Stage(forward, (shape,), output_shape=shapes.padded(stride))


def separable(size: int, channels: int, stride: int) -> list:
    """ReLU, depthwise, 1 x 1 and batch norm; then the same with stride 1."""
    return [
        relu(),
        _depthwise(size, channels, stride),
        _pointwise(channels),
        BatchNorm(),
        relu(),
        _depthwise(size, channels, 1),
        _pointwise(channels),
        BatchNorm(),
    ]


def dilated(size: int, channels: int, stride: int) -> list:
    """ReLU, depthwise with dilation 2, 1 x 1 and batch norm."""
    if stride == 1:
        begin = [relu(), _dilated_depthwise(size, channels)]
    else:
        # A kernel with dilation 2 and stride 2 sees even positions only.
        begin = [_every_second_pixel(), relu(), _depthwise(size, channels, 1)]
    return [*begin, _pointwise(channels), BatchNorm()]


@operation("sep_conv_3x3")
def sep_conv_3x3(channels, stride):
    return separable(3, channels, stride)


@operation("sep_conv_5x5")
def sep_conv_5x5(channels, stride):
    return separable(5, channels, stride)


@operation("sep_conv_7x7")
def sep_conv_7x7(channels, stride):
    return separable(7, channels, stride)


@operation("dil_conv_3x3")
def dil_conv_3x3(channels, stride):
    return dilated(3, channels, stride)


@operation("dil_conv_5x5")
def dil_conv_5x5(channels, stride):
    return dilated(5, channels, stride)


@operation("conv_7x1_1x7")
def conv_7x1_1x7(channels, stride):
    return [
        relu(),
        _whole(1, 7, channels, (1, stride)),
        _whole(7, 1, channels, (stride, 1)),
        BatchNorm(),
    ]


@operation("nor_conv_1x1")
def nor_conv_1x1(channels, stride):
    # The gradient of a 1 x 1 kernel with stride 2 damages the heap, see
    # `identity.factorized_reduction`.
    begin = [_every_second_pixel()] if stride == 2 else []
    return [*begin, relu(), _pointwise(channels), BatchNorm()]


@operation("nor_conv_3x3")
def nor_conv_3x3(channels, stride):
    return [relu(), _whole(3, 3, channels, stride), BatchNorm()]
