"""Batch normalisation by TensorFlow's fused kernel.

Keras 3 has no fused form: it normalises by separate element-wise operations.
So do several replicas here, whose statistics are those of all their batches
together.
"""

import keras
import tensorflow as tf

from ednas_tf import replicas

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


def moments(x: tf.Tensor) -> tf.Tensor:
    """Mean and mean square of each channel of x [..., channels].

    Returns:
      [2, channels]. Their average over replicas is that of all replicas.
    """
    mean, variance = tf.nn.moments(x, list(range(len(x.shape) - 1)))
    return tf.stack([mean, variance + tf.square(mean)])


def _mean_and_scale(moments):
    mean, mean_square = tf.unstack(moments)
    variance = tf.maximum(mean_square - tf.square(mean), 0.0)
    return mean, tf.math.rsqrt(variance + EPSILON)


def normalize(x: tf.Tensor, moments: tf.Tensor) -> tf.Tensor:
    """Normalises x [..., channels] by `moments` [2, channels]."""
    mean, scale = _mean_and_scale(moments)
    return (x - mean) * scale


def gradient_means(dy: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
    """What the gradient of `normalize` needs of all replicas.

    Args:
      dy, y: [..., channels], the gradient at the output, and the output.

    Returns:
      [2, channels], to be averaged over the replicas.
    """
    axes = list(range(len(y.shape) - 1))
    return tf.stack([tf.reduce_mean(dy, axes), tf.reduce_mean(dy * y, axes)])


def normalize_gradient(dy, x, moments, means) -> tf.Tensor:
    """Gradient at x of `normalize`, whose moments are those of all x.

    Args:
      dy, x: [..., channels].
      moments, means: averages over the replicas of `moments` and of
        `gradient_means`.
    """
    _, scale = _mean_and_scale(moments)
    mean, mean_product = tf.unstack(means)
    return scale * (dy - mean - normalize(x, moments) * mean_product)


@tf.custom_gradient
def _normalize_over_replicas(x):
    """Normalises x by the moments of all replicas, and returns both."""
    x = tf.stop_gradient(x)
    together = replicas.mean(moments(x))
    y = normalize(x, together)

    def gradient(dy, _):
        means = replicas.mean(gradient_means(dy, y))
        return normalize_gradient(dy, x, together, means)

    return (y, together), gradient


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
            # All replicas move them alike.
            self.moving_mean, self.moving_variance = (
                self.add_weight(
                    shape,
                    start,
                    trainable=False,
                    aggregation="only_first_replica",
                    name=name,
                )
                for name, start in (
                    ("moving_mean", "zeros"),
                    ("moving_variance", "ones"),
                )
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
        if replicas.count() > 1:
            y, mean, variance = self._over_replicas(x, scale, offset)
        else:
            y, mean, variance, *_ = _fused(
                x, tf.convert_to_tensor(scale), tf.convert_to_tensor(offset)
            )
        if self.moving:
            self._move(self.moving_mean, mean)
            self._move(self.moving_variance, variance)
        return y

    def _over_replicas(self, x, scale, offset):
        """As the fused kernel: the variance is that without bias."""
        y, together = _normalize_over_replicas(x)
        mean, mean_square = tf.unstack(together)
        size = tf.size(x, tf.int64) // x.shape[-1] * replicas.count()
        unbias = tf.cast(size, x.dtype) / tf.cast(size - 1, x.dtype)
        variance = unbias * (mean_square - tf.square(mean))
        return y * scale + offset, mean, variance

    def _move(self, moving, value):
        moving.assign(moving * MOMENTUM + value * (1 - MOMENTUM))
