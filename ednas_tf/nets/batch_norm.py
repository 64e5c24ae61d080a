"""Batch normalisation by TensorFlow's fused kernel.

Keras 3 has no fused form: it normalises by separate element-wise operations.
"""

import keras
import tensorflow as tf

EPSILON = 1e-5
MOMENTUM = 0.9

#: Tensors that the fused kernel hands from its forward to its backward.
NUM_SAVED = 3


def forward(x: tf.Tensor) -> tuple[tf.Tensor, list[tf.Tensor]]:
    """Normalises x [..., channels] by its own statistics, without affine part.

    Returns:
      y of x's shape, and `NUM_SAVED` tensors for `backward`.
    """
    channels = x.shape[-1]
    y, _, _, *saved = _fused(x, tf.ones([channels]), tf.zeros([channels]))
    return y, saved


def backward(dy: tf.Tensor, x: tf.Tensor, saved: list[tf.Tensor]) -> tf.Tensor:
    """Gradient with regard to x, for what `forward` returned."""
    mean, variance, reserve = saved
    return tf.raw_ops.FusedBatchNormGradV3(
        y_backprop=dy,
        x=x,
        scale=tf.ones([x.shape[-1]]),
        reserve_space_1=mean,
        reserve_space_2=variance,
        reserve_space_3=reserve,
        epsilon=EPSILON,
        is_training=True,
    ).x_backprop


def _fused(x, scale, offset):
    return tf.raw_ops.FusedBatchNormV3(
        x=x,
        scale=scale,
        offset=offset,
        mean=tf.zeros([0]),
        variance=tf.zeros([0]),
        epsilon=EPSILON,
        is_training=True,
    )


class BatchNorm(keras.layers.Layer):
    """Normalises the channels of [batch, height, width, channels].

    Args:
      affine: whether a learnt scale and offset follow.
      moving: whether moving statistics are kept, and used outside training.
        The supernet has none: every architecture has statistics of its own,
        so it uses those of the batch in both steps.
    """

    def __init__(self, affine: bool = True, moving: bool = True, **kwargs):
        super().__init__(**kwargs)
        self.affine = affine
        self.moving = moving

    def build(self, input_shape):
        shape = (input_shape[-1],)
        if self.affine:
            self.gamma = self.add_weight(shape, "ones", name="gamma")
            self.beta = self.add_weight(shape, "zeros", name="beta")
        if self.moving:
            self.moving_mean = self.add_weight(
                shape, "zeros", trainable=False, name="moving_mean"
            )
            self.moving_variance = self.add_weight(
                shape, "ones", trainable=False, name="moving_variance"
            )

    def call(self, x, training=False):
        channels = x.shape[-1]
        scale = self.gamma if self.affine else tf.ones([channels])
        offset = self.beta if self.affine else tf.zeros([channels])
        if self.moving and not training:
            return tf.nn.batch_normalization(
                x,
                tf.convert_to_tensor(self.moving_mean),
                tf.convert_to_tensor(self.moving_variance),
                tf.convert_to_tensor(offset),
                tf.convert_to_tensor(scale),
                EPSILON,
            )
        y, mean, variance, *_ = _fused(
            x, tf.convert_to_tensor(scale), tf.convert_to_tensor(offset)
        )
        if self.moving:
            self._move(self.moving_mean, mean)
            self._move(self.moving_variance, variance)
        return y

    def _move(self, moving, value):
        moving.assign(moving * MOMENTUM + value * (1 - MOMENTUM))
