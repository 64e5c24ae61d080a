"""Networks of stacked cells (section 3.1, Figure 1).

The supernet and a derived network are the same `CellNetwork`. They differ in
the layer that computes a cell, and in how they normalise.
"""

from collections.abc import Callable

import keras
import tensorflow as tf

from ednas_tf import ops
from ednas_tf.nets.derived_cell import DerivedCell
from ednas_tf.nets.initializer import FanIn
from ednas_tf.nets.operation_layer import OperationLayer
from ednas_tf.nets.plan import CellPlan, Plan, plan
from ednas_tf.nets.shared_cell import SharedCell
from ednas_tf.settings import schema
from ednas_tf.space import cell_space, spaces
from ednas_tf.space.genotype import Genotype


class Classifier(keras.layers.Layer):
    """Global average pooling and one dense layer, in 32 bits.

    Args:
      num_classes: length of the logits.
      stages: stages that run before the pooling.
      for_search: whether their norms use the statistics of the batch, as the
        supernet does.
      name: name of the layer.
    """

    def __init__(
        self,
        num_classes: int,
        stages: ops.Stages = (),
        for_search: bool = False,
        name: str | None = None,
    ):
        super().__init__(name=name)
        with keras.name_scope(self.name):
            self.before = OperationLayer(
                stages, for_search, affine=True, name="features"
            )
        self.dense = keras.layers.Dense(
            num_classes,
            kernel_initializer=FanIn(),
            dtype="float32",
            name="dense",
        )

    def build(self, input_shape):
        for layer in (self.before, self.dense):
            if not layer.built:
                layer.build(input_shape)
            *_, channels = layer.compute_output_shape(input_shape)
            input_shape = (input_shape[0], channels)

    def compute_output_shape(self, input_shape):
        return input_shape[0], self.dense.units

    def call(self, x, training=False):
        """Maps [batch, height, width, channels] to [batch, num_classes]."""
        x = tf.cast(self.before(x, training=training), tf.float32)
        return self.dense(tf.reduce_mean(x, [1, 2]))


class CellNetwork(keras.Model):
    """Stem, stacked cells, global average pooling, one dense layer.

    Args:
      plan: the plan of the network.
      make_cell: makes the layer of a cell from the cell's plan and the name of
        the layer, such as "cell_02_reduction". The layer maps the cell's input
        states to its output.
      for_search: whether to normalise as the supernet does.
      auxiliary: whether there is an auxiliary head, which classifies in
        training, too.

    Attributes:
      num_drop_edges: number of edges of all cells that drop path can drop.
    """

    def __init__(
        self,
        plan: Plan,
        make_cell: Callable[[CellPlan, str], keras.layers.Layer],
        for_search: bool,
        auxiliary: bool = False,
    ):
        super().__init__()
        # The norms of stem and head learn a scale and an offset in the
        # supernet, too.
        self.stem = [
            OperationLayer(part, for_search, affine=True, name=f"stem_{i}")
            for i, part in enumerate(plan.stem.parts)
        ]
        self.cell_types = [cell.cell_type for cell in plan.cells]
        self.cells, self.preprocessors = [], []
        for i, cell in enumerate(plan.cells):
            name = f"cell_{i:02}_{cell.cell_type}"
            self.preprocessors += [
                OperationLayer(stages, for_search, name=f"{name}_input_{j}")
                for j, stages in enumerate(cell.preprocessors)
            ]
            self.cells.append(make_cell(cell, name))
        self.classifier = Classifier(
            plan.num_classes, plan.head, for_search, "classifier"
        )
        self.auxiliary_cell = plan.auxiliary_cell
        self.auxiliary_head = None
        if auxiliary:
            channels = plan.cells[self.auxiliary_cell].output_channels
            self._auxiliary_shape = *[plan.stem.auxiliary_size] * 2, channels
            self.auxiliary_head = Classifier(
                plan.num_classes,
                plan.stem.auxiliary_stages(channels),
                name="auxiliary_head",
            )

    @property
    def num_drop_edges(self) -> int:
        return sum(cell.num_drop_edges for cell in self.cells)

    def call(self, images, architecture=None, keep=None, training=False):
        """Maps standardised images to logits.

        Args:
          images: float32 [batch, height, width, channels].
          architecture: for a supernet, the architecture that it computes.
          keep: for a derived network, factors for the outputs of the edges
            that can be dropped, float32 [num_drop_edges, batch]; None: all
            edges are kept.
          training: whether norms with moving statistics use those of the batch
            instead, and update the moving ones.

        Returns:
          logits, float32 [batch, num_classes]; with an auxiliary head and
          `training`, a pair: the network's logits and the head's.
        """
        auxiliary = training and self.auxiliary_head is not None
        logits = self.both_logits(
            images, architecture, keep, training, auxiliary
        )
        return logits if auxiliary else logits[0]

    def both_logits(self, images, architecture, keep, training, auxiliary):
        """The logits of the network and of the auxiliary head, or None.

        The images may be symbolic: the layers then become nodes of a functional
        model.

        Args:
          images, architecture, keep, training: see `call`.
          auxiliary: whether to compute the auxiliary head.
        """
        states = [images]
        for part in self.stem:
            states.append(part(states[-1], training=training))
        before, previous = states[-2:] if len(states) > 2 else states[-1:] * 2
        head = None
        for i, cell in enumerate(self.cells):
            inputs = [
                prepare(state, training=training)
                for prepare, state in self._prepared(i, before, previous)
            ]
            if architecture:
                output = cell(inputs, architecture[self.cell_types[i]])
            else:
                own, keep = self._split(keep, cell)
                output = cell(inputs, keep=own, training=training)
            before, previous = previous, output
            if auxiliary and i == self.auxiliary_cell:
                head = self.auxiliary_head(output, training=training)
        return self.classifier(previous, training=training), head

    def _prepared(self, cell, *states):
        """Pairs of a preprocessor of a cell and the state that it prepares."""
        count = len(self.preprocessors) // len(self.cells)
        own = self.preprocessors[count * cell : count * (cell + 1)]
        return zip(own, states[-count:], strict=True)

    def _split(self, keep, cell):
        """The first rows of `keep`, which are the cell's, and the others."""
        if keep is None:
            return None, None
        return keep[: cell.num_drop_edges], keep[cell.num_drop_edges :]

    def make_weights(
        self, image_shape: tuple[int, int, int], architecture=None
    ) -> "CellNetwork":
        """Makes all weights; returns the network itself.

        Args:
          image_shape: height, width and number of channels of an image.
          architecture: for a supernet, any architecture of its space.
        """
        if self.auxiliary_head:
            # The call of the network below, which is no training, skips it.
            self.auxiliary_head(tf.zeros([1, *self._auxiliary_shape]))
        self(tf.zeros([1, *image_shape]), architecture=architecture)
        return self


def supernet(
    space: cell_space.CellSpace,
    network: schema.Network,
    image_channels: int,
    num_classes: int,
) -> CellNetwork:
    """The network that holds the weights of every architecture of a space.

    Args:
      space: the space of the cells.
      network: depth, width and stem.
      image_channels: number of channels of an image.
      num_classes: length of the logits.
    """
    outputs = dict.fromkeys(space.cell_types, len(space.output_states))
    return CellNetwork(
        plan(space, network, outputs, image_channels, num_classes),
        lambda planned, name: SharedCell(space, planned, name),
        for_search=True,
    )


def derived_network(
    genotype: Genotype,
    network: schema.Network,
    image_channels: int,
    num_classes: int,
    for_search: bool = False,
    auxiliary: bool = False,
) -> CellNetwork:
    """The network of one genotype, with weights of its own.

    Args:
      genotype: the cells.
      network: depth, width and stem.
      image_channels: number of channels of an image.
      num_classes: length of the logits.
      for_search: whether to normalise as the supernet does, to compare the two.
      auxiliary: whether there is an auxiliary head.
    """
    outputs = {name: len(c.output) for name, c in genotype.cells.items()}
    space = spaces.default(genotype.space)
    return CellNetwork(
        plan(space, network, outputs, image_channels, num_classes),
        lambda planned, name: DerivedCell(
            genotype.cells[planned.cell_type], planned, for_search, name
        ),
        for_search,
        auxiliary,
    )
