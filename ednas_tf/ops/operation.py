"""Defines operations as lists of stages, of which only the forward is written.

An operation is a function of (channels, stride) that returns its stages. A
stage is any differentiable TensorFlow computation on one tensor; TensorFlow
takes its gradient at the stage's saved input. `BatchNorm()` marks where the
operation normalises. The supernet runs the stages inside shared functions
(`nets/function_library.py`), and a derived network inside one Keras layer
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
        them. Weights are initialised uniformly in +-1 / sqrt(fan-in).
      backward: (dy, y) -> dx, for a stage without weights whose gradient can be
        computed from its output y alone, so that its input need not be kept.
      output_shape: maps height, width and channels of x to those of y, so that
        the size of a network is known without TensorFlow. If it is None,
        TensorFlow traces `forward` to find the shape.
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
    """A ReLU as a separate stage."""
    return Stage(_relu, backward=_relu_gradient, output_shape=shapes.same)


@dataclasses.dataclass(frozen=True)
class BatchNorm:
    """Marks where an operation normalises each channel over the batch.

    Attributes:
      search_only: whether derived networks omit this one, as after pooling.
    """

    search_only: bool = False


@dataclasses.dataclass(frozen=True)
class Sum:
    """Several lists of stages that read the same input; their outputs add up.

    Only the fixed parts of a network can have it, not an operation.

    Attributes:
      branches: the lists of stages.
    """

    branches: tuple[Stages, ...]


Stages = Sequence[Stage | BatchNorm | Sum]

_OPERATIONS = registry.Registry("operation", "ednas_tf.ops")

#: Registers the decorated (channels, stride) -> stages under a name.
operation = _OPERATIONS.register

#: The names of all known operations, sorted.
names = _OPERATIONS.names


def stages(name: str, channels: int, stride: int) -> tuple:
    """The stages of the operation `name` for a number of channels.

    Raises:
      RequestError: no operation has this name.
    """
    return tuple(_OPERATIONS.get(name)(channels, stride))


def weight_shapes(stages: Stages) -> list[tuple[int, ...]]:
    """The shapes of all weights of the stages, in order."""
    found = []
    for stage in stages:
        if isinstance(stage, Stage):
            found += stage.weights
        elif isinstance(stage, Sum):
            for branch in stage.branches:
                found += weight_shapes(branch)
    return found
