"""Separable and dilated separable convolutions (section 3.2)."""

import tensorflow as tf

from ednas_tf.ops.operation import BatchNorm, Stage, operation, relu


def _depthwise(size, channels, stride):
    def forward(x, kernel):
        strides = [1, stride, stride, 1]
        return tf.nn.depthwise_conv2d(x, kernel, strides, "SAME")

    return Stage(forward, ((size, size, channels, 1),))


def _dilated_depthwise(size, channels, stride):
    def forward(x, kernel):
        if stride == 1:
            return tf.nn.depthwise_conv2d(
                x, kernel, [1, 1, 1, 1], "SAME", dilations=[2, 2]
            )
        # A kernel dilated by 2 that moves by 2 sees even positions only.
        return tf.nn.depthwise_conv2d(
            x[:, ::2, ::2], kernel, [1, 1, 1, 1], "SAME"
        )

    return Stage(forward, ((size, size, channels, 1),))


def _pointwise(channels):
    def forward(x, kernel):
        return tf.nn.conv2d(x, kernel, 1, "SAME")

    return Stage(forward, ((1, 1, channels, channels),))


def separable(size: int, channels: int, stride: int) -> list:
    """ReLU, depthwise, 1 x 1, batch norm; then the same with stride 1."""
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
    """ReLU, depthwise with dilation 2, 1 x 1, batch norm."""
    return [
        relu(),
        _dilated_depthwise(size, channels, stride),
        _pointwise(channels),
        BatchNorm(),
    ]


@operation("sep_conv_3x3")
def sep_conv_3x3(channels, stride):
    return separable(3, channels, stride)


@operation("sep_conv_5x5")
def sep_conv_5x5(channels, stride):
    return separable(5, channels, stride)


@operation("dil_conv_3x3")
def dil_conv_3x3(channels, stride):
    return dilated(3, channels, stride)


@operation("dil_conv_5x5")
def dil_conv_5x5(channels, stride):
    return dilated(5, channels, stride)
