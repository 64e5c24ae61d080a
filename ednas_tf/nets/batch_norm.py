"""Batch normalisation by TensorFlow's fused kernel, for one or more replicas.

Keras 3 normalises by separate element-wise operations; the fused kernel is one
operation. With mean m and variance v of each channel over batch, height and
width, and r = 1 / sqrt(v + EPSILON), it computes

    z = (x - m) * r         y = z * scale + offset
    dx = scale * r * (dy - mean(dy) - z * mean(dy * z))

Several replicas normalise by the moments of all their batches together. Each
replica can compute all but the means by itself, so forward and gradient come
in two halves with a mean over the replicas in between:

    moments(x): mean, mean square     | replicas.mean |  normalize(x, moments)
    begin_gradient(dy, x, moments):   | replicas.mean |  end_gradient(begun, x,
      begun = scale * r * dy, and     |               |    moments, means) =
      means = mean(dy), mean(dy * z)  |               |    dx

The replicas exchange [2, channels] each time: the mean square instead of the
variance, as variances of parts do not average to the variance of the whole.
"""

import keras
import tensorflow as tf

from ednas_tf import replicas

EPSILON = 1e-5
MOMENTUM = 0.9

#: Number of tensors that the backward needs from the forward: mean, variance,
#: and the workspace of cuDNN, which is empty on CPUs.
NUM_SAVED = 3


def forward(x: tf.Tensor) -> tuple[tf.Tensor, list[tf.Tensor]]:
    """Normalises x by its own statistics, without scale and offset.

    Args:
      x: [batch, height, width, channels].

    Returns:
      y, of the shape of x, and the `NUM_SAVED` tensors for `backward`.
    """
    channels = x.shape[-1]
    y, _, _, *saved = _fused(x, tf.ones([channels]), tf.zeros([channels]))
    return y, saved


def backward(dy: tf.Tensor, x: tf.Tensor, saved: list[tf.Tensor]) -> tf.Tensor:
    """The gradient of `forward` with respect to x.

    Args:
      dy: the gradient with respect to y.
      x: what `forward` was given.
      saved: the tensors that `forward` returned besides y.
    """
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
      [2, channels]. The mean of these over the replicas is the mean and mean
      square over all of their batches, which are of one size.
    """
    channels = x.shape[-1]
    # The fused kernel is faster than two sums, although it also normalises. Its
    # variance is the unbiased one.
    _, mean, variance, *_ = _fused(x, tf.ones([channels]), tf.zeros([channels]))
    variance *= 1 - 1 / _num_pixels(x)
    return tf.stack([mean, variance + tf.square(mean)])


def normalize(x, moments, scale=1.0, offset=0.0) -> tf.Tensor:
    """Normalises x by given moments.

    Args:
      x: [batch, height, width, channels].
      moments: [2, channels], means over the replicas of `moments`.
      scale, offset: [channels], or scalars.
    """
    mean, variance = _mean_and_variance(moments)
    scale *= tf.math.rsqrt(variance + EPSILON)
    return _affine(x, scale, offset - mean * scale)


def begin_gradient(dy, x, moments, scale=1.0) -> tuple[tf.Tensor, tf.Tensor]:
    """The half of the gradient of `normalize` that needs no other replica.

    Args:
      dy: the gradient with respect to y, [batch, height, width, channels].
      x: what `normalize` was given.
      moments: [2, channels], means over the replicas of `moments`.
      scale: as for `normalize`.

    Returns:
      begun: the part of the gradient with respect to x that `end_gradient`
        completes, of the shape of x.
      means: float32 [2, channels]; `end_gradient` needs their mean over the
        replicas. Times the number of pixels of this replica, they are its
        gradients with respect to offset and scale.
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
    """Completes the gradient of `normalize` with respect to x.

    It takes into account that the moments depend on x.

    Args:
      begun: what `begin_gradient` returned.
      x, moments, scale: what `begin_gradient` was given.
      means: [2, channels], the means that `begin_gradient` returned, averaged
        over the replicas.
    """
    _, variance = _mean_and_variance(moments)
    scale *= tf.math.rsqrt(variance + EPSILON)
    offset, scale = tf.unstack(means * scale)
    return begun - normalize(x, moments, scale, offset)


@tf.custom_gradient
def _normalize_over_replicas(x, scale, offset):
    """Normalises by the moments of all replicas, of batches of any sizes.

    Returns:
      y; the moments, [2, channels]; the number of pixels of all replicas.
    """
    x, scale, offset = map(tf.stop_gradient, (x, scale, offset))
    pixels = _num_pixels(x)
    together, num_pixels = _over_pixels(moments(x), pixels)

    def gradient(dy, *_):
        begun, means = begin_gradient(dy, x, together, scale)
        at_offset, at_scale = tf.unstack(means * pixels)
        means, _ = _over_pixels(means, pixels)
        dx = end_gradient(begun, x, together, means, scale)
        return dx, at_scale, at_offset

    y = normalize(x, together, scale, offset)
    return (y, together, num_pixels), gradient


def _over_pixels(means, pixels):
    """Means [2, channels] over the pixels of all replicas, and their number."""
    sums = tf.reshape(means * pixels, [-1])
    sums = replicas.total(tf.concat([sums, [pixels]], 0))
    return tf.reshape(sums[:-1], [2, -1]) / sums[-1], sums[-1]


def _over_replicas(x, scale, offset):
    """As the fused kernel: returns y, mean and the unbiased variance."""
    y, together, size = _normalize_over_replicas(x, scale, offset)
    mean, variance = _mean_and_variance(together)
    return y, mean, variance * size / (size - 1)


def _affine(x, scale, offset):
    """x * scale + offset, with scale and offset [channels].

    By a 1 x 1 depthwise convolution: on CPUs it takes a third of the time of a
    product and a sum. The fused kernel with given moments is as fast, but wrong
    here: oneDNN keeps a pointer to the moments in the kernel, which two edges
    that call the same function at the same time share. One of 1,500 forward
    passes was off by 1.3.
    """
    scale, offset = tf.cast(scale, x.dtype), tf.cast(offset, x.dtype)
    kernel = tf.reshape(scale, [1, 1, -1, 1])
    scaled = tf.nn.depthwise_conv2d(x, kernel, [1, 1, 1, 1], "SAME")
    return tf.nn.bias_add(scaled, offset)


def _num_pixels(x) -> tf.Tensor:
    """Number of values that each channel is averaged over, a float32."""
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
    """Normalises each channel of [batch, height, width, channels].

    Args:
      affine: whether the layer learns a scale and an offset.
      moving: whether the layer keeps moving statistics, and uses them outside
        of training. A supernet does not: every architecture has statistics of
        its own, so child steps and policy steps use those of the batch. A layer
        that is frozen (`trainable` is False) uses and keeps its moving
        statistics in training, too, as Keras's own layer does.
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
            # All replicas compute the same values.
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
        if self.moving and not (training and self.trainable):
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
