"""What each choice earned: differences in reward, with their uncertainty.

Within one epoch, architectures are sampled independently from policies that
hardly change. That makes an epoch a randomised experiment: if the architectures
with a choice earned more than those without it, the choice or noise is the
cause. Epochs are not compared with each other, as the weights improve from
epoch to epoch. So each number here is the slope of a regression of the rewards
on how often the choice stands in an architecture, with an intercept for each
epoch.

A searcher that chooses each architecture by what earlier ones earned, as local
search, evolution and Thompson sampling do, makes no such experiment: choices
that it likes to combine share what they earned. Its differences are given
without an interval.
"""

import dataclasses

import numpy as np
import scipy.stats

from ednas_tf.analysis import op_names
from ednas_tf.analysis.policies import Policies, edge_name

#: An interval needs so many architectures that have the choice another number
#: of times than most architectures have it.
FEWEST = 10


@dataclasses.dataclass(frozen=True)
class Gain:
    """What one choice earned.

    Attributes:
      cell_type: the cell that the choice belongs to.
      name: the choice: "sep conv 3x3", "0->3" or "0->3 sep conv 3x3".
      samples: the number of judged architectures with the choice.
      value: the difference in reward; nan if all architectures have the choice
        equally often.
      low, high: the 95 % confidence interval, by Student's t; nan with fewer
        than `FEWEST` architectures to compare, and if these are no independent
        draws.
    """

    cell_type: str
    name: str
    samples: int
    value: float
    low: float
    high: float

    @property
    def is_clear(self) -> bool:
        """Whether the interval lies on one side of 0."""
        return self.low > 0 or self.high < 0


def of_operations(policies: Policies, cell_type: str) -> list[Gain]:
    """The gain by one more edge of the cell that carries an operation."""
    ops = _ops(policies, cell_type)
    found = []
    for op, name in enumerate(policies.space.ops):
        slope = _slope(policies, (ops == op).sum(-1))
        found.append(Gain(cell_type, op_names.short(name), *slope))
    return found


def of_edges(policies: Policies, cell_type: str) -> list[Gain]:
    """The gain by keeping an edge instead of others into its node."""
    edges, space = _edges(policies, cell_type), policies.space
    return [
        Gain(
            cell_type,
            edge_name(space, edge),
            *_slope(policies, (edges == edge).sum(-1)),
        )
        for edge in range(len(space.edges))
    ]


def of_pairs(policies: Policies, cell_type: str) -> list[Gain]:
    """The gain by an operation on an edge, over others on the same edge.

    Only architectures that keep the edge are compared.
    """
    edges, ops = _edges(policies, cell_type), _ops(policies, cell_type)
    found, space = [], policies.space
    for edge in range(len(space.edges)):
        here = edges == edge
        kept = here.any(-1)
        for op, name in enumerate(space.ops):
            counts = (here & (ops == op)).sum(-1)
            choice = f"{edge_name(space, edge)} {op_names.short(name)}"
            slope = _slope(policies, counts, kept)
            found.append(Gain(cell_type, choice, *slope))
    return found


def _ops(policies, cell_type):
    """[epochs, evaluations, slots], the operations on the kept edges."""
    cell = policies.space.cell_types.index(cell_type)
    return policies.architectures[:, :, cell, 1]


def _edges(policies, cell_type):
    """[epochs, evaluations, slots], the numbers of the kept edges."""
    space = policies.space
    cell = space.cell_types.index(cell_type)
    sources = policies.architectures[:, :, cell, 0].astype(int)
    return sources + space.first_edges()


def _slope(policies, counts, used=None):
    """The number of architectures with a choice, the slope, its interval.

    Args:
      policies: the policies of the search.
      counts: [epochs, evaluations], how often the choice stands in each
        architecture.
      used: bool [epochs, evaluations], the architectures that are compared; by
        default all.
    """
    used = np.ones(counts.shape, bool) if used is None else used
    number = np.maximum(used.sum(-1, keepdims=True), 1)
    x, y = (
        np.where(used, v - (v * used).sum(-1, keepdims=True) / number, 0.0)
        for v in map(np.float64, (counts, policies.rewards))
    )
    with_it = int(((counts > 0) & used).sum())
    # If a choice is made once or not at all: the fewer of the two.
    most_common = np.bincount(counts[used]).max(initial=0)
    fewest = used.sum() - most_common
    varied, epochs = (x * x).sum(), int(used.any(-1).sum())
    freedom = int(used.sum()) - epochs - 1
    if varied <= 0 or freedom < 1:
        return with_it, np.nan, np.nan, np.nan
    slope = (x * y).sum() / varied
    if fewest < FEWEST or not policies.draws_independently:
        return with_it, float(slope), np.nan, np.nan
    left = ((y - slope * x) ** 2).sum() / freedom
    reach = scipy.stats.t.ppf(0.975, freedom) * np.sqrt(left / varied)
    return with_it, *map(float, (slope, slope - reach, slope + reach))
