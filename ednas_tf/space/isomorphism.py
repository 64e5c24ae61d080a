"""Which genotypes describe the same network.

Two nodes that do not read each other can change places. The states that later
nodes and the output read then have other numbers, and the genotype is another
one, but the network is the same up to the order of its channels.
"""

import hashlib

from ednas_tf.space.cell_space import CellSpace
from ednas_tf.space.genotype import Cell, Genotype


def key(space: CellSpace, genotype: Genotype) -> str:
    """A text that is the same for all genotypes of the same network.

    Nodes that the output does not depend on do not count.

    Args:
      space: the space that the genotype belongs to.
      genotype: the genotype.
    """
    cells = sorted(genotype.cells.items())
    return _digest(
        " ".join(f"{name} {_cell_key(space, cell)}" for name, cell in cells)
    )


def _cell_key(space: CellSpace, cell: Cell) -> str:
    states = [f"input {i}" for i in range(space.num_inputs)]
    for node in cell.nodes:
        edges = sorted(f"{edge.op} {states[edge.source]}" for edge in node)
        states.append(_digest(" + ".join(edges)))
    return ", ".join(sorted(states[i] for i in cell.output))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
