"""Operations as compiled functions, for several replicas.

It does for several replicas what `function_library` does for one. Batch norms
use the statistics of the batches of all replicas together, so that an update is
the same as that of one device with the whole batch. Replicas can exchange
statistics only outside of a Case. So each operation is cut into pieces, before
each norm; one Case runs each piece, and between two Cases the replicas average
their moments (`batch_norm.moments`). sep_conv_3x3 on 4 channels has three
pieces, max_pool_3x3 two and skip_connect one:

    piece            0                       1                           2
    sep_conv_3x3     ReLU, depthwise, 1x1    norm, ReLU, depthwise, 1x1  norm
    max_pool_3x3     max pooling             norm                        (empty)
    skip_connect     identity                (empty)                     (empty)

An empty piece hands its input on. Its moments are zeros that the replicas
average like all others: which operation runs is known only in the step, and
what replicas exchange must have the same shape in every step.

The forwards of sep_conv_3x3 run from left to right, with x, y0 and y1 of the
shape [batch of a replica, height, width, 4], and moments [2, 4]:

    x -- piece 0 --> y0, moments -- mean over replicas
      -- piece 1 --> y1, moments -- mean over replicas
      -- piece 2 --> y

The backwards run from right to left. The gradient of a norm, too, has a part
that a replica computes by itself, and one that needs means over all replicas
(`batch_norm.begin_gradient` and `end_gradient`). The backward of the piece that
begins with a norm computes the first part, and the backward of the piece before
it adds the second.

All this takes 1.19 times the processor time of one device, for the whole batch;
1.06 times if each replica kept its own statistics, which would be another
update. So it is used only where there are several replicas.
"""

import functools

import tensorflow as tf

from ednas_tf import ops, replicas
from ednas_tf.nets import batch_norm, function_library
from ednas_tf.nets.switching import case, trace

_ANY = tf.TensorSpec(None, tf.float32)


class PieceFunctions:
    """The two functions of one piece of an operation.

    forward(x, moments, row) -> y, moments of y, saved tensors: x is the output
    of the piece before, and `moments` are its moments over all replicas; the
    moments of y are this replica's own.

    backward(dy, y, y_moments, means, x, moments, row, saved) -> dx, means,
    gradient of the row: `dy` and `means` are what the backward of the next
    piece returned, the means averaged over the replicas. `dx` and the means
    that it returns are for the piece before.

    Args:
      program: all stages of the operation.
      index: number of the piece.
      shape: shape of x, as far as it is known.
      row_length: length of a row of weights.
      num_saved: number of tensors that the forward returns besides y and its
        moments.

    Attributes:
      forward, backward: concrete functions.
      shape: shape of y, as far as it is known.
    """

    def __init__(self, program, index, shape, row_length, num_saved):
        pieces = _pieces(program)
        self.stages = pieces[index] if index < len(pieces) else []
        self.begins_with_norm = 0 < index < len(pieces)
        self.ends_with_norm = index + 1 < len(pieces)
        self.program = program
        self.first = sum(map(len, pieces[:index]))
        self.shapes = [shape]
        self.num_saved = num_saved
        pairs = tf.TensorSpec([2, shape[-1]], tf.float32)
        row = tf.TensorSpec([row_length], tf.float32)
        inputs = [_ANY, pairs, row]
        self.forward = trace(self._forward, *inputs)
        saved = [_ANY] * num_saved
        self.backward = trace(
            self._backward, _ANY, _ANY, pairs, pairs, *inputs, *saved
        )

    @property
    def shape(self):
        return self.shapes[-1]

    def _weights(self, row):
        """The weights of this piece's stages, a list for each."""
        weights = function_library.unpack(self.program, row)
        return weights[self.first : self.first + len(self.stages)]

    def _begin(self, x, moments):
        """The input of the first stage: x, after the norm if one begins."""
        x = tf.ensure_shape(x, self.shapes[0])
        return batch_norm.normalize(x, moments) if self.begins_with_norm else x

    def _forward(self, x, moments, row):
        values = [self._begin(x, moments)]
        for stage, kernels in zip(self.stages, self._weights(row), strict=True):
            values.append(stage.forward(values[-1], *kernels))
        self.shapes = [value.shape for value in values]
        y = values[-1]
        moments = (
            batch_norm.moments(y)
            if self.ends_with_norm
            else tf.zeros_like(moments)
        )
        needed = function_library.needed_values(self.stages)
        saved = [
            value if i in needed else tf.zeros([0])
            for i, value in enumerate(values[1:-1], 1)
        ]
        return [
            tf.identity(y),
            moments,
            *function_library.pad(saved, self.num_saved),
        ]

    def _backward(self, dy, y, y_moments, means, x, moments, row, *saved):
        y, dy = (tf.ensure_shape(value, self.shape) for value in (y, dy))
        if self.ends_with_norm:
            dy = batch_norm.end_gradient(dy, y, y_moments, means)
        # TensorFlow prunes the values that the backward does not read.
        values = [self._begin(x, moments)]
        for value, shape in zip(saved, self.shapes[1:-1], strict=False):
            values.append(tf.ensure_shape(value, shape))
        values.append(y)
        weight_gradients = []
        for i, (stage, kernels) in reversed(
            list(enumerate(zip(self.stages, self._weights(row), strict=True)))
        ):
            if stage.backward:
                dy = stage.backward(dy, values[i + 1])
            else:
                output = stage.forward(values[i], *kernels)
                dy, *gradients = function_library.differentiate(
                    output, [values[i], *kernels], dy
                )
                weight_gradients = gradients + weight_gradients
        means = tf.zeros_like(moments)
        if self.begins_with_norm:
            x = tf.ensure_shape(x, self.shapes[0])
            dy, means = batch_norm.begin_gradient(dy, x, moments)
        row_gradient = function_library.flatten(weight_gradients)
        return [tf.identity(dy), means, row_gradient]


class SynchronizedLibrary:
    """A `FunctionLibrary` for several replicas; call it in each of them.

    Args:
      op_names, channels, strides: see `FunctionLibrary`.

    Attributes:
      row_length: see `FunctionLibrary`.
    """

    def __init__(self, op_names: tuple[str, ...], channels: int, strides):
        programs = [
            ops.stages(name, channels, stride)
            for stride in strides
            for name in op_names
        ]
        self.row_length = max(map(function_library.row_size, programs))
        self._channels = channels
        cut = [_pieces(program) for program in programs]
        shapes = [tf.TensorShape([None, None, None, channels])] * len(programs)
        self._pieces = []
        for k in range(max(map(len, cut))):
            lengths = [len(pieces[k]) for pieces in cut if k < len(pieces)]
            num_saved = max(0, max(lengths) - 1)
            functions = [
                PieceFunctions(program, k, shape, self.row_length, num_saved)
                for program, shape in zip(programs, shapes, strict=True)
            ]
            shapes = [f.shape for f in functions]
            self._pieces.append(functions)

    def run(self, branch: tf.Tensor, x: tf.Tensor, row: tf.Tensor):
        """See `FunctionLibrary.run`."""
        tape = []
        y, moments = x, tf.zeros([2, self._channels])
        for k, functions in enumerate(self._pieces):
            forwards = [f.forward for f in functions]
            inputs = [y, moments, row]
            y, moments, *saved = case(
                branch, inputs, forwards, 2 + functions[0].num_saved
            )
            if k + 1 < len(self._pieces):
                moments = replicas.mean(moments)
            tape.append((y, moments, inputs, saved))
        return y, tape

    def run_backward(self, branch, dy, x, row, tape):
        """See `FunctionLibrary.run_backward`."""
        means = tf.zeros([2, self._channels])
        row_gradients = []
        for k in reversed(range(len(self._pieces))):
            y, moments, inputs, saved = tape[k]
            backwards = [f.backward for f in self._pieces[k]]
            dy, means, row_gradient = case(
                branch, [dy, y, moments, means, *inputs, *saved], backwards, 3
            )
            if k:
                means = replicas.mean(means)
            row_gradients.insert(0, row_gradient)
        return dy, tf.concat(row_gradients, 0)


@functools.cache
def library(op_names: tuple[str, ...], channels: int, strides: tuple[int, ...]):
    """Returns the only `SynchronizedLibrary` with these arguments."""
    return SynchronizedLibrary(op_names, channels, strides)


def _pieces(program):
    """Lists of the stages before, between and after the norms."""
    pieces = [[]]
    for stage in program:
        if isinstance(stage, ops.BatchNorm):
            pieces.append([])
        else:
            pieces[-1].append(stage)
    return pieces
