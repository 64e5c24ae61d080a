"""What a node of a recurrent cell computes, traced once for each activation.

A supernet switches among these functions, a derived network calls its own. An
activation is written forward only; TensorFlow takes its gradient.
"""

import dataclasses
import functools

import tensorflow as tf

from ednas_tf import ops
from ednas_tf.nets import switching

EPSILON = 1e-5


@dataclasses.dataclass(frozen=True)
class Functions:
    """The concrete functions of one activation.

    Attributes:
      forward: (s, pre) -> (y, scale). Of the node's input s [batch, hidden]
        and (c, g) in pre [batch, 2 hidden], y [batch, hidden] is the node's
        state; scale [hidden] is what it was multiplied by to normalise it.
      backward: (dy, s, pre, y, scale) -> (ds, dpre), the gradient of s as far
        as it does not pass pre.
    """

    forward: object
    backward: object


@functools.cache
def functions(activation: str, hidden: int, normalized: bool) -> Functions:
    """Traces the functions of an activation, once.

    Args:
      activation: one of `ops.names("recurrent")`.
      hidden: length of a state.
      normalized: whether states are normalised over the batch, as in a
        supernet, without affine part and by the batch's own statistics.
    """
    f = ops.activation_of(activation)
    state = tf.TensorSpec([None, hidden], tf.float32)
    pre = tf.TensorSpec([None, 2 * hidden], tf.float32)
    scale = tf.TensorSpec([hidden], tf.float32)

    def gated(s, pre):
        c, g = tf.split(pre, 2, -1)
        return s + tf.sigmoid(c) * (f(g) - s)

    def forward(s, pre):
        y = gated(s, pre)
        return _normalize(y) if normalized else (y, tf.ones([hidden]))

    def backward(dy, s, pre, y, scale):
        if normalized:
            dy = _normalize_gradient(dy, y, scale)
        return tf.gradients(gated(s, pre), [s, pre], dy)

    return Functions(
        switching.trace(forward, state, pre, optimized=False),
        switching.trace(
            backward, state, state, pre, state, scale, optimized=False
        ),
    )


def _normalize(y):
    y -= tf.reduce_mean(y, 0)
    scale = tf.math.rsqrt(tf.reduce_mean(tf.square(y), 0) + EPSILON)
    return y * scale, scale


def _normalize_gradient(dy, y, scale):
    # y is the normalised state.
    means = tf.reduce_mean(dy, 0), tf.reduce_mean(dy * y, 0)
    return scale * (dy - means[0] - y * means[1])
