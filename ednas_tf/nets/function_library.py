"""Operations as compiled functions, traced once and shared by all cells.

One compiled step must serve every architecture, and cost what a network built
for one architecture costs. `SharedCell` therefore calls, for each edge, one of
the functions of a library (`switching.case`). The library has two functions for
each operation, number of channels and stride, which all edges and cells share:

    forward(x, row)              -> y, saved tensors
    backward(dy, x, row, saved)  -> dx, gradient of the row

An example, on 4 channels. The stages of sep_conv_3x3, and the values between
them:

    stage  ReLU  depthwise  1x1    norm  ReLU  depthwise  1x1    norm
    value 0     1          2      3     4     5          6      7     8
    weights      [3,3,4,1]  [1,1,4,4]          [3,3,4,1]  [1,1,4,4]

- The row is the operation's weights one after the other: 36 + 16 + 36 + 16 =
  104 numbers.
- Value 0 is x, and value 8 is y. The backward differentiates one stage after
  the other, from the last to the first: each at its input, but a ReLU at its
  output. So it reads the values 1, 2, 3, 5, 6 and 7, [batch, height, width, 4]
  each, and for each norm three tensors that the fused kernel returns: the
  forward saves 6 + 2 * 3 = 12 tensors.
- max_pool_3x3 (pooling, norm) has no weights and saves 4 tensors, skip_connect
  saves none. All branches of a Case must have the same signature: so all rows
  have the length of the longest (104 where these are the operations), and all
  forwards return 12 saved tensors, the last of them empty. The branches may
  differ in the shapes of the tensors, not in their number and types.

An operation is written forward only, as a list of stages; this file makes its
backward. Backwards written by hand were hardly faster (1.14 and 1.10 times the
step of a network built for one architecture, for batches of 32 and 128, instead
of 1.17 and 1.18), and every new operation would need one.
"""

import functools
import math
from typing import NamedTuple

import tensorflow as tf

from ednas_tf import ops
from ednas_tf.nets import batch_norm
from ednas_tf.nets.switching import case, trace


class Sizes(NamedTuple):
    """The sizes that all functions of a library share, as a Case requires.

    Attributes:
      row_length: number of weights of the operation that has the most.
      num_saved: number of tensors that each forward returns besides y.
    """

    row_length: int
    num_saved: int

    @classmethod
    def of(cls, programs) -> "Sizes":
        return cls(
            max(map(row_size, programs)),
            max(
                len(_saved_values(program))
                + batch_norm.NUM_SAVED * _num_norms(program)
                for program in programs
            ),
        )


class OperationFunctions:
    """The two functions of one operation, see the module's docstring.

    Args:
      name: name of the operation.
      channels: number of channels of its input and its output.
      stride: 1, or 2 to halve height and width.
      sizes: the sizes that all functions of the library share.

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
        saved = [values[i] for i in _saved_values(self.program)] + statistics
        return [y, *pad(saved, self.sizes.num_saved)]

    def _backward(self, dy, x, row, *saved):
        weights = unpack(self.program, row)
        saved = iter(saved)
        values = {0: x} | {i: next(saved) for i in _saved_values(self.program)}
        statistics = [
            [next(saved) for _ in range(batch_norm.NUM_SAVED)]
            for _ in range(_num_norms(self.program))
        ]
        weight_gradients = []
        for i, stage in reversed(list(enumerate(self.program))):
            if isinstance(stage, ops.BatchNorm):
                dy = batch_norm.backward(dy, values[i], statistics.pop())
                continue
            kernels = weights.pop()
            if stage.backward:
                dy = stage.backward(dy, values[i + 1])
            else:
                # TensorFlow prunes what the gradient does not need of this
                # forward. Max pooling needs it: its gradient is 40 times slower
                # where the forward is not in the same graph.
                y = stage.forward(values[i], *kernels)
                dy, *gradients = differentiate(y, [values[i], *kernels], dy)
                weight_gradients = gradients + weight_gradients
        return [tf.identity(dy), flatten(weight_gradients)]


# Libraries for one stride and for both share the functions for stride 1.
_functions = functools.cache(OperationFunctions)


class FunctionLibrary:
    """The functions of all operations of a space, for one number of channels.

    Args:
      op_names: names of the operations.
      channels: number of channels of their inputs and outputs.
      strides: (1,), or (1, 2) for cells that halve height and width.

    Attributes:
      row_length: length of every row: the number of weights of the operation
        that has the most. A row holds the weights of one operation, one after
        the other, and then numbers that the operation does not read.
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
          branch: number of the operation, int32; its form with stride 2 has
            this number plus the number of operations.
          x: [batch, height, width, channels].
          row: [row_length], the operation's weights.

        Returns:
          y, of an unknown shape, and the saved tensors for `run_backward`.
        """
        y, *saved = case(
            branch, [x, row], self._forwards, 1 + self._sizes.num_saved
        )
        return y, saved

    def run_backward(self, branch, dy, x, row, saved):
        """Computes the gradients of `run`.

        Args:
          branch, x, row: what `run` was given.
          dy: the gradient of the loss with respect to y.
          saved: the tensors that `run` returned besides y.

        Returns:
          The gradient with respect to x, and the gradient with respect to the
          operation's weights: as long as they are, not padded to `row_length`.
        """
        return case(branch, [dy, x, row, *saved], self._backwards, 2)


@functools.cache
def library(op_names: tuple[str, ...], channels: int, strides: tuple[int, ...]):
    """Returns the only `FunctionLibrary` with these arguments."""
    return FunctionLibrary(op_names, channels, strides)


def row_size(program) -> int:
    """Number of weights of an operation, in all of its stages together."""
    return sum(map(math.prod, ops.weight_shapes(program)))


def differentiate(y, xs, dy):
    """Gradients of y with respect to xs; zeros where y does not depend on x.

    By tf.gradients, as a GradientTape records nothing in `tf.init_scope`, where
    the functions are traced.
    """
    return tf.gradients(y, xs, dy, unconnected_gradients="zero")


def _num_norms(program):
    return sum(isinstance(stage, ops.BatchNorm) for stage in program)


def needed_values(program):
    """Numbers of the values that the backward reads; value 0 is the input.

    They are the inputs of the stages, but the output of a stage that has a
    backward of its own (`ops.Stage.backward`).
    """
    return {
        i + 1 if isinstance(stage, ops.Stage) and stage.backward else i
        for i, stage in enumerate(program)
    }


def _saved_values(program):
    """Numbers of the values that the forward saves; the input is at hand."""
    return sorted(needed_values(program) - {0})


def unpack(program, row):
    """Cuts a row into weights: for each stage (norms excluded) their list."""
    shapes = ops.weight_shapes(program)
    sizes = list(map(math.prod, shapes))
    parts = tf.split(row, [*sizes, row.shape[0] - sum(sizes)])
    weights = map(tf.reshape, parts, shapes)
    return [
        [next(weights) for _ in stage.weights]
        for stage in program
        if isinstance(stage, ops.Stage)
    ]


def flatten(gradients):
    """All gradients in one vector, which is empty if there are none."""
    vectors = [tf.reshape(gradient, [-1]) for gradient in gradients]
    return tf.concat([tf.zeros([0]), *vectors], 0)


def pad(tensors, count):
    """Appends empty tensors until there are `count`."""
    return list(tensors) + [tf.zeros([0])] * (count - len(tensors))
