"""Networks of stacked cells (section 3.1, Figure 1).

The supernet and a derived network are the same network: they differ in how a
cell is made and in how it normalises.
"""

from collections.abc import Callable

import keras
import tensorflow as tf

from ednas_tf import ops
from ednas_tf.nets.batch_norm import BatchNorm
from ednas_tf.nets.derived_cell import DerivedCell
from ednas_tf.nets.operation_layer import OperationLayer
from ednas_tf.nets.shared_cell import SharedCell
from ednas_tf.space import cell_space, genotype

#: Channels of the CIFAR stem, as multiples of those of the first cell.
STEM_MULTIPLIER = 3


class CellNetwork(keras.Model):
    """Stem, stacked cells, global average pooling, one dense layer.

    Reduction cells stand at num_cells // 3 and 2 * num_cells // 3 and double
    the channels.

    Args:
      make_cell: (cell type, channels) -> a layer that maps two states.
      output_multiplier: cell type -> states in a cell's output.
      num_classes: length of the logits.
      num_cells: cells in the stack.
      channels: of a node of the first cells.
      for_search: normalise as the supernet does.
    """

    def __init__(
        self,
        make_cell: Callable[[str, int], keras.layers.Layer],
        output_multiplier: dict[str, int],
        num_classes: int,
        num_cells: int,
        channels: int,
        for_search: bool,
    ):
        super().__init__()
        stem = STEM_MULTIPLIER * channels
        self.stem = keras.layers.Conv2D(
            stem,
            3,
            padding="same",
            use_bias=False,
            kernel_initializer=ops.FanIn(),
        )
        self.stem_norm = BatchNorm(moving=not for_search)
        self.cell_types, self.cells = [], []
        self.preprocessors = []
        previous, before, halved = stem, stem, False
        for i in range(num_cells):
            reduction = i in (num_cells // 3, 2 * num_cells // 3)
            cell_type = "reduction" if reduction else "normal"
            channels *= 2 if reduction else 1
            self.preprocessors += [
                OperationLayer(stages, for_search)
                for stages in (
                    ops.identity.factorized_reduction(before, channels)
                    if halved
                    else pointwise(before, channels),
                    pointwise(previous, channels),
                )
            ]
            self.cell_types.append(cell_type)
            self.cells.append(make_cell(cell_type, channels))
            before = previous
            previous = output_multiplier[cell_type] * channels
            halved = reduction
        self.classifier = keras.layers.Dense(
            num_classes, kernel_initializer=ops.FanIn()
        )

    def call(self, images, selections=None, training=False):
        """Maps standardised images to logits.

        Args:
          images: float32 [batch, height, width, channels].
          selections: the architecture, for a supernet.
          training: whether moving statistics are updated, where there are any.

        Returns:
          logits, float32 [batch, num_classes].
        """
        before = previous = self.stem_norm(self.stem(images), training=training)
        for i, (cell_type, cell) in enumerate(
            zip(self.cell_types, self.cells, strict=True)
        ):
            inputs = [
                layer(x, training=training)
                for layer, x in zip(
                    self.preprocessors[2 * i : 2 * i + 2],
                    (before, previous),
                    strict=True,
                )
            ]
            selection = selections[cell_type] if selections else None
            output = cell(inputs, selection=selection, training=training)
            before, previous = previous, output
        return self.classifier(tf.reduce_mean(previous, [1, 2]))


def pointwise(in_channels: int, channels: int) -> list:
    """ReLU, 1 x 1 convolution, batch norm: how a cell's input is prepared."""

    def forward(x, kernel):
        return tf.nn.conv2d(x, kernel, 1, "SAME")

    shape = (1, 1, in_channels, channels)
    return [ops.relu(), ops.Stage(forward, (shape,)), ops.BatchNorm()]


def supernet(
    space: cell_space.CellSpace, num_classes: int, num_cells: int, channels: int
) -> CellNetwork:
    """The network that holds the weights of every architecture of `space`."""
    return CellNetwork(
        lambda cell_type, channels: SharedCell(
            space, channels, cell_type == "reduction"
        ),
        dict.fromkeys(space.cell_types, space.num_nodes),
        num_classes,
        num_cells,
        channels,
        for_search=True,
    )


def derived_network(
    described: genotype.Genotype,
    num_classes: int,
    num_cells: int,
    channels: int,
    for_search: bool = False,
) -> CellNetwork:
    """The network of one genotype, with weights of its own.

    Args:
      for_search: normalise as the supernet does, to compare the two.
    """
    return CellNetwork(
        lambda cell_type, channels: DerivedCell(
            described.cells[cell_type],
            channels,
            cell_type == "reduction",
            for_search,
        ),
        {name: len(cell.output) for name, cell in described.cells.items()},
        num_classes,
        num_cells,
        channels,
        for_search,
    )
