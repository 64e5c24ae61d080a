"""Operations as compiled functions, for several replicas.

What `function_library` is for one replica, with batch norms over the batches
of all replicas together: an update is then that of one device with the whole
batch. Replicas cannot meet inside of a Case, so an operation is cut after
what precedes each norm, and they meet between two Cases:

  forward k   (x or y_(k-1), moments_(k-1), row) -> y_k, its own moments_k
  backward k  (gradient at norm k's output, its means; ...) -> the same for
              norm k - 1, gradient of the piece's weights

with y_k what goes into norm k (or comes out of the operation), k from 0. A
backward runs its piece's forward again instead of saving what is inside.
"""

import functools

import tensorflow as tf

from ednas_tf import ops, replicas
from ednas_tf.nets import batch_norm
from ednas_tf.nets.cases import case, trace
from ednas_tf.nets.function_library import row_size, unpack

_ANY = tf.TensorSpec(None, tf.float32)
_PAIRS = tf.TensorSpec([2, None], tf.float32)


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
        self.row_length = max(map(row_size, programs))
        self._num_pieces = max(len(_pieces(p)) for p in programs)
        image = tf.TensorSpec([None, None, None, channels], tf.float32)
        row = tf.TensorSpec([self.row_length], tf.float32)
        self._forwards, self._backwards = [], []
        shapes = [image.shape] * len(programs)
        for k in range(self._num_pieces):
            specs = [_ANY if k else image, _PAIRS, row]
            forwards = [
                trace(_forward(k, program, shape), *specs)
                for program, shape in zip(programs, shapes, strict=True)
            ]
            before = shapes
            shapes = [f.structured_outputs[0].shape for f in forwards]
            specs = [_ANY, _ANY, _PAIRS, _PAIRS, *specs]
            backwards = [
                trace(_backward(k, program, *both), *specs)
                for program, *both in zip(programs, before, shapes, strict=True)
            ]
            self._forwards.append(forwards)
            self._backwards.append(backwards)

    def run(self, branch: tf.Tensor, x: tf.Tensor, row: tf.Tensor):
        """See `FunctionLibrary.run`."""
        tape, y, moments = [], x, tf.zeros([2, 0])
        for forwards in self._forwards:
            y, moments = case(branch, [y, moments, row], forwards, 2)
            moments = replicas.mean(moments)
            tape.append((y, moments))
        return y, tape

    def run_backward(self, branch, dy, x, row, saved, so_far):
        """See `FunctionLibrary.run_backward`."""
        means = tf.zeros([2, 0])
        sources = [(x, tf.zeros([2, 0])), *saved[:-1]]
        row_gradients = []
        for k in reversed(range(self._num_pieces)):
            inputs = [dy, *saved[k], means, *sources[k], row]
            dy, means, row_gradient = case(
                branch, inputs, self._backwards[k], 3
            )
            means = replicas.mean(means)
            row_gradients.insert(0, row_gradient)
        return so_far + dy, tf.concat(row_gradients, 0)


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


def _piece(k, program, source, moments, row):
    """Runs piece k; returns what it was given normalised, weights, y."""
    pieces = _pieces(program)
    if k >= len(pieces):
        return source, [], tf.identity(source)
    x = batch_norm.normalize(source, moments) if k else source
    weights = unpack(program, row)
    before = sum(map(len, pieces[:k]))
    weights = weights[before : before + len(pieces[k])]
    y = tf.identity(x)
    for stage, own in zip(pieces[k], weights, strict=True):
        y = stage.forward(y, *own)
    return x, sum(weights, []), y


def _forward(k, program, source_shape):
    def body(source, moments, row):
        source = tf.ensure_shape(source, source_shape)
        *_, y = _piece(k, program, source, moments, row)
        if k + 1 < len(_pieces(program)):
            return [y, batch_norm.moments(y)]
        return [y, tf.zeros([2, 0])]

    return body


def _backward(k, program, source_shape, shape):
    def body(dy, y, own_moments, means, source, moments, row):
        num_pieces = len(_pieces(program))
        y, dy = (tf.ensure_shape(tensor, shape) for tensor in (y, dy))
        source = tf.ensure_shape(source, source_shape)
        if k + 1 < num_pieces:
            dy = batch_norm.normalize_gradient(dy, y, own_moments, means)
        x, weights, output = _piece(k, program, source, moments, row)
        dx, *at_weights = tf.gradients(
            output, [x, *weights], dy, unconnected_gradients="zero"
        )
        flat = [tf.reshape(gradient, [-1]) for gradient in at_weights]
        row_gradient = tf.concat([tf.zeros([0]), *flat], 0)
        if 0 < k < num_pieces:
            return [dx, batch_norm.gradient_means(dx, x), row_gradient]
        return [dx, tf.zeros([2, 0]), row_gradient]

    return body
