"""What a search preferred, sampled and earned in each of its epochs."""

import dataclasses
import functools
from collections.abc import Mapping

import numpy as np

from ednas_tf import errors
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
      place: "node 3" or "edge 0→3". The numbers are those of states, which
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
        self.has_probabilities = _has_probabilities(arrays)
        self.has_effects = _has_effects(arrays)
        self.baseline = arrays.get(BASELINE)
        self.counts = arrays[COUNTS]
        self.rewards = arrays[REWARDS]
        self.architectures = arrays[ARCHITECTURES]

    @property
    def epochs(self) -> int:
        """The number of epochs that are done."""
        return len(self.counts)

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
    """ "0→3" for the edge with this number from state 0 to state 3."""
    return history_names.edge(space, edge, "→")


def checked(
    arrays: Mapping[str, np.ndarray], space: CellSpace, file
) -> Policies:
    """Checks that a history is complete and belongs to a space.

    Args:
      arrays: the arrays of the history.
      space: the space that was searched.
      file: what to call the history in errors.

    Raises:
      RequestError: as `check_form`, or a value is impossible.
    """
    check_form(arrays, space, file)
    for name, array in arrays.items():
        reason = _impossible(name, array, space)
        if reason:
            raise errors.RequestError(
                f"{file}: {name}: expected {reason}, found others; the file "
                "is damaged"
            )
    return Policies(space, arrays)


def check_form(
    arrays: Mapping[str, np.ndarray], space: CellSpace, file
) -> tuple[int, list[str]]:
    """Checks the names and shapes of a history, which may be headers only.

    Args:
      arrays: by name, what has a `shape`, `ndim` and `dtype`.
      space: the space that was searched.
      file: what to call the history in errors.

    Returns:
      The number of epochs, and the names of the arrays that belong to it.

    Raises:
      RequestError: the history belongs to another space or was written by an
        older version, or it lacks epochs.
    """
    if not any(name.startswith("epoch/") for name in arrays):
        raise errors.RequestError(
            f"{file}: expected the history of at least one epoch, found none; "
            "wait for the first epoch to end"
        )
    expected = _shapes(space, arrays)
    for name in expected:
        if name not in arrays:
            raise errors.RequestError(
                f"{file}: expected the array {name}, found none: {_OLDER}"
            )
    if arrays[ARCHITECTURES].ndim == 6:
        raise errors.RequestError(
            f"{file}: {ARCHITECTURES}: expected 5 dimensions, found 6: {_OLDER}"
        )
    epochs = arrays[COUNTS].shape[0] if arrays[COUNTS].ndim else 1
    for name, shape in expected.items():
        _check(file, name, arrays[name], epochs, shape)
    judged, rewarded = (
        arrays[name].shape[1] for name in (ARCHITECTURES, REWARDS)
    )
    if judged != rewarded:
        raise errors.RequestError(
            f"{file}: expected as many architectures as rewards, found "
            f"{judged} and {rewarded} in each epoch; the file is damaged"
        )
    if epochs and not rewarded:
        raise errors.RequestError(
            f"{file}: {REWARDS}: expected at least one in each epoch, found "
            "none; the file is damaged"
        )
    return epochs, list(expected)


def check_version(arrays: Mapping[str, np.ndarray], file) -> None:
    """Checks that a history has the form of this version.

    Args:
      arrays: its arrays by name, which may be headers only.
      file: what to call the history in errors.

    Raises:
      RequestError: another version of ednas_tf wrote it.
    """
    version = arrays.get(history_names.VERSION)
    if version is None and arrays:
        raise errors.RequestError(
            f"{file}: expected nodes that are numbered as in genotypes, found "
            f"a history without a version: {_OLDER}"
        )
    if isinstance(version, np.ndarray) and (
        version.ndim or version != history_names.CURRENT
    ):
        raise errors.RequestError(
            f"{file}: version: expected {history_names.CURRENT}, found "
            f"{errors.shown(version.tolist())}: another version of ednas_tf "
            "wrote this history; use that version, or search again in a new "
            "--model_dir"
        )


def _impossible(name, array, space):
    """What values the array should have; empty if it has such."""
    if array.dtype == np.float16:
        # NumPy would warn that the limit is infinite in 16 bits.
        array = array.astype(np.float32)
    if not np.all(np.isfinite(array)) or np.any(np.abs(array) > _LARGEST):
        return "finite numbers"
    if name.startswith("probabilities/"):
        sums = array.sum(-1, dtype=np.float64)
        if array.min(initial=0) < 0 or np.any(np.abs(sums - 1) > _ROUNDING):
            return "probabilities that add up to 1"
    if name.startswith("effect_errors/") and array.min(initial=0) < 0:
        return "standard errors"
    if name == COUNTS and array.min(initial=0) < 0:
        return "counts"
    if name == ARCHITECTURES:
        sources, ops = array[..., 0, :], array[..., 1, :]
        before = np.repeat(
            np.arange(space.num_nodes) + space.num_inputs, space.fan_in
        )
        if array.min(initial=0) < 0 or not (
            np.all(sources < before) and np.all(ops < len(space.ops))
        ):
            return "states and operations of the space"
    return ""


#: The largest number that a history may hold, and how far a sum of
#: probabilities may be from 1.
_LARGEST, _ROUNDING = 1e30, 1e-2

_OLDER = (
    "an older version of ednas_tf wrote this history; search again in a new "
    "--model_dir"
)


def _has_probabilities(arrays):
    return any(name.startswith("probabilities/") for name in arrays)


def _has_effects(arrays):
    return any(name.startswith(EFFECTS) for name in arrays)


def _shapes(space, arrays):
    """Name of an array -> its shape without the epochs; None is any size."""
    edges, ops, cells = len(space.edges), len(space.ops), len(space.cell_types)
    found = {
        COUNTS: (2, cells, edges, ops),
        REWARDS: (None,),
        ARCHITECTURES: (None, cells, 2, space.num_slots),
    }
    if BASELINE in arrays:
        found[BASELINE] = ()
    reported = ["probabilities"] if _has_probabilities(arrays) else []
    reported += EFFECTS if _has_effects(arrays) else []
    for kind in reported:
        for cell_type in space.cell_types:
            name = history_names.operations(cell_type)
            found[f"{kind}/{name}"] = (edges, ops)
            for node in range(space.num_nodes):
                name = history_names.structure(cell_type, node, space)
                found[f"{kind}/{name}"] = (len(space.edge_choices(node)),)
    return found


def _check(file, name, array, epochs, shape):
    rows = epochs if name.startswith("epoch/") else epochs + 1
    found = array.shape[0] if array.ndim else "none"
    if found != rows:
        raise errors.RequestError(
            f"{file}: {name}: expected {rows} rows, as {COUNTS} has {epochs}, "
            f"found {found}: epochs are "
            "missing; run the search again with the same --model_dir, which "
            "resumes from its checkpoint"
        )
    same = len(shape) == array.ndim - 1 and all(
        want in (None, have)
        for want, have in zip(shape, array.shape[1:], strict=True)
    )
    if not same:
        wanted = ", ".join("any" if n is None else str(n) for n in shape)
        raise errors.RequestError(
            f"{file}: {name}: expected rows of shape [{wanted}] for the space "
            f"in params.yaml, found {list(array.shape[1:])}; give a directory "
            "whose files belong to one search"
        )
    kinds = "iuf" if name in (REWARDS, BASELINE) else "iu"
    if name.startswith(("probabilities/", *EFFECTS)):
        kinds = "f"
    if array.dtype.kind not in kinds:
        raise errors.RequestError(
            f"{file}: {name}: expected numbers of another type, found "
            f"{array.dtype}; the file is damaged"
        )
