"""Operations as compiled functions, for several replicas.

What `function_library` is for one replica, with batch norms over the batches
of all replicas together: an update is then that of one device with the whole
batch. Replicas cannot meet inside of a Case, so an operation is cut into
pieces, each from a norm to before the next, and they meet between two Cases:

  forward   (x, moments of x, row)   -> y, moments of y, inputs of the stages
  backward  (dy, y and its moments, their means; x and its moments, row, saved)
                                     -> the same of x, gradient of the weights

with x and y what goes into the norm that the piece begins with, and into the
norm that the next begins with; the first piece has no norm before it, and the
last none behind it. dy is what `batch_norm.begin_gradient` returned.
"""

import functools

import tensorflow as tf

from ednas_tf import ops, replicas
from ednas_tf.nets import batch_norm, function_library
from ednas_tf.nets.switching import case, trace

_ANY = tf.TensorSpec(None, tf.float32)


class PieceFunctions:
    """The functions of piece `index` of an operation.

    Args:
      shape: of what goes into the piece.
      row_length: elements of a row of weights.
      num_saved: tensors that a forward returns beside y and its moments.

    Attributes:
      forward, backward: concrete functions.
      shape: of y.
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
        own = [_ANY, pairs, row]
        self.forward = trace(self._forward, *own)
        saved = [_ANY] * num_saved
        self.backward = trace(
            self._backward, _ANY, _ANY, pairs, pairs, *own, *saved
        )

    @property
    def shape(self):
        return self.shapes[-1]

    def _weights(self, row):
        weights = function_library.unpack(self.program, row)
        return weights[self.first : self.first + len(self.stages)]

    def _begin(self, x, moments):
        x = tf.ensure_shape(x, self.shapes[0])
        return batch_norm.normalize(x, moments) if self.begins_with_norm else x

    def _forward(self, x, moments, row):
        values = [self._begin(x, moments)]
        for stage, own in zip(self.stages, self._weights(row), strict=True):
            values.append(stage.forward(values[-1], *own))
        self.shapes = [value.shape for value in values]
        y = values[-1]
        moments = (
            batch_norm.moments(y)
            if self.ends_with_norm
            else tf.zeros_like(moments)
        )
        needed = function_library.needed(self.stages)
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
        # What of these is not looked at is not computed either.
        values = [self._begin(x, moments)]
        for value, shape in zip(saved, self.shapes[1:-1], strict=False):
            values.append(tf.ensure_shape(value, shape))
        values.append(y)
        parts = []
        for i, (stage, own) in reversed(
            list(enumerate(zip(self.stages, self._weights(row), strict=True)))
        ):
            if stage.backward:
                dy = stage.backward(dy, values[i + 1])
            else:
                output = stage.forward(values[i], *own)
                dy, *at_weights = function_library.differentiate(
                    output, [values[i], *own], dy
                )
                parts = at_weights + parts
        means = tf.zeros_like(moments)
        if self.begins_with_norm:
            x = tf.ensure_shape(x, self.shapes[0])
            dy, means = batch_norm.begin_gradient(dy, x, moments)
        flat = [tf.reshape(part, [-1]) for part in parts]
        return [tf.identity(dy), means, tf.concat([tf.zeros([0]), *flat], 0)]


class SynchronizedLibrary:
    """The functions of a list of operations on so many channels.

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
    """The one `SynchronizedLibrary` with these operations."""
    return SynchronizedLibrary(op_names, channels, strides)


def _pieces(program):
    """The stages before, between and after the norms."""
    pieces = [[]]
    for stage in program:
        if isinstance(stage, ops.BatchNorm):
            pieces.append([])
        else:
            pieces[-1].append(stage)
    return pieces
