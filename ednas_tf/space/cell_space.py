"""Spaces of cells: which edges may enter a node, which operations an edge.

Source: section 3.2 of the paper, and equation 2 for the number of choices.
"""

import dataclasses
import functools
import itertools
import math

#: The seven operations of section 3.2, under the names of the literature.
CONVOLUTIONAL_OPS = (
    "max_pool_3x3",
    "avg_pool_3x3",
    "skip_connect",
    "sep_conv_3x3",
    "sep_conv_5x5",
    "dil_conv_3x3",
    "dil_conv_5x5",
)

#: The four activation functions of section 3.2.
RECURRENT_OPS = ("tanh", "relu", "sigmoid", "identity")

#: Nodes of a cell, and edges into a node, at most: several times what has been
#: searched anywhere.
MOST_NODES = 16


@dataclasses.dataclass(frozen=True)
class CellSpace:
    """All cells with the same nodes, number of kept edges and operations.

    The states of a cell are numbered from 0: first its inputs, then its
    nodes. An edge leads from an earlier state into a node. Edges are numbered
    node by node, and within a node by their source.

    Attributes:
      name: the family of cells, "convolutional" for instance.
      cell_types: the cells that are searched side by side; each has its own
        policy vectors.
      num_inputs: states that no edge enters.
      num_nodes: searched nodes.
      edges_per_node: r of equation 2, the edges that a node keeps.
      ops: names of the operations that an edge can carry.
      most_edges: into a node of a cell that no search of this space found, at
        most. 1 in recurrent cells, where a node's weights are its own and not
        its edges'.
    """

    name: str
    cell_types: tuple[str, ...]
    num_inputs: int
    num_nodes: int
    edges_per_node: int
    ops: tuple[str, ...]
    most_edges: int = MOST_NODES

    def __post_init__(self):
        if not self.ops or len(set(self.ops)) != len(self.ops):
            raise ValueError(
                "a space needs at least one operation and each only once, "
                f"found {list(self.ops)}"
            )
        if self.num_nodes < 1 or not (
            1 <= self.edges_per_node <= self.num_inputs
        ):
            raise ValueError(
                "a space needs at least one node, and a first node with as "
                f"many states before it as it keeps edges, found {self}"
            )

    @property
    def num_states(self) -> int:
        return self.num_inputs + self.num_nodes

    @property
    def edges(self) -> tuple[tuple[int, int], ...]:
        """(source state, node) of every edge, in the order of the edges."""
        return _edges(self.num_inputs, self.num_nodes)

    def first_edge(self, node: int) -> int:
        """Number of the first edge that enters `node`."""
        return self.edges.index((0, node))

    def edge_choices(self, node: int) -> tuple[tuple[int, ...], ...]:
        """The combinations of source states that `node` can keep."""
        if not 0 <= node < self.num_nodes:
            raise ValueError(
                f"node must be in [0, {self.num_nodes}), found {node}"
            )
        states = range(self.num_inputs + node)
        return tuple(itertools.combinations(states, self.edges_per_node))

    def size(self) -> int:
        """Number of different cells of one cell type.

        1.04e9 for the paper's convolutional space (section 3.3.2), 2.64e9 for
        its recurrent one (section 3.3.3).
        """
        structures = math.prod(
            len(self.edge_choices(node)) for node in range(self.num_nodes)
        )
        kept = self.num_nodes * self.edges_per_node
        return structures * len(self.ops) ** kept


@functools.cache
def _edges(num_inputs, num_nodes):
    return tuple(
        (source, node)
        for node in range(num_nodes)
        for source in range(num_inputs + node)
    )


def convolutional_space(
    num_nodes: int = 4, ops: tuple[str, ...] = CONVOLUTIONAL_OPS
) -> CellSpace:
    """Normal and reduction cells with two inputs and two edges a node."""
    return CellSpace(
        name="convolutional",
        cell_types=("normal", "reduction"),
        num_inputs=2,
        num_nodes=num_nodes,
        edges_per_node=2,
        ops=tuple(ops),
    )


def recurrent_space(
    num_nodes: int = 8, ops: tuple[str, ...] = RECURRENT_OPS
) -> CellSpace:
    """One cell with one edge a node.

    State 0 is the first hidden node, in which the word and the hidden state of
    the step before meet in a fixed way; all others are searched.
    """
    return CellSpace(
        name="recurrent",
        cell_types=("recurrent",),
        num_inputs=1,
        num_nodes=num_nodes,
        edges_per_node=1,
        ops=tuple(ops),
        most_edges=1,
    )


#: Name -> the space of the paper: the families of cells that there are.
SPACES = {
    space.name: space for space in (convolutional_space(), recurrent_space())
}
