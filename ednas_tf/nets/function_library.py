"""Operations as compiled functions, traced once and shared by all cells.

One step must serve every architecture and cost what a network built for one
costs. Cases over concrete functions do it (`cases`); one function serves every
cell and edge with the same operation, channels and stride.

The gradient of a Case is not TensorFlow's but ours, from two functions an
operation; the forward saves what the backward looks at:

  forward(x, row)             -> y, what went between stages, statistics
  backward(dy, x, row, saved) -> dx, gradient of the row
"""

import functools
import math
from typing import NamedTuple

import tensorflow as tf

from ednas_tf import ops
from ednas_tf.nets import batch_norm
from ednas_tf.nets.switching import case, trace


class Sizes(NamedTuple):
    """What all functions of a library have in common.

    All functions of a kind take and return as many tensors, as the branches of
    a Case must: those with fewer are padded with empty tensors.

    Attributes:
      row_length: elements of the longest row of weights.
      num_saved: tensors that a forward returns beside y.
    """

    row_length: int
    num_saved: int

    @classmethod
    def of(cls, programs) -> "Sizes":
        return cls(
            max(map(row_size, programs)),
            max(
                len(_kept(program)) + batch_norm.NUM_SAVED * _num_norms(program)
                for program in programs
            ),
        )


class OperationFunctions:
    """The functions of one operation.

    Attributes:
      forward, backward: concrete functions.
    """

    def __init__(self, name: str, channels: int, stride: int, sizes: Sizes):
        self.program = ops.stages(name, channels, stride)
        self.sizes = sizes
        image = tf.TensorSpec([None, None, None, channels], tf.float32)
        row = tf.TensorSpec([sizes.row_length], tf.float32)
        self.forward = trace(self._forward, image, row)
        _, *saved = self.forward.structured_outputs
        saved = [tf.TensorSpec(each.shape, each.dtype) for each in saved]
        self.backward = trace(self._backward, image, image, row, *saved)

    def _forward(self, x, row):
        weights = unpack(self.program, row)
        values, statistics = [x], []
        for stage in self.program:
            if isinstance(stage, ops.BatchNorm):
                y, saved = batch_norm.forward(values[-1])
                statistics += saved
            else:
                y = stage.forward(values[-1], *weights.pop(0))
            values.append(y)
        saved = [values[i] for i in _kept(self.program)] + statistics
        return [y, *pad(saved, self.sizes.num_saved)]

    def _backward(self, dy, x, row, *saved):
        weights = unpack(self.program, row)
        saved = iter(saved)
        values = {0: x} | {i: next(saved) for i in _kept(self.program)}
        statistics = [
            [next(saved) for _ in range(batch_norm.NUM_SAVED)]
            for _ in range(_num_norms(self.program))
        ]
        parts = []
        for i, stage in reversed(list(enumerate(self.program))):
            if isinstance(stage, ops.BatchNorm):
                dy = batch_norm.backward(dy, values[i], statistics.pop())
                continue
            own = weights.pop()
            if stage.backward:
                dy = stage.backward(dy, values[i + 1])
            else:
                y = stage.forward(values[i], *own)
                dy, *at_weights = differentiate(y, [values[i], *own], dy)
                parts = at_weights + parts
        flat = [tf.reshape(part, [-1]) for part in parts]
        return [tf.identity(dy), tf.concat([tf.zeros([0]), *flat], 0)]


# Libraries of other strides share what they have in common.
_functions = functools.cache(OperationFunctions)


class FunctionLibrary:
    """The functions of a list of operations on so many channels.

    Attributes:
      row_length: elements of the longest row of weights; a row holds the
        weights of one operation one after the other.
    """

    def __init__(self, op_names: tuple[str, ...], channels: int, strides):
        places = [
            (name, channels, stride) for stride in strides for name in op_names
        ]
        sizes = Sizes.of([ops.stages(*place) for place in places])
        functions = [_functions(*place, sizes) for place in places]
        self.row_length = sizes.row_length
        self._sizes = sizes
        self._forwards = [f.forward for f in functions]
        self._backwards = [f.backward for f in functions]

    def run(self, branch: tf.Tensor, x: tf.Tensor, row: tf.Tensor):
        """Computes one operation.

        Args:
          branch: its number, those with stride 1 before those with stride 2.
          x: [batch, height, width, channels].
          row: [row_length], its weights.

        Returns:
          y, and a list of what `run_backward` needs beside.
        """
        y, *saved = case(
            branch, [x, row], self._forwards, 1 + self._sizes.num_saved
        )
        return y, saved

    def run_backward(self, branch, dy, x, row, saved):
        """The gradient of `run`, for what it was given and returned.

        Args:
          branch, x, row, saved: as in `run`.
          dy: the gradient at y.

        Returns:
          The gradient at x, and that of the row without its rest that the
          operation does not look at.
        """
        return case(branch, [dy, x, row, *saved], self._backwards, 2)


@functools.cache
def library(op_names: tuple[str, ...], channels: int, strides: tuple[int, ...]):
    """The one `FunctionLibrary` with these operations."""
    return FunctionLibrary(op_names, channels, strides)


def row_size(program) -> int:
    """Elements of all weights of an operation's stages together."""
    return sum(map(math.prod, ops.weight_shapes(program)))


def differentiate(y, xs, dy):
    """Zeros where an operation does not look at what it is given."""
    return tf.gradients(y, xs, dy, unconnected_gradients="zero")


def _num_norms(program):
    return sum(isinstance(stage, ops.BatchNorm) for stage in program)


def needed(program):
    """Numbers of the values that the backward looks at; 0 is the input."""
    return {
        i + 1 if isinstance(stage, ops.Stage) and stage.backward else i
        for i, stage in enumerate(program)
    }


def _kept(program):
    """Of the values needed, those that the forward has to save."""
    return sorted(needed(program) - {0})


def unpack(program, row):
    """Lists of the weights of each stage (not of norms), cut out of `row`."""
    shapes = ops.weight_shapes(program)
    sizes = list(map(math.prod, shapes))
    parts = tf.split(row, [*sizes, row.shape[0] - sum(sizes)])
    weights = map(tf.reshape, parts, shapes)
    return [
        [next(weights) for _ in stage.weights]
        for stage in program
        if isinstance(stage, ops.Stage)
    ]


def pad(tensors, count):
    return list(tensors) + [tf.zeros([0])] * (count - len(tensors))
