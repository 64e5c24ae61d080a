"""What policies say: how open they are, what they prefer, what changed."""

import collections
import dataclasses
import math

import numpy as np

from ednas_tf.analysis.policies import Policies, Vector
from ednas_tf.space import genotype

#: A vector is undecided while more than this part of its choices is open, and
#: settled once fewer than so many choices are; between, it is settling.
UNDECIDED, SETTLED = 0.8, 1.5
STAGES = ("undecided", "settling", "settled")


def entropy(probabilities: np.ndarray) -> np.ndarray:
    """Entropy in nats, over the last axis."""
    safe = np.where(probabilities > 0, probabilities, 1.0).astype(np.float64)
    return -(probabilities * np.log(safe)).sum(-1)


def open_choices(probabilities: np.ndarray) -> np.ndarray:
    """How many choices are open: exp(entropy), over the last axis.

    As many equally likely choices would be as uncertain: 1 when one is certain,
    all of them when they are equally likely.
    """
    return np.exp(entropy(probabilities))


def stage(probabilities: np.ndarray) -> str:
    """One of `STAGES` for [choices]; "" where there is nothing to choose."""
    choices = probabilities.shape[-1]
    if choices < 2:
        return ""
    still_open = open_choices(probabilities)
    if still_open < SETTLED:
        return "settled"
    return "undecided" if still_open > UNDECIDED * choices else "settling"


def stages(vectors: list[Vector], row: int = -1) -> dict[str, int]:
    """How many of the vectors with a choice are in each of `STAGES`."""
    count = collections.Counter(stage(v.probabilities[row]) for v in vectors)
    return {name: count[name] for name in STAGES}


def settled_since(vector: Vector) -> int | None:
    """The epoch from whose end on a vector has been settled, or None."""
    if vector.probabilities.shape[-1] < 2:
        return None
    open_rows = open_choices(vector.probabilities) >= SETTLED
    if open_rows[-1]:
        return None
    return int(np.flatnonzero(open_rows)[-1]) + 1 if open_rows.any() else 0


@dataclasses.dataclass(frozen=True)
class Change:
    """How the probability of one choice went between two epochs."""

    vector: Vector
    choice: str
    before: float
    after: float


def changes(policies: Policies, last: int, most: int) -> list[Change]:
    """The choices whose probabilities changed most, the largest first.

    Args:
      policies: of a search.
      last: over the last so many epochs; over all, if there are fewer.
      most: so many choices.
    """
    found = []
    for vector in policies.vectors():
        before = vector.probabilities[max(0, policies.epochs - last)]
        after = vector.probabilities[-1]
        found += [
            Change(vector, choice, float(before[i]), float(after[i]))
            for i, choice in enumerate(vector.choices)
        ]
    found.sort(key=lambda change: -abs(change.after - change.before))
    return found[:most]


def op_shares(policies: Policies, cell_type: str) -> np.ndarray:
    """Expected share of the kept edges that carry each operation.

    Returns:
      [epochs + 1, operations], rows that sum to 1.
    """
    space = policies.space
    kept = policies.kept(cell_type)[..., np.newaxis]
    total = space.num_slots
    return (kept * policies.operations(cell_type)).sum(1) / total


def most_likely(
    policies: Policies, row: int = -1
) -> tuple[genotype.Genotype, float]:
    """The most likely architecture of an epoch, and log P(m) of it.

    Choices are independent but for the operations of edges that are not kept,
    which do not count: for each node the choice of edges is the one that is
    most likely together with the best operations on them.
    """
    space, choices, log_prob = policies.space, {}, 0.0
    for cell_type in space.cell_types:
        operations = policies.operations(cell_type)[row]
        sources, ops = [], []
        for node in range(space.num_nodes):
            first = space.first_edge(node)
            best = operations.argmax(-1)[first:], operations.max(-1)[first:]
            scores = [
                float(p) * math.prod(float(best[1][s]) for s in chosen)
                for p, chosen in zip(
                    policies.structure(cell_type, node)[row],
                    space.edge_choices(node),
                    strict=True,
                )
            ]
            chosen = space.edge_choices(node)[int(np.argmax(scores))]
            sources.append(chosen)
            ops.append([int(best[0][s]) for s in chosen])
            log_prob += math.log(max(scores))
        choices[cell_type] = (sources, ops)
    return genotype.Genotype.from_choices(space, choices), log_prob


def windows(epochs: int, most: int = 6) -> int:
    """Epochs of a window, so that at most so many cover them all.

    A round number, as the paper's 50 of 300.
    """
    least = max(1, math.ceil(epochs / most))
    scale = 10 ** (len(str(least)) - 1)
    steps = (1, 2, 5, 10) if scale > 1 else (1, 2, 3, 4, 5, 10)
    return next(n * scale for n in steps if n * scale >= least)
