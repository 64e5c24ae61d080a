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
      preprocessors: for each input of the cell the stages that prepare it;
        no stages where the cell reads the input as it is. The last input is
        the output of the previous cell; the input before it, if there is one,
        is the output of the cell before that.
      output_channels: number of channels of the cell's output: of all its
        output states together.
      halves: whether the operations on edges that leave the cell's inputs have
        stride 2, so that the cell halves height and width.
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
      head: the stages between the last cell and the global pooling.
      num_classes: length of the logits.
      auxiliary_cell: number of the cell whose output the auxiliary head reads:
        the last one where height and width are halved, or the last of all if
        they never are.
    """

    stem: stems.Stem
    cells: tuple[CellPlan, ...]
    head: ops.Stages
    num_classes: int
    auxiliary_cell: int


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
    skeleton = space.skeleton
    stem = stems.make(
        network.stem, image_channels, network.channels, skeleton.stem_width
    )
    before, previous = stem.channels[-2:] * (1 if stem.halves else 2)
    stack = skeleton.stack(network.cells)
    cells, halved = [], stem.halves
    for position in stack:
        channels = position.width * network.channels
        if skeleton.residual:
            inputs = (_residual_input(previous, channels, position.halves),)
        else:
            inputs = _prepared(before, previous, channels, halved)
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
                position.halves and not skeleton.residual,
            )
        )
        halved = position.halves
    halving = [i for i, position in enumerate(stack) if position.halves]
    return Plan(
        stem,
        tuple(cells),
        (ops.BatchNorm(), ops.relu()) if skeleton.final_norm else (),
        num_classes,
        halving[-1] if halving else len(cells) - 1,
    )


def _prepared(before, previous, channels, halved):
    """What prepares the outputs of the two cells before."""
    first = identity.factorized_reduction if halved else pointwise
    return first(before, channels), pointwise(previous, channels)


def _residual_input(previous, channels, halves) -> ops.Stages:
    """What comes before a cell of a residual network."""
    if halves:
        return residual_block(previous, channels)
    return () if previous == channels else pointwise(previous, channels)


def residual_block(in_channels: int, channels: int) -> ops.Stages:
    """A residual block that halves height and width (He et al., 2016).

    Two 3 x 3 convolutions, each after a ReLU and before a batch norm, to which
    the mean of each 2 x 2 window is added, after a 1 x 1 convolution. It is the
    reduction block of NAS-Bench-201.
    """

    def pool(x):
        return tf.nn.avg_pool2d(x, 2, 2, "SAME")

    convolutions = (
        ops.relu(),
        stems.convolution(3, in_channels, channels, 2),
        ops.BatchNorm(),
        ops.relu(),
        stems.convolution(3, channels, channels),
        ops.BatchNorm(),
    )
    shortcut = (
        ops.Stage(pool, output_shape=shapes.padded(2)),
        stems.convolution(1, in_channels, channels),
    )
    return (ops.Sum((convolutions, shortcut)),)


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
    stack = space.skeleton.stack(network.cells)
    halvings = sum(position.halves for position in stack)
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
