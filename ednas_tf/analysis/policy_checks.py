"""Whether the history of a search is whole, of this version and possible."""

from collections.abc import Mapping

import numpy as np

from ednas_tf import errors
from ednas_tf.analysis import history_names
from ednas_tf.analysis.policies import (
    ARCHITECTURES,
    BASELINE,
    COUNTS,
    EFFECTS,
    REWARDS,
    Policies,
    has_effects,
    has_probabilities,
)
from ednas_tf.analysis.run_settings import RESUME
from ednas_tf.space.cell_space import CellSpace


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
            f"{RESUME}"
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
    reported = ["probabilities"] if has_probabilities(arrays) else []
    reported += EFFECTS if has_effects(arrays) else []
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
