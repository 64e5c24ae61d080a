"""Skeletons: how a network stacks the cells of a space.

A skeleton maps the number of cells in the settings to the positions of the
stack, from the first cell to the last.
"""

import dataclasses
from collections.abc import Callable


@dataclasses.dataclass(frozen=True)
class Position:
    """One cell of the stack.

    Attributes:
      cell_type: which of the space's cells it is.
      width: number of channels of its nodes, as a multiple of the number of
        channels of the first cell's nodes.
      halves: whether the edges that leave the cell's inputs have a stride of
        2, so that the output has half the height and width.
    """

    cell_type: str
    width: int = 1
    halves: bool = False


#: Number of cells -> the positions of the stack.
Skeleton = Callable[[int], tuple[Position, ...]]


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
