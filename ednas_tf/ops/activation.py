"""What a recurrent cell's edges carry: elementwise functions.

A new file of this folder adds one by

    @activation("swish")
    def swish(x):
        return x * tf.sigmoid(x)

Source: section 3.2 of the paper.
"""

from collections.abc import Callable

import tensorflow as tf

from ednas_tf import registry

_ACTIVATIONS = registry.Registry("activation", "ednas_tf.ops")

#: Makes a differentiable function of a tensor of any shape, which gives a
#: tensor of the same shape, known by a name.
activation = _ACTIVATIONS.register

#: The names of all known activations, sorted.
names = _ACTIVATIONS.names


def activation_of(name: str) -> Callable[[tf.Tensor], tf.Tensor]:
    """The activation function `name`.

    Raises:
      RequestError: no activation has this name.
    """
    return _ACTIVATIONS.get(name)


activation("tanh")(tf.tanh)
activation("relu")(tf.nn.relu)
activation("sigmoid")(tf.sigmoid)
activation("identity")(tf.identity)
