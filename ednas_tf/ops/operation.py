"""What an operation is: a list of stages, each written forward only.

An operation is a function of (channels, stride) that returns its stages. A
stage is any differentiable TensorFlow computation on one tensor; its gradient
is taken by TensorFlow at the stage's saved input. `BatchNorm()` stands where
the operation normalises. The supernet runs the stages inside shared functions
(`nets/function_library.py`), a derived network inside one Keras layer
(`nets/operation_layer.py`); both run the same code.
"""

import dataclasses
import math
import random
from collections.abc import Callable, Sequence

import keras
import tensorflow as tf

from ednas_tf import registry


class FanIn(keras.initializers.Initializer):
    """Uniform in +-1 / sqrt(fan-in), for every kind of convolution.

    The fan-in is the product of all dimensions but the last; of a vector, its
    length. A kernel [height, width, channels, 1] larger than 1 x 1 is taken
    for a depthwise one, with a fan-in of height * width. No shape can tell it
    from a convolution with one output channel, whose interval comes out too
    wide, nor a depthwise kernel with several outputs a channel from a whole
    convolution, whose fan-in it gets.

    Args:
      seed: an integer; by default one is drawn from Python's generator, as
        Keras does, so that `keras.utils.set_random_seed` fixes it.
    """

    def __init__(self, seed: int | None = None):
        self.seed = random.randrange(2**31) if seed is None else seed

    @staticmethod
    def limit(shape) -> float:
        """Half the interval's length for weights of `shape`."""
        window = math.prod(shape[:2])
        depthwise = len(shape) == 4 and shape[3] == 1 and window > 1
        fan_in = window if depthwise else math.prod(shape[:-1] or shape)
        return fan_in**-0.5

    def __call__(self, shape, dtype=None):
        limit = self.limit(shape)
        return keras.random.uniform(shape, -limit, limit, dtype, self.seed)

    def get_config(self):
        return {"seed": self.seed}


@dataclasses.dataclass(frozen=True)
class Stage:
    """One step of an operation.

    Attributes:
      forward: (x, *weights) -> y with x and y [batch, height, width, channels].
      weights: shapes of the weights, in the order in which `forward` takes
        them. They start uniform in +-1 / sqrt(fan-in).
      backward: (dy, y) -> dx, for a stage without weights whose gradient can
        be told from its output y alone: its input then need not be kept.
    """

    forward: Callable[..., tf.Tensor]
    weights: tuple[tuple[int, ...], ...] = ()
    backward: Callable[[tf.Tensor, tf.Tensor], tf.Tensor] | None = None


def _relu_gradient(dy, y):
    return tf.raw_ops.ReluGrad(gradients=dy, features=y)


def relu() -> Stage:
    """A ReLU as a stage of its own."""
    return Stage(tf.nn.relu, backward=_relu_gradient)


@dataclasses.dataclass(frozen=True)
class BatchNorm:
    """Where an operation normalises each channel over the batch.

    Attributes:
      search_only: a derived network leaves this one out (pooling).
    """

    search_only: bool = False


Stages = Sequence[Stage | BatchNorm]

_OPERATIONS = registry.Registry("operation", "ednas_tf.ops")

#: Makes the decorated (channels, stride) -> stages known by a name.
operation = _OPERATIONS.register

#: The names of all known operations, sorted.
names = _OPERATIONS.names


def stages(name: str, channels: int, stride: int) -> tuple:
    """The stages of the operation `name` on so many channels.

    Raises:
      RequestError: no operation has this name.
    """
    return tuple(_OPERATIONS.get(name)(channels, stride))


def weight_shapes(stages: Stages) -> list[tuple[int, ...]]:
    """Shapes of all weights of the stages, in order."""
    return [
        shape
        for stage in stages
        if isinstance(stage, Stage)
        for shape in stage.weights
    ]
