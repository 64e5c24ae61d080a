"""The plan of a network: its stages, before any weight is made.

`cell_network` builds the network of a plan, `counting` counts it.
"""

import dataclasses
from collections.abc import Mapping

from ednas_tf import errors, ops
from ednas_tf.lazy import tf
from ednas_tf.nets import stem as stems
from ednas_tf.ops import identity, shapes
from ednas_tf.settings import schema
from ednas_tf.space.cell_space import CellSpace


@dataclasses.dataclass(frozen=True)
class CellPlan:
    """One cell of the stack.

    Attributes:
      cell_type: which cell of the space it is, such as "normal".
      channels: number of channels of each node.
      preprocessors: for each input of the cell the stages that prepare it.
        The last input is the output of the previous cell; the input before
        it, if there is one, is the output of the cell before that.
      output_channels: number of channels of the cell's output: of all its
        output states together.
      halves: whether the cell halves height and width.
    """

    cell_type: str
    channels: int
    preprocessors: tuple[ops.Stages, ...]
    output_channels: int
    halves: bool

    def stride(self, source: int) -> int:
        """Stride of the operations on edges that leave the state `source`."""
        return 2 if self.halves and source < len(self.preprocessors) else 1


@dataclasses.dataclass(frozen=True)
class Plan:
    """A network of stacked cells (section 3.1, Figure 1).

    Attributes:
      stem: the stages before the first cell.
      cells: the plans of the cells, from the first to the last.
      num_classes: length of the logits.
    """

    stem: stems.Stem
    cells: tuple[CellPlan, ...]
    num_classes: int

    @property
    def auxiliary_cell(self) -> int:
        """Number of the cell whose output the auxiliary head reads.

        It is the last one that halves height and width, or the last of all if
        none does.
        """
        halving = [i for i, cell in enumerate(self.cells) if cell.halves]
        return halving[-1] if halving else len(self.cells) - 1


def plan(
    space: CellSpace,
    network: schema.Network,
    output_multiplier: Mapping[str, int],
    image_channels: int,
    num_classes: int,
) -> Plan:
    """Plans a network.

    Args:
      space: the space of the cells, whose skeleton stacks them.
      network: depth, width and stem of the network.
      output_multiplier: cell type -> number of states in a cell's output.
      image_channels: number of channels of an image.
      num_classes: length of the logits.
    """
    stem = stems.make(network.stem, image_channels, network.channels)
    before, previous = stem.channels[-2:] * (1 if stem.halves else 2)
    cells, halved = [], stem.halves
    for position in space.skeleton(network.cells):
        channels = position.width * network.channels
        first = (identity.factorized_reduction if halved else pointwise)(
            before, channels
        )
        inputs = first, pointwise(previous, channels)
        before, previous = (
            previous,
            output_multiplier[position.cell_type] * channels,
        )
        cells.append(
            CellPlan(
                position.cell_type,
                channels,
                inputs[-space.num_inputs :],
                previous,
                position.halves,
            )
        )
        halved = position.halves
    return Plan(stem, tuple(cells), num_classes)


def pointwise(in_channels: int, channels: int) -> ops.Stages:
    """ReLU, 1 x 1 convolution and batch norm, which prepare a cell's input."""

    def forward(x, kernel):
        return tf.nn.conv2d(x, kernel, 1, "SAME")

    shape = (1, 1, in_channels, channels)
    convolution = ops.Stage(
        forward, (shape,), output_shape=shapes.padded(1, channels)
    )
    return (ops.relu(), convolution, ops.BatchNorm())


def check_size(
    where: str,
    space: CellSpace,
    network: schema.Network,
    image_shape: tuple[int, int, int],
    auxiliary: bool = False,
) -> None:
    """Checks that a network can be built, and that the images are large enough.

    Args:
      where: the section of the settings, to name in errors.
      space: the space of the cells.
      network: depth, width and stem of the network.
      image_shape: height, width and number of channels of an image.
      auxiliary: whether there is an auxiliary head.

    Raises:
      RequestError: it cannot be built, or the images are too small.
    """
    if not (network.cells and network.channels):
        raise errors.RequestError(
            f"{where}.network: expected cells and channels above 0, because "
            "they are chosen automatically only where images are read, found "
            f"{network.cells} and {network.channels}"
        )
    stem = stems.make(network.stem, image_shape[2], network.channels)
    halvings = sum(cell.halves for cell in space.skeleton(network.cells))
    smallest = 2**halvings * stem.stride
    side = min(image_shape[:2])
    found = f"found {image_shape[0]} x {image_shape[1]}"
    if side < smallest:
        raise errors.RequestError(
            f"{where}.network.stem={network.stem}: expected images of at least "
            f"{smallest} x {smallest} pixels for this stem and "
            f"{halvings} reductions, {found}; choose another stem or "
            "larger images"
        )
    needed = smallest * (stem.auxiliary_size - 1) + 1
    if auxiliary and side < needed:
        raise errors.RequestError(
            f"{where}.auxiliary_weight: expected images of at least {needed} x "
            f"{needed} pixels for an auxiliary head, {found}; set it to 0"
        )
