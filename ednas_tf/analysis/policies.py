"""What a search preferred, sampled and earned in each of its epochs."""

import dataclasses
import functools
from collections.abc import Mapping

import numpy as np

from ednas_tf.analysis import history_names, shares
from ednas_tf.space.cell_space import CellSpace

#: Arrays that every history has; see `Policies` for their shapes.
COUNTS, REWARDS = "epoch/counts", "epoch/rewards"
ARCHITECTURES = "epoch/architectures"
#: An array that a history has if its searcher compares rewards with one.
BASELINE = "baseline"

#: How the names of arrays begin that a history has if its searcher reports
#: effects of choices, and their standard errors.
EFFECTS = "effects", "effect_errors"

#: Kinds of choices: which inputs a node has, which operation an edge has.
INPUTS, OPERATIONS = "inputs", "operations"


@dataclasses.dataclass(frozen=True, eq=False)
class Vector:
    """The probabilities of one choice of the search, epoch by epoch.

    Attributes:
      cell_type: the cell that the choice belongs to.
      kind: `INPUTS` or `OPERATIONS`.
      place: "node 3" or "edge 0->3". The numbers are those of states, which
        are counted from the cell's inputs on.
      choices: the alternatives: "0, 2" for the two inputs of a node, or names
        of operations.
      probabilities: [epochs + 1, choices]; row 0 is the state before the
        first epoch. Shares of what was sampled if the searcher reports no
        probabilities, see `Policies`.
      effects, effect_errors: [epochs + 1, choices], by how much the searcher
        believes that a choice raises the reward, compared with its
        alternatives on average, and the standard error of that; None if the
        searcher reports no effects.
    """

    cell_type: str
    kind: str
    place: str
    choices: tuple[str, ...]
    probabilities: np.ndarray
    effects: np.ndarray | None = None
    effect_errors: np.ndarray | None = None

    @property
    def name(self) -> str:
        return f"{self.cell_type} {self.place}"


class Policies:
    """How likely each choice was in every epoch, what was sampled and earned.

    A searcher without probabilities is described by what it sampled instead:
    the shares of an epoch's judged architectures that made each choice. These
    are nan for the operations on an edge that none of them kept, and equal in
    row 0.

    Args:
      space: the space that is searched.
      arrays: the arrays of the history, by name; see docs/report.md.

    Attributes:
      has_probabilities: whether the searcher reports how likely each choice
        is.
      has_effects: whether it reports what it believes each choice to be worth.
      baseline: [epochs + 1], what the searcher compares rewards with; None if
        it has none.
      counts: [epochs, 2, cell types, edges, operations], how often each
        operation stood on each edge in child steps and in policy steps.
      rewards: [epochs, evaluations].
      architectures: int8 [epochs, evaluations, cell types, 2, slots], the
        sources and then the operations of the architecture that earned each
        reward.
    """

    def __init__(self, space: CellSpace, arrays: Mapping[str, np.ndarray]):
        self.space = space
        self.arrays = arrays
        self.has_probabilities = has_probabilities(arrays)
        self.has_effects = has_effects(arrays)
        self.baseline = arrays.get(BASELINE)
        self.counts = arrays[COUNTS]
        self.rewards = arrays[REWARDS]
        self.architectures = arrays[ARCHITECTURES]

    @property
    def epochs(self) -> int:
        """The number of epochs that are done."""
        return len(self.counts)

    @property
    def draws_independently(self) -> bool:
        """Whether the architectures of an epoch are independent draws.

        A searcher draws from the probabilities that it reports, which hardly
        change within an epoch. One that reports none, or that reports effects,
        chooses each architecture by what earlier ones earned.
        """
        return self.has_probabilities and not self.has_effects

    @property
    def first_row(self) -> int:
        """The first row of `structure` and `operations` that was observed.

        Row 0 holds only assumed, equal shares if there are no probabilities.
        """
        return 0 if self.has_probabilities else 1

    @property
    def chooses_inputs(self) -> bool:
        """Whether any node of a cell can have different inputs."""
        nodes = range(self.space.num_nodes)
        return any(len(self.space.edge_choices(node)) > 1 for node in nodes)

    @functools.cached_property
    def _probabilities(self) -> Mapping[str, np.ndarray]:
        if self.has_probabilities:
            return self.arrays
        return shares.sampled_shares(
            self.space, self.counts, self.architectures
        )

    def structure(self, cell_type: str, node: int) -> np.ndarray:
        """Probabilities of a node's inputs: [epochs + 1, choices of edges]."""
        name = history_names.structure(cell_type, node, self.space)
        return self._probabilities[f"probabilities/{name}"]

    def operations(self, cell_type: str) -> np.ndarray:
        """Probabilities of operations: [epochs + 1, edges, operations]."""
        name = history_names.operations(cell_type)
        return self._probabilities[f"probabilities/{name}"]

    def kept(self, cell_type: str) -> np.ndarray:
        """The probability that a node keeps an edge: [epochs + 1, edges]."""
        edges = np.zeros((self.epochs + 1, len(self.space.edges)))
        for node in range(self.space.num_nodes):
            first = self.space.first_edge(node)
            values = self.structure(cell_type, node)
            for i, sources in enumerate(self.space.edge_choices(node)):
                for source in sources:
                    edges[:, first + source] += values[:, i]
        return edges

    def vectors(self, cell_type: str = "", kind: str = "") -> list[Vector]:
        """The vectors of a cell and kind, by default of all.

        Those of a cell stand together, the inputs of its nodes first.
        """
        return [
            vector
            for vector in self._vectors
            if cell_type in ("", vector.cell_type) and kind in ("", vector.kind)
        ]

    @functools.cached_property
    def _vectors(self) -> list[Vector]:
        space, found = self.space, []
        for cell_type in space.cell_types:
            for node in range(space.num_nodes):
                choices = tuple(
                    ", ".join(map(str, sources))
                    for sources in space.edge_choices(node)
                )
                values = self.structure(cell_type, node)
                place = f"node {space.num_inputs + node}"
                believed = self._believed(
                    history_names.structure(cell_type, node, space)
                )
                found.append(
                    Vector(cell_type, INPUTS, place, choices, values, *believed)
                )
            believed = self._believed(history_names.operations(cell_type))
            for edge in range(len(space.edges)):
                values = self.operations(cell_type)[:, edge]
                place = f"edge {edge_name(space, edge)}"
                own = (array[:, edge] for array in believed)
                found.append(
                    Vector(
                        cell_type, OPERATIONS, place, space.ops, values, *own
                    )
                )
        return found

    def _believed(self, name):
        """The arrays of effects and their errors; none if there are none."""
        if not self.has_effects:
            return []
        return [self.arrays[f"{kind}/{name}"] for kind in EFFECTS]


def edge_name(space: CellSpace, edge: int) -> str:
    """ "0->3" for the edge with this number from state 0 to state 3."""
    return history_names.edge(space, edge)


def has_probabilities(arrays: Mapping[str, object]) -> bool:
    """Whether a history's searcher reports how likely each choice is."""
    return any(name.startswith("probabilities/") for name in arrays)


def has_effects(arrays: Mapping[str, object]) -> bool:
    """Whether it reports what it believes each choice to be worth."""
    return any(name.startswith(EFFECTS) for name in arrays)
