"""What an operation is: a list of stages, each written forward only.

An operation is a function of (channels, stride) that returns its stages. A
stage is any differentiable TensorFlow computation on one tensor; its gradient
is taken by TensorFlow at the stage's saved input. `BatchNorm()` stands where
the operation normalises. The supernet runs the stages inside shared functions
(`nets/function_library.py`), a derived network inside one Keras layer
(`nets/operation_layer.py`); both run the same code.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

from ednas_tf import registry
from ednas_tf.lazy import tf
from ednas_tf.ops import shapes


@dataclasses.dataclass(frozen=True)
class Stage:
    """One step of an operation.

    Attributes:
      forward: (x, *weights) -> y with x and y [batch, height, width, channels].
      weights: shapes of the weights, in the order in which `forward` takes
        them. They start uniform in +-1 / sqrt(fan-in).
      backward: (dy, y) -> dx, for a stage without weights whose gradient can
        be told from its output y alone: its input then need not be kept.
      output_shape: maps height, width and channels of x to those of y, so that
        the size of a network is known without TensorFlow; None: TensorFlow
        traces `forward` to find out.
    """

    forward: Callable[..., tf.Tensor]
    weights: tuple[tuple[int, ...], ...] = ()
    backward: Callable[[tf.Tensor, tf.Tensor], tf.Tensor] | None = None
    output_shape: Callable[[shapes.Shape], shapes.Shape] | None = None


def _relu(x):
    return tf.nn.relu(x)


def _relu_gradient(dy, y):
    return tf.raw_ops.ReluGrad(gradients=dy, features=y)


def relu() -> Stage:
    """A ReLU as a stage of its own."""
    return Stage(_relu, backward=_relu_gradient, output_shape=shapes.same)


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
