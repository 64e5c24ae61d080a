"""The cell of a derived network: one genotype's edges, weights of its own."""

import keras
import tensorflow as tf

from ednas_tf import ops
from ednas_tf.nets.operation_layer import OperationLayer
from ednas_tf.nets.plan import CellPlan
from ednas_tf.ops import identity
from ednas_tf.space import genotype


class DerivedCell(keras.layers.Layer):
    """Computes one convolutional cell.

    Args:
      cell: the cell's part of a genotype.
      planned: the cell's place in the network.
      for_search: whether to normalise as the supernet does.

    Attributes:
      num_drop_edges: edges whose output can be dropped: all but identities.
    """

    def __init__(
        self,
        cell: genotype.Cell,
        planned: CellPlan,
        for_search: bool = False,
    ):
        super().__init__()
        self.cell = cell
        self.edges, self.drops = [], []
        for node in cell.nodes:
            for edge in node:
                stages = ops.stages(
                    edge.op, planned.channels, planned.stride(edge.source)
                )
                self.edges.append(OperationLayer(stages, for_search))
                self.drops.append(not identity.is_identity(stages))
        self.num_drop_edges = sum(self.drops)

    def call(self, inputs, keep=None, training=False):
        """Maps the input states to the concatenated output states.

        Args:
          inputs: the states 0, 1, ..., [batch, height, width, channels] each.
          keep: [num_drop_edges, batch], what the outputs of these edges are
            multiplied by (drop path: Larsson et al., 2017); by default 1.
          training: whether moving statistics are updated.
        """
        states = list(inputs)
        edges = iter(zip(self.edges, self.drops, strict=True))
        factors = None if keep is None else iter(tf.unstack(keep))
        for node in self.cell.nodes:
            outputs = []
            for edge in node:
                layer, drops = next(edges)
                output = layer(states[edge.source], training=training)
                if drops and factors:
                    factor = tf.cast(next(factors), output.dtype)
                    output *= factor[:, None, None, None]
                outputs.append(output)
            states.append(tf.add_n(outputs))
        return tf.concat([states[i] for i in self.cell.output], -1)
