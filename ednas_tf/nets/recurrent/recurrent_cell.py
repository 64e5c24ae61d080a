"""Recurrent cells as layers: the shared one of a supernet, a derived one.

Both hold the same weights, since a matrix belongs to a node and not to an
edge, and run the same loop; they differ in how a node's input and activation
are chosen, and in that the states of a supernet are normalised.
"""

import functools

import keras
import tensorflow as tf

from ednas_tf.nets import switching
from ednas_tf.nets.architectures import Sampled
from ednas_tf.nets.recurrent import recurrence, recurrent_functions
from ednas_tf.space import cell_space, genotype

#: Weights start uniform in +- this (section 4.3.1 leaves it to the code).
INITIAL_RANGE = 0.04

#: Of the fixed node.
FIRST_ACTIVATION = "tanh"


class RecurrentCell(keras.layers.Layer):
    """The weights of a cell with so many nodes, and the loop over them.

    Args:
      hidden: length of words' embeddings and of the hidden state.
      num_nodes: without the fixed one.
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

    def run(self, chosen: recurrence.Cell, x, h, hidden_mask=None) -> tf.Tensor:
        """Runs a cell over a window of words.

        Args:
          chosen: an architecture.
          x: embeddings, float32 [steps, batch, hidden].
          h: the hidden state before, float32 [batch, hidden].
          hidden_mask: what states are multiplied by before a weight matrix,
            float32 [batch, hidden]; None: by nothing.

        Returns:
          The hidden state after each step, float32 [steps, batch, hidden].
        """
        # Of all words at once: a single product.
        x = tf.einsum("tbi,io->tbo", x, self.input_kernel.value)
        # Of a strategy's variable, this replica's.
        kernels = [tf.convert_to_tensor(kernel) for kernel in self.kernels]
        return recurrence.run(chosen, x, h, hidden_mask, kernels)


class SharedRecurrentCell(RecurrentCell):
    """Runs whichever architecture of a space it is handed.

    Args:
      space: a space of recurrent cells.
      hidden: length of words' embeddings and of the hidden state.
    """

    def __init__(self, space: cell_space.CellSpace, hidden: int):
        super().__init__(hidden, space.num_nodes)
        self.space = space

    def call(self, x, h, sampled: Sampled, hidden_mask=None):
        """See `run`; of the sampled architecture `sampled`."""
        chosen = _Sampled(self.space, sampled, self.hidden)
        return self.run(chosen, x, h, hidden_mask)


class DerivedRecurrentCell(RecurrentCell):
    """Runs one architecture.

    Args:
      cell: its description.
      hidden: length of words' embeddings and of the hidden state.
      for_search: normalise as a supernet does, to compare the two.
    """

    def __init__(
        self, cell: genotype.Cell, hidden: int, for_search: bool = False
    ):
        super().__init__(hidden, len(cell.nodes))
        self.cell, self.for_search = cell, for_search

    def call(self, x, h, hidden_mask=None):
        """See `run`."""
        chosen = _Fixed(self.cell, self.hidden, self.for_search)
        return self.run(chosen, x, h, hidden_mask)


class _Sampled:
    """An architecture that is known when it is run. For `recurrence.run`."""

    def __init__(self, space, sampled, hidden):
        self.num_nodes = 1 + space.num_nodes
        self.outputs = space.output_states
        self._sources = tf.unstack(sampled.sources)
        self._ops = tf.unstack(sampled.ops)
        self._first, *self._functions = (
            recurrent_functions.functions(name, hidden, True)
            for name in (FIRST_ACTIVATION, *space.ops)
        )

    def holder(self, values):
        return _Switched(self._sources, values)

    def forward(self, node, *inputs):
        if node == 0:
            return self._first.forward(*inputs)
        # Unlike those of `cases.case`, the functions are so small that they
        # cost less when TensorFlow copies all of them into the loop's graph.
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


class _List:
    """The `recurrence.Holder` of sources that are numbers."""

    def __init__(self, sources, values):
        self._sources, self._values = sources, list(values)

    def append(self, value):
        self._values.append(value)

    def own(self, node):
        return self._values[node]

    def of_input(self, node):
        return self._values[self._sources[node - 1]]

    def add_to_input(self, node, value):
        self._values[self._sources[node - 1]] += value


class _Switched(_List):
    """The `recurrence.Holder` of sources that are tensors."""

    def of_input(self, node):
        return switching.pick(self._sources[node - 1], self._values[:node])

    def add_to_input(self, node, value):
        self._values[:node] = switching.add(
            self._sources[node - 1], value, self._values[:node]
        )


class _Fixed:
    """An architecture that is known beforehand. For `recurrence.run`."""

    def __init__(self, cell, hidden, normalized):
        self.num_nodes = 1 + len(cell.nodes)
        self.outputs = cell.output
        edges = [edge for (edge,) in cell.nodes]
        self._sources = [edge.source for edge in edges]
        self._functions = [
            recurrent_functions.functions(name, hidden, normalized)
            for name in (FIRST_ACTIVATION, *(edge.op for edge in edges))
        ]

    def holder(self, values):
        return _List(self._sources, values)

    def forward(self, node, *inputs):
        return self._functions[node].forward(*inputs)

    def backward(self, node, *inputs):
        return self._functions[node].backward(*inputs)
