"""Which genotypes describe the same network.

Two nodes that do not read each other can change places. The states that later
nodes and the output read then have other numbers, and the genotype is another
one, but the network is the same up to the order of its channels.

Edges that carry nothing are other genotypes of the same network, too: those
with the operation `none`, and all that read a node without any other edge. A
node that copies one state and has no other edge is this state.
"""

import hashlib

from ednas_tf.space.cell_space import CellSpace
from ednas_tf.space.genotype import Cell, Genotype

#: The operation whose output is zero, and the one that copies where an edge
#: does not halve the image.
_NONE, _COPY = "none", "skip_connect"
#: The cells some of whose edges halve it.
_HALVING = "reduction"
_ZERO = "zero"


def key(space: CellSpace, genotype: Genotype) -> str:
    """A text that is the same for all genotypes of the same network.

    Nodes that the output does not depend on do not count. Of operations on
    zeros, a network that is trained to the end still learns the offsets; they
    do not count, either.

    Args:
      space: the space that the genotype belongs to.
      genotype: the genotype.
    """
    cells = sorted(genotype.cells.items())
    return _digest(
        " ".join(
            f"{name} {_cell_key(space, cell, name != _HALVING)}"
            for name, cell in cells
        )
    )


def _cell_key(space: CellSpace, cell: Cell, copies: bool) -> str:
    states = [f"input {i}" for i in range(space.num_inputs)]
    needed, computed = _needed(space, cell), 0
    for number, node in enumerate(cell.nodes, space.num_inputs):
        edges = sorted(
            (edge.op, states[edge.source])
            for edge in node
            if edge.op != _NONE and states[edge.source] != _ZERO
        )
        if not edges or number not in needed:
            states.append(_ZERO)
        elif copies and [op for op, _ in edges] == [_COPY]:
            states.append(edges[0][1])
        else:
            states.append(_digest(" + ".join(map(" ".join, edges))))
            computed += 1
    # A node that is read twice is not two nodes with weights of their own.
    outputs = sorted(states[i] for i in cell.output)
    return f"{', '.join(outputs)} of {computed}"


def _needed(space, cell) -> set[int]:
    """The states that the output depends on."""
    needed = set(cell.output)
    for number, node in reversed([*enumerate(cell.nodes, space.num_inputs)]):
        if number in needed:
            needed |= {edge.source for edge in node if edge.op != _NONE}
    return needed


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
