"""Spaces of cells: the edges that a node can keep, and their operations.

Source: section 3.2 of the paper, and equation 2 for the number of choices.
"""

import dataclasses
import functools
import itertools
import math
from collections.abc import Sequence

from ednas_tf.space.skeleton import Skeleton

#: The most nodes that a cell may have, and the most edges that may enter a
#: node: several times the sizes that have been searched anywhere.
MOST_NODES = 16


@dataclasses.dataclass(frozen=True)
class CellSpace:
    """All cells with the same nodes, the same fan-in and the same operations.

    The states of a cell are numbered from 0: first its inputs, then its
    nodes. An edge leads from an earlier state into a node. Edges are numbered
    node by node, and within a node by their source. The edges that an
    architecture keeps fill *slots*, numbered node by node, too: with a fan-in
    of (2, 2) slots 0 and 1 belong to the first node, 2 and 3 to the second.

    Attributes:
      name: the space's name, "convolutional" for instance.
      family: "convolutional" where edges carry operations on images,
        "recurrent" where nodes apply activation functions.
      cell_types: the cells that are searched side by side; each is chosen
        independently of the others.
      num_inputs: number of states that no edge enters.
      fan_in: for each node the number of edges that it keeps; in the paper's
        spaces this is r of equation 2 for every node.
      ops: names of the operations that an edge can carry.
      output: the states that make up the cell's output; empty for all nodes.
        See `output_states`.
      skeleton: how a network stacks the cells; None for recurrent cells, of
        which a network has one.
      most_edges: the most edges that may enter a node of a genotype that names
        this space but was not found by searching it. It is 1 in recurrent
        cells, whose weights belong to a node and not to its edges.
    """

    name: str
    family: str
    cell_types: tuple[str, ...]
    num_inputs: int
    fan_in: tuple[int, ...]
    ops: tuple[str, ...]
    output: tuple[int, ...] = ()
    skeleton: Skeleton | None = None
    most_edges: int = MOST_NODES

    def __post_init__(self):
        self._check_choices()
        if self.skeleton and self.skeleton.residual and self.num_inputs != 1:
            raise ValueError(
                "the cells of a residual network must have one input, found "
                f"{self.num_inputs}"
            )
        nodes = range(self.num_inputs, self.num_states)
        if len(set(self.output)) < len(self.output) or not (
            set(self.output) <= set(nodes)
        ):
            raise ValueError(
                f"the output of a cell must be different nodes in {nodes}, "
                f"found {self.output}"
            )

    def _check_choices(self):
        if not self.ops or len(set(self.ops)) != len(self.ops):
            raise ValueError(
                "expected at least one operation in a space, each only once, "
                f"found {list(self.ops)}"
            )
        states = range(self.num_inputs, self.num_states)
        if not self.fan_in or not all(
            1 <= kept <= before
            for kept, before in zip(self.fan_in, states, strict=True)
        ):
            raise ValueError(
                "expected at least one node in a space, each of which keeps at "
                "least one edge, and at most one from each state before it, "
                f"found {list(self.fan_in)} edges and {self.num_inputs} inputs"
            )

    @property
    def num_nodes(self) -> int:
        return len(self.fan_in)

    @property
    def num_states(self) -> int:
        return self.num_inputs + self.num_nodes

    @property
    def output_states(self) -> tuple[int, ...]:
        """The states that make up the cell's output.

        A convolutional cell concatenates them, a recurrent cell averages them.
        """
        nodes = range(self.num_inputs, self.num_states)
        return self.output or tuple(nodes)

    @property
    def num_slots(self) -> int:
        """The number of edges that an architecture keeps in a cell."""
        return sum(self.fan_in)

    def slots(self, node: int) -> range:
        """Numbers of the slots that hold the edges into `node`."""
        first = sum(self.fan_in[:node])
        return range(first, first + self.fan_in[node])

    def slot_nodes(self) -> tuple[int, ...]:
        """For each slot the number of the node that its edge enters."""
        return tuple(
            node for node, kept in enumerate(self.fan_in) for _ in range(kept)
        )

    def by_node(self, values: Sequence) -> list[list]:
        """Groups a sequence of one value for each slot by nodes."""
        return [
            [values[slot] for slot in self.slots(node)]
            for node in range(self.num_nodes)
        ]

    @property
    def edges(self) -> tuple[tuple[int, int], ...]:
        """(source state, node) of every edge, in the order of the edges."""
        return _edges(self.num_inputs, self.num_nodes)

    def first_edge(self, node: int) -> int:
        """Number of the first edge into `node`: the one from state 0."""
        return self.edges.index((0, node))

    def first_edges(self) -> tuple[int, ...]:
        """For each slot the number of the first edge that enters its node.

        The number of the slot's own edge is this plus its source.
        """
        return tuple(self.first_edge(node) for node in self.slot_nodes())

    def edge_choices(self, node: int) -> tuple[tuple[int, ...], ...]:
        """The combinations of source states that `node` can keep edges from."""
        if not 0 <= node < self.num_nodes:
            raise ValueError(
                f"node must be in [0, {self.num_nodes}), found {node}"
            )
        states = range(self.num_inputs + node)
        return tuple(itertools.combinations(states, self.fan_in[node]))

    def size(self) -> int:
        """Number of different cells of one cell type.

        1.04e9 for the paper's convolutional space (section 3.3.2), 2.64e9 for
        its recurrent one (section 3.3.3).
        """
        structures = math.prod(
            len(self.edge_choices(node)) for node in range(self.num_nodes)
        )
        return structures * len(self.ops) ** self.num_slots


@functools.cache
def _edges(num_inputs, num_nodes):
    return tuple(
        (source, node)
        for node in range(num_nodes)
        for source in range(num_inputs + node)
    )
