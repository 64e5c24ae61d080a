"""Batch normalisation by TensorFlow's fused kernel.

Keras 3 has no fused form: it normalises by separate element-wise operations.
Several replicas here have the statistics of all their batches together, from
fused kernels as far as these go.
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
    """Mean and mean square of each channel.

    Args:
      x: [batch, height, width, channels].

    Returns:
      [2, channels]. Their average over replicas is that of all replicas.
    """
    channels = x.shape[-1]
    # The fused kernel is faster than two sums, although it normalises, too.
    _, mean, variance, *_ = _fused(x, tf.ones([channels]), tf.zeros([channels]))
    variance *= 1 - 1 / _num_pixels(x)
    return tf.stack([mean, variance + tf.square(mean)])


def normalize(x, moments, scale=1.0, offset=0.0) -> tf.Tensor:
    """Normalises x [batch, height, width, channels] by `moments`."""
    mean, variance = _mean_and_variance(moments)
    scale *= tf.math.rsqrt(variance + EPSILON)
    return _affine(x, scale, offset - mean * scale)


def begin_gradient(dy, x, moments, scale=1.0) -> tuple[tf.Tensor, tf.Tensor]:
    """What a replica can tell by itself of the gradient of `normalize`.

    Args:
      dy, x: [batch, height, width, channels].
      moments: averages over the replicas of `moments`.
      scale: as for `normalize`.

    Returns:
      The part of the gradient at x that `end_gradient` completes; and means
      [2, channels], which it needs averaged over the replicas. Times the
      number of pixels they are the gradients at offset and scale.
    """
    mean, variance = _mean_and_variance(moments)
    gradients = tf.raw_ops.FusedBatchNormGradV3(
        y_backprop=dy,
        x=x,
        scale=scale * tf.ones_like(mean),
        reserve_space_1=mean,
        reserve_space_2=variance,
        reserve_space_3=tf.zeros([0]),
        epsilon=EPSILON,
        is_training=False,
    )
    sums = tf.stack([gradients.offset_backprop, gradients.scale_backprop])
    return gradients.x_backprop, sums / _num_pixels(x)


def end_gradient(begun, x, moments, means, scale=1.0) -> tf.Tensor:
    """Gradient at x of `normalize`, where the moments are those of all x."""
    _, variance = _mean_and_variance(moments)
    scale *= tf.math.rsqrt(variance + EPSILON)
    offset, scale = tf.unstack(means * scale)
    return begun - normalize(x, moments, scale, offset)


@tf.custom_gradient
def _normalize_over_replicas(x, scale, offset):
    """As `normalize`, by the moments of all replicas; returns them, too."""
    x, scale, offset = map(tf.stop_gradient, (x, scale, offset))
    together = replicas.mean(moments(x))

    def gradient(dy, _):
        begun, means = begin_gradient(dy, x, together, scale)
        at_offset, at_scale = tf.unstack(means * _num_pixels(x))
        means = replicas.mean(means)
        dx = end_gradient(begun, x, together, means, scale)
        return dx, at_scale, at_offset

    return (normalize(x, together, scale, offset), together), gradient


def _over_replicas(x, scale, offset):
    """As the fused kernel: the variance is that without bias."""
    y, together = _normalize_over_replicas(x, scale, offset)
    mean, variance = _mean_and_variance(together)
    size = _num_pixels(x) * replicas.count()
    return y, mean, variance * size / (size - 1)


def _affine(x, scale, offset):
    """x * scale + offset, [channels] both.

    On CPUs a depthwise convolution does it in a third of the time. The fused
    kernel, too, but oneDNN's with given moments keeps them in the kernel,
    which runs with other moments at the same time.
    """
    scale, offset = tf.cast(scale, x.dtype), tf.cast(offset, x.dtype)
    kernel = tf.reshape(scale, [1, 1, -1, 1])
    scaled = tf.nn.depthwise_conv2d(x, kernel, [1, 1, 1, 1], "SAME")
    return tf.nn.bias_add(scaled, offset)


def _num_pixels(x):
    return tf.cast(tf.size(x) // x.shape[-1], tf.float32)


def _mean_and_variance(moments):
    mean, mean_square = tf.unstack(moments)
    return mean, tf.maximum(mean_square - tf.square(mean), 0.0)


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
            self.gamma, self.beta = (
                self.add_weight(shape, start, name=name, autocast=False)
                for name, start in (("gamma", "ones"), ("beta", "zeros"))
            )
        if self.moving:
            # All replicas move them alike.
            self.moving_mean, self.moving_variance = (
                self.add_weight(
                    shape,
                    start,
                    trainable=False,
                    autocast=False,
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
        scale, offset = map(tf.convert_to_tensor, (scale, offset))
        if replicas.count() > 1:
            y, mean, variance = _over_replicas(x, scale, offset)
        else:
            y, mean, variance, *_ = _fused(x, scale, offset)
        if self.moving:
            self._move(self.moving_mean, mean)
            self._move(self.moving_variance, variance)
        return y

    def _move(self, moving, value):
        moving.assign(moving * MOMENTUM + value * (1 - MOMENTUM))
