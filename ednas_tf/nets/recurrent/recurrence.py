"""The steps of a recurrent cell over a window of words, as one compiled loop.

Node i with input s_j computes s_i = s_j + sigmoid(c) (f(g) - s_j) of
(c, g) = (m s_j) W_i, m being the mask of what is dropped. Node 0, the fixed
one, has the hidden state for an input and tanh for f, and the word's part
x_t W is added to its (c, g). The mean of the output nodes is the next hidden
state. In a supernet every s_i is normalised over the batch.

The gradient is written out: the backward loop keeps what every weight matrix
has met, and each matrix then gets its gradient of all steps by one product,
where TensorFlow's own gradient of a loop takes and adds one a step.
"""

from typing import Protocol

import tensorflow as tf


class Cell(Protocol):
    """Which nodes there are, and what they take and compute.

    Attributes:
      num_nodes: the fixed node included.
      outputs: numbers of the nodes whose mean is the hidden state.
    """

    num_nodes: int
    outputs: tuple[int, ...]

    def holder(self, values: list[tf.Tensor]) -> "Holder":
        """Holds a tensor [batch, hidden] a node, for the first nodes."""

    def forward(self, node: int, s, pre) -> tuple[tf.Tensor, tf.Tensor]:
        """See `recurrent_functions.forward`; of the node's activation."""

    def backward(self, node: int, dy, s, pre, y, scale):
        """See `recurrent_functions.backward`; of the node's activation."""


class Holder(Protocol):
    """A tensor for each node, of which one may only be known at run time."""

    def append(self, value: tf.Tensor) -> None:
        """Holds `value` for the next node."""

    def own(self, node: int) -> tf.Tensor:
        """That of `node`."""

    def of_input(self, node: int) -> tf.Tensor:
        """That of the node which is the input of `node`."""

    def add_to_input(self, node: int, value: tf.Tensor) -> None:
        """Adds to that of the node which is the input of `node`."""


def run(
    cell: Cell,
    x: tf.Tensor,
    h: tf.Tensor,
    mask: tf.Tensor | None,
    kernels: list[tf.Tensor],
) -> tf.Tensor:
    """Runs a cell over the words of a window.

    Args:
      cell: what is run.
      x: the words' part of (c, g) of node 0, float32 [steps, batch, 2 hidden].
      h: the hidden state before, float32 [batch, hidden].
      mask: what states are multiplied by before a weight matrix, float32
        [batch, hidden]; None: by nothing.
      kernels: W of each node, float32 [hidden, 2 hidden].

    Returns:
      The hidden state after each step, float32 [steps, batch, hidden].
    """
    if mask is not None:
        mask = tf.stop_gradient(mask)

    @tf.custom_gradient
    def run(x, h, *kernels):
        # An outer tape that recorded the loop would compute a gradient, too.
        x, h, *kernels = map(tf.stop_gradient, (x, h, *kernels))
        outputs, tape = _forward(cell, x, h, mask, kernels)

        def gradient(dy):
            return _backward(cell, dy, x, h, mask, kernels, outputs, tape)

        return outputs, gradient

    return run(x, h, *kernels)


def _forward(cell, x, h, mask, kernels):
    """The outputs; of every node its states, (c, g) and scales, over time."""
    steps = tf.shape(x)[0]
    batch, hidden = h.shape

    def body(t, h, outputs, tape):
        states, tape = cell.holder([]), list(tape)
        for node in range(cell.num_nodes):
            s = states.of_input(node) if node else h
            pre = tf.matmul(_masked(s, mask), kernels[node])
            if node == 0:
                pre += x[t]
            y, scale = cell.forward(node, s, pre)
            y.set_shape([batch, hidden])
            states.append(y)
            tape[node] = tuple(
                array.write(t, value)
                for array, value in zip(
                    tape[node], (y, pre, scale), strict=True
                )
            )
        h = tf.add_n(map(states.own, cell.outputs)) / len(cell.outputs)
        return t + 1, h, outputs.write(t, h), tape

    arrays = [
        (_array(steps, h.shape), _array(steps, [batch, 2 * hidden]))
        + (_array(steps, [hidden]),)
        for _ in range(cell.num_nodes)
    ]
    *_, outputs, tape = tf.while_loop(
        lambda t, *_: t < steps, body, (0, h, _array(steps, h.shape), arrays)
    )
    outputs = outputs.stack()
    outputs.set_shape([*x.shape[:2], hidden])
    return outputs, tape


def _backward(cell, dy, x, h, mask, kernels, outputs, tape):
    steps = tf.shape(x)[0]
    batch, hidden = h.shape
    before = tf.concat([h[tf.newaxis], outputs[:-1]], 0)

    def body(t, dh, met, dpres):
        met, dpres = list(met), list(dpres)
        dh += dy[t]
        states, pres, scales = zip(
            *([array.read(t) for array in arrays] for arrays in tape),
            strict=True,
        )
        held = cell.holder(states)
        gradients = cell.holder(_of_outputs(cell, dh))
        for node in reversed(range(cell.num_nodes)):
            s = held.of_input(node) if node else before[t]
            ds, dpre = cell.backward(
                *(node, gradients.own(node), s, pres[node]),
                *(states[node], scales[node]),
            )
            ds += _masked(
                tf.matmul(dpre, kernels[node], transpose_b=True), mask
            )
            ds.set_shape([batch, hidden])
            met[node] = met[node].write(t, _masked(s, mask))
            dpres[node] = dpres[node].write(t, dpre)
            if node:
                gradients.add_to_input(node, ds)
        return t - 1, ds, met, dpres

    nodes = range(cell.num_nodes)
    met = [_array(steps, h.shape) for _ in nodes]
    dpres = [_array(steps, [batch, 2 * hidden]) for _ in nodes]
    _, dh, met, dpres = tf.while_loop(
        lambda t, *_: t >= 0,
        body,
        (steps - 1, tf.zeros_like(h), met, dpres),
    )
    dpres = [array.stack() for array in dpres]
    dkernels = [
        tf.matmul(
            tf.reshape(array.stack(), [-1, hidden]),
            tf.reshape(dpre, [-1, 2 * hidden]),
            transpose_a=True,
        )
        for array, dpre in zip(met, dpres, strict=True)
    ]
    return tf.ensure_shape(dpres[0], x.shape), dh, *dkernels


def _of_outputs(cell, dh):
    """The gradients of all nodes as far as they make up the hidden state."""
    share = dh / len(cell.outputs)
    none = tf.zeros_like(dh)
    return [share if i in cell.outputs else none for i in range(cell.num_nodes)]


def _masked(s, mask):
    return s if mask is None else s * mask


def _array(steps, shape):
    return tf.TensorArray(
        tf.float32, steps, element_shape=shape, clear_after_read=False
    )
