"""Skeletons: how a network stacks the cells of a space."""

import dataclasses
from collections.abc import Callable


@dataclasses.dataclass(frozen=True)
class Position:
    """One cell of the stack.

    Attributes:
      cell_type: which of the space's cells it is.
      width: number of channels of its nodes, as a multiple of the number of
        channels of the first cell's nodes.
      halves: whether height and width are halved here.
    """

    cell_type: str
    width: int = 1
    halves: bool = False


@dataclasses.dataclass(frozen=True)
class Skeleton:
    """What a network is besides its cells.

    Attributes:
      stack: number of cells -> the positions of all cells, from the first to
        the last.
      residual: how cells read their inputs, and where height and width are
        halved. False: a ReLU, a 1 x 1 convolution and a batch norm come before
        each input of a cell, and in a cell that halves, the edges that leave
        its inputs have stride 2 (section 3.1). True: a cell, which has one
        input, reads the output of the cell before as it is; a residual block
        comes before a cell that halves.
      stem_width: number of channels of the CIFAR stem's output, as a multiple
        of the number of channels of the first cell's nodes.
      final_norm: whether a batch norm and a ReLU follow the last cell.
    """

    stack: Callable[[int], tuple[Position, ...]]
    residual: bool = False
    stem_width: int = 3
    final_norm: bool = False


def three_stages(cells: int) -> tuple[Position, ...]:
    """Stacks normal cells in three stages of equal length.

    The second and the third stage begin with half the height and width of the
    stage before, and with twice its channels. If the cells cannot be shared
    out evenly, earlier stages are longer.

    Args:
      cells: number of cells.
    """
    stack, last = [], 0
    for i in range(cells):
        stage = 3 * i // cells
        stack.append(Position("normal", 2**stage, halves=stage > last))
        last = stage
    return tuple(stack)


def normal_and_reduction(cells: int) -> tuple[Position, ...]:
    """Stacks normal cells and two reduction cells, which double the channels.

    The reduction cells stand at cells // 3 and 2 * cells // 3 (section 3.1,
    Figure 1).

    Args:
      cells: number of cells, the reduction cells included.
    """
    reductions, width, stack = (cells // 3, 2 * cells // 3), 1, []
    for i in range(cells):
        halves = i in reductions
        width *= 2 if halves else 1
        cell_type = "reduction" if halves else "normal"
        stack.append(Position(cell_type, width, halves))
    return tuple(stack)
