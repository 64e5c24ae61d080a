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
      name: name of the layer.

    Attributes:
      edges: the layers of the edges. Their names say to which node an edge
        leads, its number among the node's edges, its operation, and the state
        from which it comes: "node_2_0_sep_conv_3x3_from_1".
      num_drop_edges: number of edges that drop path can drop: all but those
        that carry the identity.
      drop_path: a layer that draws `keep` in training where it is not given
        (`models.drop_path.DropPath`), or None.
    """

    def __init__(
        self,
        cell: Cell,
        planned: CellPlan,
        for_search: bool = False,
        name: str | None = None,
    ):
        super().__init__(name=name)
        self.cell = cell
        self.output_channels = planned.output_channels
        self.drop_path = None
        self.edges, self.can_drop = [], []
        # States are numbered from the cell's inputs on.
        for state, node in enumerate(cell.nodes, len(planned.preprocessors)):
            for i, edge in enumerate(node):
                stages = ops.stages(
                    edge.op, planned.channels, planned.stride(edge.source)
                )
                edge_name = f"node_{state}_{i}_{edge.op}_from_{edge.source}"
                with keras.name_scope(self.name):
                    layer = OperationLayer(stages, for_search, name=edge_name)
                self.edges.append(layer)
                self.can_drop.append(not identity.is_identity(stages))
        self.num_drop_edges = sum(self.can_drop)

    @property
    def layers(self) -> list[keras.layers.Layer]:
        """The layers of the edges, which a summary shows as nested."""
        return list(self.edges)

    def build(self, input_shape):
        """Makes the weights of the edges.

        Args:
          input_shape: the shapes of the input states.
        """
        states = [tuple(shape) for shape in input_shape]
        edges = iter(self.edges)
        for node in self.cell.nodes:
            for edge in node:
                layer = next(edges)
                if not layer.built:
                    layer.build(states[edge.source])
                output = layer.compute_output_shape(states[edge.source])
            states.append(output)

    def compute_output_shape(self, input_shape):
        """The shape of the output, found without tracing the cell."""
        edge = self.cell.nodes[0][0]
        shape = self.edges[0].compute_output_shape(input_shape[edge.source])
        return (*shape[:3], self.output_channels)

    def call(self, inputs, keep=None, training=False):
        """Computes the cell.

        Args:
          inputs: the input states, [batch, height, width, channels] each.
          keep: [num_drop_edges, batch], factors for the outputs of the edges
            that can be dropped (drop path: Larsson et al., 2017); None: all
            edges are kept, unless there is a `drop_path`.
          training: whether norms use the statistics of the batch, and update
            their moving statistics.

        Returns:
          [batch, height, width, output states * channels]; half the height and
          width in a cell that halves them.
        """
        states = list(inputs)
        if keep is None and training and self.drop_path:
            batch = tf.shape(states[0])[0]
            keep = self.drop_path.draw(self.num_drop_edges, batch)
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
