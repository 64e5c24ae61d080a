"""What each choice earned: differences in reward, with their uncertainty.

In one epoch architectures are drawn independently from policies that hardly
move, which makes an epoch a randomised experiment: what the samples with a
choice earned more than those without it is due to the choice, and to noise.
Epochs are not compared with each other, as the weights get better all the time.
So every number here is the slope of a regression of the rewards on how often
the choice stands in an architecture, with an intercept for each epoch.
"""

import dataclasses

import numpy as np
import scipy.stats

from ednas_tf.analysis import op_names
from ednas_tf.analysis.policies import Policies, edge_name

#: Samples that an interval needs: so many must have the choice another number
#: of times than most samples have it.
FEWEST = 10


@dataclasses.dataclass(frozen=True)
class Marginal:
    """What one choice earned.

    Attributes:
      cell_type: of the cell.
      name: "sep conv 3x3", "0→3" or "0→3 sep conv 3x3".
      samples: architectures with the choice.
      gain: in reward; nan if there were none with it, or none without.
      low, high: of the 95 % confidence interval, by Student's t; nan with
        fewer than `FEWEST` samples with it, or without it.
    """

    cell_type: str
    name: str
    samples: int
    gain: float
    low: float
    high: float

    @property
    def is_clear(self) -> bool:
        """Whether the interval lies on one side of 0."""
        return self.low > 0 or self.high < 0


def of_operations(policies: Policies, cell_type: str) -> list[Marginal]:
    """The gain by one more edge of the cell that carries the operation."""
    ops = _ops(policies, cell_type)
    found = []
    for op, name in enumerate(policies.space.ops):
        counts = (ops == op).sum(-1)
        marginal = _slope(counts, policies.rewards)
        found.append(Marginal(cell_type, op_names.short(name), *marginal))
    return found


def of_edges(policies: Policies, cell_type: str) -> list[Marginal]:
    """The gain by keeping an edge instead of others of its node."""
    edges, space = _edges(policies, cell_type), policies.space
    return [
        Marginal(
            cell_type,
            edge_name(space, edge),
            *_slope((edges == edge).sum(-1), policies.rewards),
        )
        for edge in range(len(space.edges))
    ]


def of_pairs(policies: Policies, cell_type: str) -> list[Marginal]:
    """The gain by an operation on an edge, over others on the same edge.

    Of the samples that keep the edge.
    """
    edges, ops = _edges(policies, cell_type), _ops(policies, cell_type)
    found, space = [], policies.space
    for edge in range(len(space.edges)):
        here = edges == edge
        kept = here.any(-1)
        for op, name in enumerate(space.ops):
            counts = (here & (ops == op)).sum(-1)
            told = f"{edge_name(space, edge)} {op_names.short(name)}"
            marginal = _slope(counts, policies.rewards, kept)
            found.append(Marginal(cell_type, told, *marginal))
    return found


def _ops(policies, cell_type):
    """[epochs, steps, kept edges], the operations."""
    cell = policies.space.cell_types.index(cell_type)
    ops = policies.architectures[:, :, cell, 1]
    return ops.reshape(*ops.shape[:2], -1)


def _edges(policies, cell_type):
    """[epochs, steps, kept edges], the numbers of the edges."""
    space = policies.space
    cell = space.cell_types.index(cell_type)
    first = space.first_edges()
    edges = policies.architectures[:, :, cell, 0].astype(int) + first
    return edges.reshape(*edges.shape[:2], -1)


def _slope(counts, rewards, used=None):
    """Samples with the choice, the slope, and its confidence interval.

    Args:
      counts: [epochs, steps], how often the choice stands in the architecture.
      rewards: [epochs, steps].
      used: bool [epochs, steps], which samples count; all by default.
    """
    used = np.ones(counts.shape, bool) if used is None else used
    number = np.maximum(used.sum(-1, keepdims=True), 1)
    x, y = (
        np.where(used, v - (v * used).sum(-1, keepdims=True) / number, 0.0)
        for v in (counts.astype(np.float64), rewards.astype(np.float64))
    )
    with_it = int(((counts > 0) & used).sum())
    # Of a choice that stands there or not: with it or without, the fewer.
    most_common = np.bincount(counts[used]).max(initial=0)
    fewest = used.sum() - most_common
    varied, epochs = (x * x).sum(), int(used.any(-1).sum())
    freedom = int(used.sum()) - epochs - 1
    if varied <= 0 or freedom < 1:
        return with_it, np.nan, np.nan, np.nan
    slope = (x * y).sum() / varied
    if fewest < FEWEST:
        return with_it, float(slope), np.nan, np.nan
    left = ((y - slope * x) ** 2).sum() / freedom
    reach = scipy.stats.t.ppf(0.975, freedom) * np.sqrt(left / varied)
    return with_it, *map(float, (slope, slope - reach, slope + reach))
