"""The plan of a network: what it is made of, before any weight is made.

`cell_network` builds it, `counting` counts it.
"""

import dataclasses
from collections.abc import Mapping

import tensorflow as tf

from ednas_tf import errors, ops
from ednas_tf.nets import stem as stems
from ednas_tf.ops import identity
from ednas_tf.settings import schema

#: States of a cell that no edge enters.
NUM_INPUTS = 2
_NUM_REDUCTIONS = 2


@dataclasses.dataclass(frozen=True)
class CellPlan:
    """One cell of the stack.

    Attributes:
      cell_type: "normal" or "reduction".
      channels: of each node.
      preprocessors: stages that prepare the inputs 0 and 1.
      output_channels: of the nodes in the output together.
    """

    cell_type: str
    channels: int
    preprocessors: tuple[ops.Stages, ops.Stages]
    output_channels: int


@dataclasses.dataclass(frozen=True)
class Plan:
    """A network of stacked cells (section 3.1, Figure 1).

    Attributes:
      stem: what comes before the cells.
      cells: the stack.
      num_classes: length of the logits.
    """

    stem: stems.Stem
    cells: tuple[CellPlan, ...]
    num_classes: int

    @property
    def auxiliary_cell(self) -> int:
        """The cell whose output the auxiliary head gets: the last reduction."""
        return _reductions(len(self.cells))[-1]


def plan(
    network: schema.Network,
    output_multiplier: Mapping[str, int],
    image_channels: int,
    num_classes: int,
) -> Plan:
    """Plans a network.

    Reduction cells stand at cells // 3 and 2 * cells // 3 and double the
    channels.

    Args:
      network: its depth, width and stem.
      output_multiplier: cell type -> states in a cell's output.
      image_channels: of the images.
      num_classes: length of the logits.
    """
    channels = network.channels
    stem = stems.make(network.stem, image_channels, channels)
    before, previous = stem.channels[-2:] * (1 if stem.halves else 2)
    cells, halved = [], stem.halves
    for i in range(network.cells):
        reduction = i in _reductions(network.cells)
        cell_type = "reduction" if reduction else "normal"
        channels *= 2 if reduction else 1
        first = (identity.factorized_reduction if halved else pointwise)(
            before, channels
        )
        before, previous = previous, output_multiplier[cell_type] * channels
        cells.append(
            CellPlan(
                cell_type,
                channels,
                (first, pointwise(before, channels)),
                previous,
            )
        )
        halved = reduction
    return Plan(stem, tuple(cells), num_classes)


def _reductions(cells):
    return cells // 3, 2 * cells // 3


def pointwise(in_channels: int, channels: int) -> ops.Stages:
    """ReLU, 1 x 1 convolution, batch norm: how a cell's input is prepared."""

    def forward(x, kernel):
        return tf.nn.conv2d(x, kernel, 1, "SAME")

    shape = (1, 1, in_channels, channels)
    return (ops.relu(), ops.Stage(forward, (shape,)), ops.BatchNorm())


def stride(cell_type: str, source: int) -> int:
    """Of the operations on edges that leave the state `source`."""
    return 2 if cell_type == "reduction" and source < NUM_INPUTS else 1


def check_size(
    where: str,
    network: schema.Network,
    image_shape: tuple[int, int, int],
    auxiliary: bool = False,
) -> None:
    """Raises `RequestError` if there is no such network for such images.

    Args:
      where: the section of the settings, for the error.
      network: depth, width and stem.
      image_shape: height, width and channels.
      auxiliary: whether it has an auxiliary head.
    """
    if not (network.cells and network.channels):
        raise errors.RequestError(
            f"{where}.network: expected cells and channels above 0, as no "
            f"images are read to choose them for, found {network.cells} and "
            f"{network.channels}"
        )
    stem = stems.make(network.stem, image_shape[2], network.channels)
    smallest = 2**_NUM_REDUCTIONS * stem.stride
    side = min(image_shape[:2])
    found = f"found {image_shape[0]} x {image_shape[1]}"
    if side < smallest:
        raise errors.RequestError(
            f"{where}.network.stem={network.stem}: expected images of at least "
            f"{smallest} x {smallest} pixels for the stem and "
            f"{_NUM_REDUCTIONS} reductions, {found}; choose another stem or "
            "larger images"
        )
    needed = smallest * (stem.auxiliary_size - 1) + 1
    if auxiliary and side < needed:
        raise errors.RequestError(
            f"{where}.auxiliary_weight: expected images of at least {needed} x "
            f"{needed} pixels for an auxiliary head, {found}; set it to 0"
        )
