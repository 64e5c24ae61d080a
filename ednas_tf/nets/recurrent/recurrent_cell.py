"""Recurrent cells as layers: a supernet's shared cell, and a derived cell.

Both have the same weights, as a matrix belongs to a node and not to an edge,
and both run the loop of `recurrence`. They differ in two ways: a derived cell
knows the source and the activation of each node when the loop is traced, where
a shared cell chooses them in the loop; and a shared cell normalises its states.

In the example of `recurrence` (nodes 1 and 2 read node 0; relu and sigmoid are
numbers 1 and 2 of the operations) a shared cell is called with

    slot        0    1        slot i belongs to node i + 1
    sources     0    0        number of the node that is read
    ops         1    2        node 1 applies relu, node 2 sigmoid

In the loop both choices are a tf.switch_case, which copies all of its branches
into the graph. Unlike the operations on images (see `switching`) a node is so
small that this costs less than one call of a function: a step of the supernet
takes 1.07 times that of a derived cell, but 1.42 to 1.5 times with
StatelessCase, and 1.31 to 1.39 times with states in a TensorArray.
"""

import functools

import keras
import tensorflow as tf

from ednas_tf.nets import switching
from ednas_tf.nets.architectures import Sampled
from ednas_tf.nets.recurrent import recurrence, recurrent_functions
from ednas_tf.space import cell_space
from ednas_tf.space.genotype import Cell

#: Initial weights are uniform in +- this number, as in the authors' code; the
#: paper does not state it.
INITIAL_RANGE = 0.04

#: The activation of node 0, which is not searched.
FIRST_ACTIVATION = "tanh"


class RecurrentCell(keras.layers.Layer):
    """The weights of a recurrent cell, and the loop that runs it.

    Args:
      hidden: length of the hidden state and of a word's embedding.
      num_nodes: number of searched nodes; node 0 is not among them.

    Attributes:
      input_kernel: maps an embedding to its part of (c, g) of node 0, float32
        [hidden, 2 hidden].
      kernels: for each node, node 0 included, the matrix that maps the state
        of its source to (c, g), float32 [hidden, 2 hidden].
    """

    def __init__(self, hidden: int, num_nodes: int):
        super().__init__()
        self.hidden = hidden
        self.input_kernel = self._kernel("input_kernel")
        self.kernels = [
            self._kernel(f"kernel_{i}") for i in range(num_nodes + 1)
        ]

    def _kernel(self, name):
        start = keras.initializers.RandomUniform(-INITIAL_RANGE, INITIAL_RANGE)
        return self.add_weight((self.hidden, 2 * self.hidden), start, name=name)

    def run(self, nodes: recurrence.Nodes, x, h, hidden_mask=None) -> tf.Tensor:
        """Computes the cell for all words of a window.

        Args:
          nodes: the architecture.
          x: embeddings of the words, float32 [steps, batch, hidden].
          h: the hidden state before the first word, float32 [batch, hidden].
          hidden_mask: factors for states where they meet a weight matrix
            (dropout), float32 [batch, hidden]; None for no dropout.

        Returns:
          The hidden state after each word, float32 [steps, batch, hidden].
        """
        # One product for all words.
        x = tf.einsum("tbi,io->tbo", x, self.input_kernel.value)
        # Under a strategy this takes the replica's own copy of each variable.
        kernels = [tf.convert_to_tensor(kernel) for kernel in self.kernels]
        return recurrence.run(nodes, x, h, hidden_mask, kernels)


class SharedRecurrentCell(RecurrentCell):
    """Computes the architecture that it is called with.

    Args:
      space: a space of recurrent cells.
      hidden: length of the hidden state and of a word's embedding.
    """

    def __init__(self, space: cell_space.CellSpace, hidden: int):
        super().__init__(hidden, space.num_nodes)
        self.space = space

    def call(self, x, h, sampled: Sampled, hidden_mask=None):
        """Computes the architecture `sampled`; see `run`."""
        nodes = _SampledNodes(self.space, sampled, self.hidden)
        return self.run(nodes, x, h, hidden_mask)


class DerivedRecurrentCell(RecurrentCell):
    """Computes one architecture.

    Args:
      cell: the cell of a genotype.
      hidden: length of the hidden state and of a word's embedding.
      for_search: whether to normalise states as a supernet does, to compare
        the two.
    """

    def __init__(self, cell: Cell, hidden: int, for_search: bool = False):
        super().__init__(hidden, len(cell.nodes))
        self.cell, self.for_search = cell, for_search

    def call(self, x, h, hidden_mask=None):
        """See `run`."""
        nodes = _DerivedNodes(self.cell, self.hidden, self.for_search)
        return self.run(nodes, x, h, hidden_mask)


class _SampledNodes:
    """`recurrence.Nodes` whose sources and activations are tensors."""

    def __init__(self, space, sampled, hidden):
        self.num_nodes = 1 + space.num_nodes
        self.outputs = space.output_states
        self._sources = tf.unstack(sampled.sources)
        self._ops = tf.unstack(sampled.ops)
        self._first, *self._functions = (
            recurrent_functions.functions(name, hidden, True)
            for name in (FIRST_ACTIVATION, *space.ops)
        )

    def tensors(self, values):
        return _SwitchedTensors(self._sources, values)

    def forward(self, node, *inputs):
        if node == 0:
            return self._first.forward(*inputs)
        return tf.switch_case(
            self._ops[node - 1],
            [
                functools.partial(each.forward, *inputs)
                for each in self._functions
            ],
        )

    def backward(self, node, *inputs):
        if node == 0:
            return self._first.backward(*inputs)
        return tf.switch_case(
            self._ops[node - 1],
            [
                functools.partial(each.backward, *inputs)
                for each in self._functions
            ],
        )


class _ListedTensors:
    """`recurrence.NodeTensors` with sources that are numbers."""

    def __init__(self, sources, values):
        self._sources, self._values = sources, list(values)

    def append(self, value):
        self._values.append(value)

    def of_node(self, node):
        return self._values[node]

    def of_source(self, node):
        return self._values[self._sources[node - 1]]

    def add_to_source(self, node, value):
        self._values[self._sources[node - 1]] += value


class _SwitchedTensors(_ListedTensors):
    """`recurrence.NodeTensors` with sources that are tensors."""

    def of_source(self, node):
        return switching.pick(self._sources[node - 1], self._values[:node])

    def add_to_source(self, node, value):
        self._values[:node] = switching.add(
            self._sources[node - 1], value, self._values[:node]
        )


class _DerivedNodes:
    """`recurrence.Nodes` whose sources and activations are numbers and names.

    Args:
      cell: the cell of a genotype.
      hidden: length of a state.
      normalized: whether states are normalised over the batch.
    """

    def __init__(self, cell, hidden, normalized):
        self.num_nodes = 1 + len(cell.nodes)
        self.outputs = cell.output
        edges = [edge for (edge,) in cell.nodes]
        self._sources = [edge.source for edge in edges]
        self._functions = [
            recurrent_functions.functions(name, hidden, normalized)
            for name in (FIRST_ACTIVATION, *(edge.op for edge in edges))
        ]

    def tensors(self, values):
        return _ListedTensors(self._sources, values)

    def forward(self, node, *inputs):
        return self._functions[node].forward(*inputs)

    def backward(self, node, *inputs):
        return self._functions[node].backward(*inputs)
