"""The policies of a search over its epochs, under names a person reads."""

import dataclasses
from collections.abc import Mapping

import numpy as np

from ednas_tf import errors
from ednas_tf.space.cell_space import CellSpace

#: Arrays that every history has beside the probabilities.
COUNTS, REWARDS, BASELINE = "epoch/counts", "epoch/rewards", "baseline"
#: int8 [epochs, evaluations, cell types, 2, slots]: sources, then operations,
#: of the architecture that earned each of the rewards.
ARCHITECTURES = "epoch/architectures"
_OPERATIONS = "probabilities/operations/"


@dataclasses.dataclass(frozen=True)
class Vector:
    """One policy vector, after the softmax, over the epochs.

    Attributes:
      cell_type: of its cell.
      place: "node 3", or "edge 0→3": the state it belongs to, states being
        numbered from the cell's inputs on.
      node: number of the node, from 0, that it is of, or whose edge it is of.
      choices: what it chooses from: "0, 2" for the two inputs of a node, or
        names of operations.
      probabilities: [epochs + 1, choices]; row 0 is what it started from.
    """

    cell_type: str
    place: str
    node: int
    choices: tuple[str, ...]
    probabilities: np.ndarray

    @property
    def name(self) -> str:
        return f"{self.cell_type} {self.place}"


class Policies:
    """All policy vectors of a search, and what was sampled and earned.

    Args:
      space: that is searched.
      arrays: of the history, by name; see docs/report.md.

    Attributes:
      baseline: [epochs + 1].
      counts: [epochs, 2 (child and policy steps), cell types, edges, ops].
      rewards: [epochs, policy steps].
      architectures: see `ARCHITECTURES`; None in a history that lacks them.
    """

    def __init__(self, space: CellSpace, arrays: Mapping[str, np.ndarray]):
        self.space = space
        self.arrays = arrays
        self.baseline = arrays[BASELINE]
        self.counts = arrays[COUNTS]
        self.rewards = arrays[REWARDS]
        self.architectures = arrays.get(ARCHITECTURES)

    @property
    def epochs(self) -> int:
        """Epochs done."""
        return len(self.counts)

    def structure(self, cell_type: str, node: int) -> np.ndarray:
        """[epochs + 1, choices of edges] of a node."""
        return self.arrays[f"probabilities/structure/{cell_type}/node_{node}"]

    def operations(self, cell_type: str) -> np.ndarray:
        """[epochs + 1, edges, operations]."""
        return self.arrays[_OPERATIONS + cell_type]

    def kept(self, cell_type: str) -> np.ndarray:
        """How likely each edge is kept by its node: [epochs + 1, edges]."""
        edges = np.zeros((self.epochs + 1, len(self.space.edges)))
        for node in range(self.space.num_nodes):
            first = self.space.first_edge(node)
            values = self.structure(cell_type, node)
            for i, sources in enumerate(self.space.edge_choices(node)):
                for source in sources:
                    edges[:, first + source] += values[:, i]
        return edges

    def vectors(self) -> list[Vector]:
        """All of them: of each cell the nodes' first, then the edges'."""
        space, found = self.space, []
        for cell_type in space.cell_types:
            for node in range(space.num_nodes):
                choices = tuple(
                    ", ".join(map(str, sources))
                    for sources in space.edge_choices(node)
                )
                values = self.structure(cell_type, node)
                place = f"node {space.num_inputs + node}"
                found.append(Vector(cell_type, place, node, choices, values))
            for edge, (_, node) in enumerate(space.edges):
                values = self.operations(cell_type)[:, edge]
                place = f"edge {edge_name(space, edge)}"
                found.append(Vector(cell_type, place, node, space.ops, values))
        return found


def edge_name(space: CellSpace, edge: int) -> str:
    """ "0→3": the states between which an edge, by its number, leads."""
    source, node = space.edges[edge]
    return f"{source}→{space.num_inputs + node}"


def checked(
    arrays: Mapping[str, np.ndarray], space: CellSpace, file
) -> Policies:
    """The policies that a history holds, if it is whole.

    Args:
      arrays: the arrays of the history.
      space: the space that was searched.
      file: what to call the history in errors.

    Raises:
      RequestError: it is of another space or version, or lacks epochs.
    """
    expected = _shapes(space)
    for name in expected:
        if name not in arrays:
            raise errors.RequestError(
                f"{file}: expected the array {name}, found none: an older "
                "version wrote this history; search again"
            )
    epochs = len(arrays[COUNTS])
    for name, shape in expected.items():
        _check(file, name, arrays[name], epochs, shape)
    if ARCHITECTURES in arrays:
        evaluations = arrays[REWARDS].shape[1]
        shape = (evaluations, len(space.cell_types), 2, space.num_slots)
        _check(file, ARCHITECTURES, arrays[ARCHITECTURES], epochs, shape)
    return Policies(space, arrays)


def _shapes(space):
    """Name of an array -> its shape, without the epochs; None is any size."""
    edges, ops, cells = len(space.edges), len(space.ops), len(space.cell_types)
    shapes = {
        COUNTS: (2, cells, edges, ops),
        REWARDS: (None,),
        BASELINE: (),
    }
    for cell_type in space.cell_types:
        shapes[_OPERATIONS + cell_type] = (edges, ops)
        for node in range(space.num_nodes):
            name = f"probabilities/structure/{cell_type}/node_{node}"
            shapes[name] = (len(space.edge_choices(node)),)
    return shapes


def _check(file, name, array, epochs, shape):
    rows = epochs if name.startswith("epoch/") else epochs + 1
    if not array.ndim or len(array) != rows:
        raise errors.RequestError(
            f"{file}: {name}: expected {rows} rows, as {COUNTS} has {epochs}, "
            f"found {len(array) if array.ndim else 'none'}: epochs are "
            "missing; start the search once more, which cuts them to its "
            "checkpoint"
        )
    same = len(shape) == array.ndim - 1 and all(
        want in (None, have)
        for want, have in zip(shape, array.shape[1:], strict=True)
    )
    if not same:
        told = ", ".join("any" if n is None else str(n) for n in shape)
        raise errors.RequestError(
            f"{file}: {name}: expected rows of shape [{told}] as params.yaml "
            f"says, found {list(array.shape[1:])}; give the directory of one "
            "search"
        )
    if array.dtype.kind not in "iuf" or not np.all(np.isfinite(array)):
        raise errors.RequestError(
            f"{file}: {name}: expected finite numbers, found others; the file "
            "is damaged"
        )
