"""A recurrent cell that reads a window of words, as one compiled loop.

Each node i reads one earlier state s, its source, and computes

    (c, g) = (mask * s) W_i                    gate and candidate
    y_i = s + sigmoid(c) * (f_i(g) - s)        f_i: the node's activation

Node 0 is not searched: its source is the hidden state h, its f is tanh, and
x_t, the word's embedding times another matrix, is added to its (c, g). A
supernet then normalises each y_i over the batch. The mean of the output nodes
is the next hidden state.

An example, with two searched nodes that both read node 0:

    h[t-1] ---> node 0 ---> node 1, f = relu -----> + ---> h[t]
                  ^   \                             |
                 x[t]  `--> node 2, f = sigmoid --> +

    x         [steps, batch, 2 hidden]     made of all words by one product
    W_0..W_2  [hidden, 2 hidden] each
    h, y_i    [batch, hidden]              c and g together: [batch, 2 hidden]

The forward loop runs from the first word to the last. For each node it keeps y,
(c, g) and the factor of the normalisation, of all steps. The backward loop runs
from the last word to the first, and in each step from node 2 to node 0:

    gradient of h[t] = dy[t] + what step t + 1 handed back
    gradients of y_1 and y_2 = half of it each; of y_0: zeros at first
    node 2:  ds, d(c, g) from the gradient of y_2; ds is added to that of y_0
    node 1:  the same from the gradient of y_1
    node 0:  the same from the gradient of y_0; its ds goes to step t - 1

The backward loop is written out because TensorFlow's own gradient of a loop
computes, in every step, the step's part of the gradient of each W_i, and adds
these parts up. Here the loop only keeps the two factors of the part, and one
product of all steps follows:

    gradient of W_i = [steps * batch, hidden]^T [steps * batch, 2 hidden]

With TensorFlow's gradient it takes 1.4 times as long (8 searched nodes, hidden
300, 64 texts, 35 words). The number of steps is a tensor, so that windows of
any length run the same loop.
"""

from typing import Protocol

import tensorflow as tf


class Nodes(Protocol):
    """The nodes of one architecture, which `run` computes.

    Sources and activations may be known when the loop is traced (a derived
    cell) or only when it runs (a supernet).

    Attributes:
      num_nodes: number of nodes, node 0 included.
      outputs: numbers of the nodes whose mean is the hidden state.
    """

    num_nodes: int
    outputs: tuple[int, ...]

    def tensors(self, values: list[tf.Tensor]) -> "NodeTensors":
        """Makes `NodeTensors` with values for the first nodes."""

    def forward(self, node: int, s, pre) -> tuple[tf.Tensor, tf.Tensor]:
        """`recurrent_functions.Functions.forward` for the node's activation."""

    def backward(self, node: int, dy, s, pre, y, scale):
        """`recurrent_functions.Functions.backward` for this activation."""


class NodeTensors(Protocol):
    """One tensor [batch, hidden] for each node: its state, or its gradient.

    Which node is the source of another one may be known only at run time.
    """

    def append(self, value: tf.Tensor) -> None:
        """Adds the tensor of the next node."""

    def of_node(self, node: int) -> tf.Tensor:
        """Returns the tensor of `node`."""

    def of_source(self, node: int) -> tf.Tensor:
        """Returns the tensor of the source of `node`."""

    def add_to_source(self, node: int, value: tf.Tensor) -> None:
        """Adds `value` to the tensor of the source of `node`."""


def run(
    nodes: Nodes,
    x: tf.Tensor,
    h: tf.Tensor,
    mask: tf.Tensor | None,
    kernels: list[tf.Tensor],
) -> tf.Tensor:
    """Computes a cell for all words of a window.

    Args:
      nodes: the cell's architecture.
      x: the words' part of (c, g) of node 0, float32 [steps, batch, 2 hidden].
      h: the hidden state before the first word, float32 [batch, hidden].
      mask: factors for states where they meet a weight matrix (dropout),
        float32 [batch, hidden], the same in all steps; None for no dropout.
      kernels: the matrix W of each node, float32 [hidden, 2 hidden].

    Returns:
      The hidden state after each word, float32 [steps, batch, hidden].
    """
    if mask is not None:
        mask = tf.stop_gradient(mask)

    @tf.custom_gradient
    def run(x, h, *kernels):
        # Without this, a tape around the network would record the loop, and
        # TensorFlow would make a gradient of it besides ours.
        x, h, *kernels = map(tf.stop_gradient, (x, h, *kernels))
        outputs, tape = _forward(nodes, x, h, mask, kernels)

        def gradient(dy):
            return _backward(nodes, dy, x, h, mask, kernels, outputs, tape)

        return outputs, gradient

    return run(x, h, *kernels)


def _forward(nodes: Nodes, x, h, mask, kernels):
    """Runs the forward loop.

    Returns:
      The hidden states, [steps, batch, hidden]; and the tape: for each node
      TensorArrays over the steps with y, (c, g) and the factor of the
      normalisation.
    """
    steps = tf.shape(x)[0]
    batch, hidden = h.shape

    def body(t, h, outputs, tape):
        states, tape = nodes.tensors([]), list(tape)
        for node in range(nodes.num_nodes):
            s = states.of_source(node) if node else h
            pre = tf.matmul(_masked(s, mask), kernels[node])
            if node == 0:
                pre += x[t]
            y, scale = nodes.forward(node, s, pre)
            y.set_shape([batch, hidden])
            states.append(y)
            tape[node] = tuple(
                array.write(t, value)
                for array, value in zip(
                    tape[node], (y, pre, scale), strict=True
                )
            )
        h = tf.add_n(map(states.of_node, nodes.outputs)) / len(nodes.outputs)
        return t + 1, h, outputs.write(t, h), tape

    arrays = [
        (_array(steps, h.shape), _array(steps, [batch, 2 * hidden]))
        + (_array(steps, [hidden]),)
        for _ in range(nodes.num_nodes)
    ]
    *_, outputs, tape = tf.while_loop(
        lambda t, *_: t < steps, body, (0, h, _array(steps, h.shape), arrays)
    )
    outputs = outputs.stack()
    outputs.set_shape([*x.shape[:2], hidden])
    return outputs, tape


def _backward(nodes: Nodes, dy, x, h, mask, kernels, outputs, tape):
    """Runs the backward loop.

    Returns:
      The gradients with respect to x, to h and to each kernel.
    """
    steps = tf.shape(x)[0]
    batch, hidden = h.shape
    before = tf.concat([h[tf.newaxis], outputs[:-1]], 0)

    def body(t, dh, factors, dpres):
        factors, dpres = list(factors), list(dpres)
        dh += dy[t]
        states, pres, scales = zip(
            *([array.read(t) for array in arrays] for arrays in tape),
            strict=True,
        )
        sources = nodes.tensors(states)
        gradients = nodes.tensors(_output_gradients(nodes, dh))
        for node in reversed(range(nodes.num_nodes)):
            s = sources.of_source(node) if node else before[t]
            ds, dpre = nodes.backward(
                *(node, gradients.of_node(node), s, pres[node]),
                *(states[node], scales[node]),
            )
            ds += _masked(
                tf.matmul(dpre, kernels[node], transpose_b=True), mask
            )
            ds.set_shape([batch, hidden])
            factors[node] = factors[node].write(t, _masked(s, mask))
            dpres[node] = dpres[node].write(t, dpre)
            if node:
                gradients.add_to_source(node, ds)
        return t - 1, ds, factors, dpres

    numbers = range(nodes.num_nodes)
    factors = [_array(steps, h.shape) for _ in numbers]
    dpres = [_array(steps, [batch, 2 * hidden]) for _ in numbers]
    _, dh, factors, dpres = tf.while_loop(
        lambda t, *_: t >= 0,
        body,
        (steps - 1, tf.zeros_like(h), factors, dpres),
    )
    dpres = [array.stack() for array in dpres]
    dkernels = [
        tf.matmul(
            tf.reshape(array.stack(), [-1, hidden]),
            tf.reshape(dpre, [-1, 2 * hidden]),
            transpose_a=True,
        )
        for array, dpre in zip(factors, dpres, strict=True)
    ]
    return tf.ensure_shape(dpres[0], x.shape), dh, *dkernels


def _output_gradients(nodes: Nodes, dh) -> list[tf.Tensor]:
    """What the gradient of the hidden state adds to that of each node."""
    share, zeros = dh / len(nodes.outputs), tf.zeros_like(dh)
    return [
        share if node in nodes.outputs else zeros
        for node in range(nodes.num_nodes)
    ]


def _masked(s, mask):
    return s if mask is None else s * mask


def _array(steps, shape) -> tf.TensorArray:
    """An empty TensorArray for one tensor of `shape` in each step."""
    return tf.TensorArray(
        tf.float32, steps, element_shape=shape, clear_after_read=False
    )
