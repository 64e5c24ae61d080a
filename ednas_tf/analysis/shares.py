"""Shares of what was sampled, for searchers that know no probabilities."""

import numpy as np

from ednas_tf.analysis import history_names
from ednas_tf.space.cell_space import CellSpace


def sampled_shares(
    space: CellSpace, counts: np.ndarray, architectures: np.ndarray
) -> dict[str, np.ndarray]:
    """How often each choice was sampled in the policy steps of an epoch.

    Args:
      space: the space that was searched.
      counts: [epochs, 2, cell types, edges, operations], of child and policy
        steps.
      architectures: [epochs, evaluations, cell types, 2, slots], those that
        were judged in policy steps.

    Returns:
      Arrays with the names and shapes of a searcher's probabilities. Row 0
      holds equal shares, the others those of an epoch's architectures. The
      shares of operations on an edge are those among the architectures that
      keep the edge; they are nan in an epoch in which none does.
    """
    found = {}
    for cell, cell_type in enumerate(space.cell_types):
        for node in range(space.num_nodes):
            slots = space.slots(node)
            sources = architectures[:, :, cell, 0, slots.start : slots.stop]
            choices = np.array(space.edge_choices(node))
            # [epochs, evaluations, choices]
            same = (sources[:, :, np.newaxis] == choices).all(-1)
            name = history_names.structure(cell_type, node, space)
            found[f"probabilities/{name}"] = _after_equal(same.mean(1))
        judged = counts[:, 1, cell].astype(np.float64)
        kept = judged.sum(-1, keepdims=True)
        shares = np.full(judged.shape, np.nan)
        np.divide(judged, kept, out=shares, where=kept > 0)
        name = history_names.operations(cell_type)
        found[f"probabilities/{name}"] = _after_equal(shares)
    return found


def _after_equal(shares):
    """Puts a row of equal shares before the first epoch."""
    equal = np.full((1, *shares.shape[1:]), 1 / shares.shape[-1])
    return np.concatenate([equal, shares])
