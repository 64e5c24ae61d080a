"""Elementwise functions, the operations on the edges of a recurrent cell.

A new file in this folder can add one by

    @activation("swish")
    def swish(x):
        return x * tf.sigmoid(x)

Source: section 3.2 of the paper.
"""

from __future__ import annotations

from collections.abc import Callable

from ednas_tf import registry
from ednas_tf.lazy import tf

_ACTIVATIONS = registry.Registry("activation", "ednas_tf.ops")

#: Registers the decorated function under a name. It must be differentiable and
#: map a tensor of any shape to a tensor of the same shape.
activation = _ACTIVATIONS.register

#: The names of all known activations, sorted.
names = _ACTIVATIONS.names


def activation_of(name: str) -> Callable[[tf.Tensor], tf.Tensor]:
    """The activation function `name`.

    Raises:
      RequestError: no activation has this name.
    """
    return _ACTIVATIONS.get(name)


@activation("tanh")
def tanh(x):
    return tf.tanh(x)


@activation("relu")
def relu(x):
    return tf.nn.relu(x)


@activation("sigmoid")
def sigmoid(x):
    return tf.sigmoid(x)


@activation("identity")
def identity(x):
    return tf.identity(x)
