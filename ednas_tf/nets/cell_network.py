"""Networks of stacked cells (section 3.1, Figure 1).

The supernet and a derived network are the same network: they differ in how a
cell is made and in how it normalises.
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
from ednas_tf.space import cell_space, genotype, spaces


class Classifier(keras.layers.Layer):
    """Global average pooling and one dense layer, in 32 bits.

    Args:
      num_classes: length of the logits.
      stages: run before the pooling.
    """

    def __init__(self, num_classes: int, stages: ops.Stages = ()):
        super().__init__()
        self.before = OperationLayer(stages)
        self.dense = keras.layers.Dense(
            num_classes, kernel_initializer=FanIn(), dtype="float32"
        )

    def call(self, x, training=False):
        """Maps [batch, height, width, channels] to [batch, num_classes]."""
        x = tf.cast(self.before(x, training=training), tf.float32)
        return self.dense(tf.reduce_mean(x, [1, 2]))


class CellNetwork(keras.Model):
    """Stem, stacked cells, global average pooling, one dense layer.

    Args:
      plan: what it is made of.
      make_cell: maps the plan of a cell to a layer that maps its inputs to
        its output.
      for_search: normalise as the supernet does.
      auxiliary: whether an auxiliary head classifies, too, in training.

    Attributes:
      num_drop_edges: edges whose output can be dropped, in all cells.
    """

    def __init__(
        self,
        plan: Plan,
        make_cell: Callable[[CellPlan], keras.layers.Layer],
        for_search: bool,
        auxiliary: bool = False,
    ):
        super().__init__()
        # The stem's norm is affine in the supernet, too.
        self.stem = [
            OperationLayer(part, for_search, affine=True)
            for part in plan.stem.parts
        ]
        self.cell_types = [cell.cell_type for cell in plan.cells]
        self.cells, self.preprocessors = [], []
        for cell in plan.cells:
            self.preprocessors += [
                OperationLayer(stages, for_search)
                for stages in cell.preprocessors
            ]
            self.cells.append(make_cell(cell))
        self.classifier = Classifier(plan.num_classes)
        self.auxiliary_cell = plan.auxiliary_cell
        self.auxiliary_head = None
        if auxiliary:
            channels = plan.cells[self.auxiliary_cell].output_channels
            self._auxiliary_shape = *[plan.stem.auxiliary_size] * 2, channels
            self.auxiliary_head = Classifier(
                plan.num_classes, plan.stem.auxiliary_stages(channels)
            )

    @property
    def num_drop_edges(self) -> int:
        return sum(cell.num_drop_edges for cell in self.cells)

    def call(self, images, architecture=None, keep=None, training=False):
        """Maps standardised images to logits.

        Args:
          images: float32 [batch, height, width, channels].
          architecture: the architecture, for a supernet.
          keep: float32 [num_drop_edges, batch], what the outputs of those
            edges are multiplied by; for a derived network.
          training: whether moving statistics are updated, where there are any.

        Returns:
          logits, float32 [batch, num_classes]. In the training of a network
          with an auxiliary head: these, and the head's.
        """
        states = [images]
        for part in self.stem:
            states.append(part(states[-1], training=training))
        before, previous = states[-2:] if len(states) > 2 else states[-1:] * 2
        auxiliary = None
        for i, cell in enumerate(self.cells):
            inputs = [
                prepare(state, training=training)
                for prepare, state in self._prepared(i, before, previous)
            ]
            if architecture:
                output = cell(inputs, architecture[self.cell_types[i]])
            else:
                mine, keep = self._split(keep, cell)
                output = cell(inputs, keep=mine, training=training)
            before, previous = previous, output
            if training and self.auxiliary_head and i == self.auxiliary_cell:
                auxiliary = self.auxiliary_head(output, training=True)
        logits = self.classifier(previous)
        return logits if auxiliary is None else (logits, auxiliary)

    def _prepared(self, cell, *states):
        """Pairs of a preprocessor and the state that it prepares for a cell."""
        count = len(self.preprocessors) // len(self.cells)
        own = self.preprocessors[count * cell : count * (cell + 1)]
        return zip(own, states[-count:], strict=True)

    def _split(self, keep, cell):
        if keep is None:
            return None, None
        return keep[: cell.num_drop_edges], keep[cell.num_drop_edges :]

    def make_weights(
        self, image_shape: tuple[int, int, int], architecture=None
    ) -> "CellNetwork":
        """Makes all weights, for images of a shape; returns itself."""
        if self.auxiliary_head:
            # Not called outside of training.
            self.auxiliary_head(tf.zeros([1, *self._auxiliary_shape]))
        self(tf.zeros([1, *image_shape]), architecture=architecture)
        return self


def supernet(
    space: cell_space.CellSpace,
    network: schema.Network,
    image_channels: int,
    num_classes: int,
) -> CellNetwork:
    """The network that holds the weights of every architecture of `space`."""
    outputs = dict.fromkeys(space.cell_types, len(space.output_states))
    return CellNetwork(
        plan(space, network, outputs, image_channels, num_classes),
        lambda planned: SharedCell(space, planned),
        for_search=True,
    )


def derived_network(
    described: genotype.Genotype,
    network: schema.Network,
    image_channels: int,
    num_classes: int,
    for_search: bool = False,
    auxiliary: bool = False,
) -> CellNetwork:
    """The network of one genotype, with weights of its own.

    Args:
      for_search: normalise as the supernet does, to compare the two.
      auxiliary: whether it has an auxiliary head.
    """
    outputs = {name: len(c.output) for name, c in described.cells.items()}
    space = spaces.default(described.space)
    return CellNetwork(
        plan(space, network, outputs, image_channels, num_classes),
        lambda planned: DerivedCell(
            described.cells[planned.cell_type], planned, for_search
        ),
        for_search,
        auxiliary,
    )
