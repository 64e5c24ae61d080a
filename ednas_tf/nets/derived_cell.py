"""The cell of a derived network: one genotype's edges, weights of its own."""

import keras
import tensorflow as tf

from ednas_tf import ops
from ednas_tf.nets.operation_layer import OperationLayer
from ednas_tf.space import genotype

NUM_INPUTS = 2


class DerivedCell(keras.layers.Layer):
    """Computes one convolutional cell.

    Args:
      cell: the cell's part of a genotype.
      channels: of each node.
      reduction: whether the edges that leave the cell's inputs halve the
        image.
      for_search: normalise as the supernet does.
    """

    def __init__(
        self,
        cell: genotype.Cell,
        channels: int,
        reduction: bool,
        for_search: bool = False,
    ):
        super().__init__()
        self.cell = cell
        self.edges = []
        for node in cell.nodes:
            for edge in node:
                stride = 2 if reduction and edge.source < NUM_INPUTS else 1
                stages = ops.stages(edge.op, channels, stride)
                self.edges.append(OperationLayer(stages, for_search))

    def call(self, inputs, selection=None, training=False):
        """Maps the two input states to the concatenated output states."""
        states, layers = list(inputs), iter(self.edges)
        for node in self.cell.nodes:
            outputs = [
                next(layers)(states[edge.source], training=training)
                for edge in node
            ]
            states.append(tf.add_n(outputs))
        return tf.concat([states[i] for i in self.cell.output], -1)
