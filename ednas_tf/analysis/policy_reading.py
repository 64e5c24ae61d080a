"""How open the choices of a search are, what it prefers, what changed."""

import collections
import dataclasses
import math

import numpy as np

from ednas_tf.analysis.policies import OPERATIONS, Policies, Vector
from ednas_tf.space import genotype

#: A policy vector is undecided while more than this share of its choices is
#: open, settled once fewer than so many choices are, and settling in between.
UNDECIDED, SETTLED = 0.8, 1.5
STAGES = ("undecided", "settling", "settled")
#: Policies have learnt next to nothing while more than this share of their
#: vectors is undecided.
NOTHING = 0.9
#: An operation leads in a cell once its share of the edges is so many times
#: what it would be if all operations were equally likely.
LEADS = 1.5


def entropy(probabilities: np.ndarray) -> np.ndarray:
    """Entropy in nats over the last axis."""
    safe = np.where(probabilities > 0, probabilities, 1.0).astype(np.float64)
    return -(probabilities * np.log(safe)).sum(-1)


def open_choices(probabilities: np.ndarray) -> np.ndarray:
    """The number of open choices, exp(entropy), over the last axis.

    So many equally likely choices would be just as uncertain: 1 if one choice
    is certain, all of them if they are equally likely.
    """
    return np.exp(entropy(probabilities))


def open_share(vectors: list[Vector]) -> np.ndarray | None:
    """The share of choices that are open, averaged over vectors.

    A vector with one choice does not count, nor does one in an epoch of which
    its probabilities are unknown (nan).

    Returns:
      [epochs + 1]; None if no vector has a choice.
    """
    shares = [
        open_choices(vector.probabilities) / len(vector.choices)
        for vector in vectors
        if len(vector.choices) > 1
    ]
    return np.nanmean(shares, axis=0) if shares else None


def stage(probabilities: np.ndarray) -> str:
    """One of `STAGES` for [choices]; empty if there is only one choice."""
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


def learnt_nothing(policies: Policies, row: int = -1) -> bool:
    """Whether nearly all policy vectors with a choice are undecided.

    The most likely architecture then says nothing. False for a searcher that
    reports no probabilities, and for a space without a choice.
    """
    if not policies.has_probabilities:
        return False
    counts = stages(policies.vectors(), row)
    return counts["undecided"] > NOTHING * sum(counts.values())


def never_moved(policies: Policies) -> bool:
    """Whether probabilities are known and the same in all epochs.

    So they are in a random search, which does not learn.
    """
    return policies.has_probabilities and all(
        np.ptp(vector.probabilities, axis=0).max() == 0
        for vector in policies.vectors()
    )


def settled_since(vector: Vector) -> int | None:
    """The epoch by whose end a vector settled for good; None if it has not."""
    if len(vector.choices) < 2:
        return None
    open_rows = open_choices(vector.probabilities) >= SETTLED
    if open_rows[-1]:
        return None
    return int(np.flatnonzero(open_rows)[-1]) + 1 if open_rows.any() else 0


@dataclasses.dataclass(frozen=True)
class Change:
    """The probability of one choice in an earlier and in the last epoch.

    If the searcher reports no probabilities: the share of the judged
    architectures that made the choice.
    """

    vector: Vector
    choice: str
    before: float
    after: float


def changes(policies: Policies, since: int, most: int) -> list[Change]:
    """The choices whose probabilities changed most, largest change first.

    Args:
      policies: the policies of a search.
      since: the epoch that the last one is compared with.
      most: the number of choices.
    """
    found = []
    for vector in policies.vectors():
        values = vector.probabilities
        if not policies.has_probabilities and vector.kind == OPERATIONS:
            values = _of_all(policies, vector)
        before, after = values[[since, -1]]
        found += [
            Change(vector, choice, float(before[i]), float(after[i]))
            for i, choice in enumerate(vector.choices)
        ]
    found.sort(key=lambda change: -abs(change.after - change.before))
    return found[:most]


def _of_all(policies, vector):
    """Shares of operations among all architectures that were judged.

    A vector has those among the architectures that keep its edge, which may
    be few.
    """
    own = policies.vectors(vector.cell_type, OPERATIONS)
    kept = policies.kept(vector.cell_type)[:, own.index(vector), np.newaxis]
    return kept * np.nan_to_num(vector.probabilities)


def op_shares(policies: Policies, cell_type: str) -> np.ndarray:
    """The expected share of the kept edges that carries each operation.

    Returns:
      [epochs + 1, operations], whose rows add up to 1.
    """
    kept = policies.kept(cell_type)[..., np.newaxis]
    # Unknown (nan) only on edges that were never kept.
    operations = np.nan_to_num(policies.operations(cell_type))
    return (kept * operations).sum(1) / policies.space.num_slots


def leading_ops(
    policies: Policies, cell_type: str, row: int = -1
) -> list[tuple[str, float]]:
    """Operations with their shares of the kept edges, the largest first."""
    shares = op_shares(policies, cell_type)[row]
    ops = zip(policies.space.ops, map(float, shares), strict=True)
    return sorted(ops, key=lambda each: -each[1])


def op_that_leads(
    policies: Policies, cell_type: str
) -> tuple[str, float] | None:
    """The most common operation of a cell and its share of the kept edges.

    None if that share is no more than chance would explain, see `LEADS`.
    """
    op, share = leading_ops(policies, cell_type)[0]
    return (op, share) if leads(policies, share) else None


def leads(policies: Policies, share: float) -> bool:
    """Whether a share of the kept edges is more than chance would explain."""
    return share >= LEADS / len(policies.space.ops)


def most_likely(
    policies: Policies, row: int = -1
) -> tuple[genotype.Genotype, float | None]:
    """The most likely architecture of an epoch, and its log P(m).

    Choices are independent, except that the operations on edges that are not
    kept do not count: each node has the inputs that are most likely together
    with the best operations on them. Without probabilities it is made of the
    choices that were sampled most often, though perhaps never together; its
    log P(m) is then None.
    """
    space, choices, log_prob = policies.space, {}, 0.0
    for cell_type in space.cell_types:
        operations = np.nan_to_num(policies.operations(cell_type)[row])
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
    found = genotype.Genotype.from_choices(space, choices)
    return found, log_prob if policies.has_probabilities else None


def windows(epochs: int, most: int = 6) -> int:
    """The length of a window, if at most so many windows cover all epochs.

    A round number, like the paper's 50 of 300.
    """
    least = max(1, math.ceil(epochs / most))
    scale = 10 ** (len(str(least)) - 1)
    steps = (1, 2, 5, 10) if scale > 1 else (1, 2, 3, 4, 5, 10)
    return next(n * scale for n in steps if n * scale >= least)
