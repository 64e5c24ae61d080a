"""Pooling over 3 x 3 windows (section 3.2).

During a search, a batch norm follows, so that the scale of a node's sum does
not depend on the sampled operations; derived networks omit it.
"""

from ednas_tf.lazy import tf
from ednas_tf.ops import shapes
from ednas_tf.ops.operation import BatchNorm, Stage, operation


@operation("max_pool_3x3")
def max_pool_3x3(channels, stride):
    def forward(x):
        return tf.nn.max_pool2d(x, 3, stride, "SAME")

    return [
        Stage(forward, output_shape=shapes.padded(stride)),
        BatchNorm(search_only=True),
    ]


@operation("avg_pool_3x3")
def avg_pool_3x3(channels, stride):
    def forward(x):
        # TensorFlow divides by the number of pixels without padding.
        return tf.nn.avg_pool2d(x, 3, stride, "SAME")

    return [
        Stage(forward, output_shape=shapes.padded(stride)),
        BatchNorm(search_only=True),
    ]
