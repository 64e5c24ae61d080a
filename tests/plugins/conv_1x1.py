"""An operation of a person's own."""

import tensorflow as tf

from ednas_tf.ops.operation import BatchNorm, Stage, operation, relu


@operation("conv_1x1")
def conv_1x1(channels, stride):
    def forward(x, kernel):
        return tf.nn.conv2d(x, kernel, stride, "SAME")

    shape = (1, 1, channels, channels)
    return [relu(), Stage(forward, (shape,)), BatchNorm()]
