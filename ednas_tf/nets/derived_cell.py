"""The cell of a derived network: the edges of one genotype."""

import keras
import tensorflow as tf

from ednas_tf import ops
from ednas_tf.nets.operation_layer import OperationLayer
from ednas_tf.nets.plan import CellPlan
from ednas_tf.ops import identity
from ednas_tf.space.genotype import Cell


class DerivedCell(keras.layers.Layer):
    """Computes one convolutional cell of a genotype.

    Args:
      cell: the cell of the genotype.
      planned: the plan of this cell, one of a network's.
      for_search: whether to normalise as the supernet does.

    Attributes:
      num_drop_edges: number of edges that drop path can drop: all but those
        that carry the identity.
    """

    def __init__(
        self,
        cell: Cell,
        planned: CellPlan,
        for_search: bool = False,
    ):
        super().__init__()
        self.cell = cell
        self.edges, self.can_drop = [], []
        for node in cell.nodes:
            for edge in node:
                stages = ops.stages(
                    edge.op, planned.channels, planned.stride(edge.source)
                )
                self.edges.append(OperationLayer(stages, for_search))
                self.can_drop.append(not identity.is_identity(stages))
        self.num_drop_edges = sum(self.can_drop)

    def call(self, inputs, keep=None, training=False):
        """Computes the cell.

        Args:
          inputs: the input states, [batch, height, width, channels] each.
          keep: [num_drop_edges, batch], factors for the outputs of the edges
            that can be dropped (drop path: Larsson et al., 2017); None: all
            edges are kept.
          training: whether norms use the statistics of the batch, and update
            their moving statistics.

        Returns:
          [batch, height, width, output states * channels]; half the height and
          width in a cell that halves them.
        """
        states = list(inputs)
        edges = iter(zip(self.edges, self.can_drop, strict=True))
        factors = None if keep is None else iter(tf.unstack(keep))
        for node in self.cell.nodes:
            outputs = []
            for edge in node:
                layer, can_drop = next(edges)
                output = layer(states[edge.source], training=training)
                if can_drop and factors:
                    factor = tf.cast(next(factors), output.dtype)
                    output *= factor[:, None, None, None]
                outputs.append(output)
            states.append(tf.add_n(outputs))
        return tf.concat([states[i] for i in self.cell.output], -1)
