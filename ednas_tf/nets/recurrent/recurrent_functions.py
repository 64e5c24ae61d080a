"""What a node of a recurrent cell computes, traced once for each activation.

A supernet chooses among these functions in every node and step, a derived cell
calls those of its own activations. Activations are written forward only
(`ops/activation.py`); TensorFlow derives their gradients here.

With s, y [batch, hidden] and pre = (c, g) [batch, 2 hidden], in a supernet:

    forward     u = s + sigmoid(c) * (f(g) - s)
                scale = 1 / sqrt(variance(u) + EPSILON), [hidden]
                y = scale * (u - mean(u))
    backward    du = scale * (dy - mean(dy) - y * mean(dy * y))
                ds, dpre: from du, with c and g taken for inputs

with means and variances over the batch. The backward reads y and scale, so that
u need not be kept. In a derived cell y is u, and scale is not read.
"""

import dataclasses
import functools

import tensorflow as tf

from ednas_tf import ops
from ednas_tf.nets import switching

EPSILON = 1e-5


@dataclasses.dataclass(frozen=True)
class Functions:
    """The two concrete functions of one activation.

    Attributes:
      forward: (s, pre) -> (y, scale). It maps the state of the node's source
        and (c, g) to the node's own state, and to the factor by which the
        state was normalised (ones in a derived cell).
      backward: (dy, s, pre, y, scale) -> (ds, dpre). The gradient ds lacks the
        part by which s acts through pre: `recurrence` adds it.
    """

    forward: object
    backward: object


@functools.cache
def functions(activation: str, hidden: int, normalized: bool) -> Functions:
    """Returns the functions of an activation, traced at the first call.

    Args:
      activation: one of `ops.names("recurrent")`.
      hidden: length of a state.
      normalized: whether states are normalised over the batch, as in a
        supernet: by the statistics of the batch, without scale and offset.
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

    # `optimized=False`: they are copied into the loop's graph, which TensorFlow
    # optimises as a whole.
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
