"""Operations as compiled functions, traced once and shared by all cells.

One step must serve every architecture and cost what a network built for one
costs. `StatelessCase` over concrete functions does it: tf.function leaves the
op whole (tf.switch_case is lowered, and copies every branch into the graph),
so that what is not chosen is neither built nor run, and one function serves
every cell and edge with the same operation, channels and stride.

The gradient of a Case is not TensorFlow's but ours, from three functions an
operation; the forward saves every stage's input:

  forward(x, row)                  -> y, inputs of the later stages, statistics
  backward(dy, x, row, so_far, saved)
                                   -> so_far + dx, gradient at each weighted
                                      stage's y
  weight_gradient(x, row, saved, gradients at y) -> gradient of the row

The last is apart from the backward because nothing waits for it but the
optimizer: TensorFlow runs it beside the backward of earlier operations.
"""

import functools
import math

import tensorflow as tf

from ednas_tf import ops
from ednas_tf.nets import batch_norm

_ANY = tf.TensorSpec(None, tf.float32)


def case(index, inputs, branches, num_outputs) -> list[tf.Tensor]:
    """Runs the concrete function `branches[index]` on `inputs`.

    Its own gradient is of no use here: call it within a custom gradient, on
    inputs whose gradient is stopped.
    """
    return tf.raw_ops.StatelessCase(
        branch_index=index,
        input=inputs,
        Tout=[tf.float32] * num_outputs,
        branches=branches,
        output_shapes=[],
    )


class FunctionLibrary:
    """The functions of a list of operations on so many channels.

    All functions of a kind take and return as many tensors, as the branches of
    a Case must: those with fewer are padded with empty tensors.

    Attributes:
      row_length: elements of the longest row of weights; a row holds the
        weights of one operation one after the other.
    """

    def __init__(self, op_names: tuple[str, ...], channels: int, strides):
        programs = [
            ops.stages(name, channels, stride)
            for stride in strides
            for name in op_names
        ]
        self.row_length = max(map(row_size, programs))
        self._num_values = max(map(len, programs))
        num_norms = max(map(_num_norms, programs))
        self._num_saved = self._num_values + batch_norm.NUM_SAVED * num_norms
        self._num_gradients = max(len(_weighted(p)) for p in programs)
        image = tf.TensorSpec([None, None, None, channels], tf.float32)
        row = tf.TensorSpec([self.row_length], tf.float32)
        saved = [_ANY] * self._num_saved
        gradients = [_ANY] * self._num_gradients
        self._forwards, self._backwards, self._weight_gradients = [], [], []
        for program in programs:
            forward = trace(self._forward, program, image, row)
            shapes = [output.shape for output in forward.structured_outputs]
            self._forwards.append(forward)
            self._backwards.append(
                trace(
                    functools.partial(self._backward, shapes),
                    program,
                    *(image, image, row, image, *saved),
                )
            )
            self._weight_gradients.append(
                trace(
                    functools.partial(self._weight_gradient, shapes),
                    program,
                    *(image, row, *saved, *gradients),
                )
            )

    def run(self, branch: tf.Tensor, x: tf.Tensor, row: tf.Tensor):
        """Computes one operation.

        Args:
          branch: its number, those with stride 1 before those with stride 2.
          x: [batch, height, width, channels].
          row: [row_length], its weights.

        Returns:
          y, and a list of what `run_backward` needs beside.
        """
        y, *saved = case(branch, [x, row], self._forwards, 1 + self._num_saved)
        return y, saved

    def run_backward(self, branch, dy, x, row, saved, so_far):
        """The gradient of `run`, for what it was given and returned.

        Args:
          branch, x, row, saved: as in `run`.
          dy: the gradient at y.
          so_far: what to add to the gradient at x.

        Returns:
          The sum for x, and the gradient of the row without its rest that
          the operation does not look at.
        """
        total, *at_outputs = case(
            branch,
            [dy, x, row, so_far, *saved],
            self._backwards,
            1 + self._num_gradients,
        )
        (row_gradient,) = case(
            branch, [x, row, *saved, *at_outputs], self._weight_gradients, 1
        )
        return total, row_gradient

    def _forward(self, program, x, row):
        weights = unpack(program, row)
        values, statistics = [x], []
        for stage in program:
            if isinstance(stage, ops.BatchNorm):
                y, saved = batch_norm.forward(values[-1])
                statistics += saved
            else:
                y = stage.forward(values[-1], *weights.pop(0))
            values.append(y)
        for i in set(range(1, len(values))) - _needed(program):
            values[i] = tf.zeros([0])
        saved = _pad(values[1:], self._num_values) + statistics
        return [y, *_pad(saved, self._num_saved)]

    def _values(self, program, shapes, x, saved):
        """What went into the program's stages, and out of the last."""
        count = len(program)
        return [x] + [
            tf.ensure_shape(*pair)
            for pair in zip(saved[:count], shapes[1 : count + 1], strict=True)
        ]

    def _backward(self, shapes, program, dy, x, row, so_far, *saved):
        weights = unpack(program, row)
        values = self._values(program, shapes, x, saved)
        end = self._num_values + batch_norm.NUM_SAVED * _num_norms(program)
        statistics = list(saved[self._num_values : end])
        gradients = []
        for i, stage in reversed(list(enumerate(program))):
            if isinstance(stage, ops.BatchNorm):
                own = statistics[-batch_norm.NUM_SAVED :]
                del statistics[-batch_norm.NUM_SAVED :]
                dy = batch_norm.backward(dy, values[i], own)
                continue
            own = weights.pop()
            if own:
                gradients.insert(0, dy)
            if stage.backward:
                dy = stage.backward(dy, values[i + 1])
            else:
                y = stage.forward(values[i], *own)
                (dy,) = tf.gradients(y, values[i], dy)
        # Here the sum can take the memory of dy; outside it would be new.
        return [dy + so_far, *_pad(gradients, self._num_gradients)]

    def _weight_gradient(self, shapes, program, x, row, *rest):
        weights = unpack(program, row)
        values = self._values(program, shapes, x, rest)
        gradients = list(rest[self._num_saved :])
        parts = [tf.zeros([0])]
        for i, stage in enumerate(program):
            if isinstance(stage, ops.BatchNorm):
                continue
            own = weights.pop(0)
            if own:
                y = stage.forward(values[i], *own)
                dy = tf.ensure_shape(gradients.pop(0), y.shape)
                parts += tf.gradients(y, own, dy)
        return [tf.concat([tf.reshape(part, [-1]) for part in parts], 0)]


@functools.cache
def library(op_names: tuple[str, ...], channels: int, strides: tuple[int, ...]):
    """The one `FunctionLibrary` with these operations."""
    return FunctionLibrary(op_names, channels, strides)


@functools.cache
def pick(index: int, count: int, channels: int):
    """The concrete function (h_0, ... h_count-1) -> h_index."""

    def body(_, *states):
        return [tf.identity(states[index])]

    image = tf.TensorSpec([None, None, None, channels], tf.float32)
    return trace(body, None, *[image] * count, optimized=False)


@functools.cache
def replace(index: int, count: int, channels: int):
    """The concrete function (d, g_0, ...) -> g, with d instead of g_index."""

    def body(_, d, *gradients):
        return [
            tf.identity(d if i == index else g) for i, g in enumerate(gradients)
        ]

    image = tf.TensorSpec([None, None, None, channels], tf.float32)
    return trace(body, None, *[image] * (count + 1), optimized=False)


def row_size(program) -> int:
    """Elements of all weights of an operation's stages together."""
    return sum(map(math.prod, ops.weight_shapes(program)))


def _num_norms(program):
    return sum(isinstance(stage, ops.BatchNorm) for stage in program)


def _weighted(program):
    return [
        stage
        for stage in program
        if isinstance(stage, ops.Stage) and stage.weights
    ]


def _needed(program):
    """Numbers of the values that the backward looks at; 0 is the input."""
    return {
        i + 1 if isinstance(stage, ops.Stage) and stage.backward else i
        for i, stage in enumerate(program)
    }


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


def _pad(tensors, count):
    return list(tensors) + [tf.zeros([0])] * (count - len(tensors))


def trace(body, program, *specs, optimized=True):
    """Traces body(program, *tensors) outside of whatever is being traced.

    On no device: it is one function for all replicas.
    """
    with tf.init_scope(), tf.device(None):
        function = tf.function(
            functools.partial(body, program), autograph=False
        )
        if optimized:
            # A Case's branch itself gets no graph optimizer and no oneDNN
            # kernels; a function that it calls gets both.
            inner = function
            function = tf.function(lambda *t: inner(*t), autograph=False)
        return function.get_concrete_function(*specs)
