"""Whether one minibatch ranks candidates as the whole validation split does.

A search derives its result from rewards on a single minibatch (section 3.4).
"""

import dataclasses
import math
import statistics
from collections.abc import Sequence

import numpy as np
import scipy.stats

#: Fewer pairs say nothing.
FEWEST = 4


@dataclasses.dataclass(frozen=True)
class Agreement:
    """Spearman's rank correlation, and where it lies with 95 % confidence.

    Attributes:
      pairs: of rewards that are ranked.
      correlation: of their ranks, equal ones sharing the mean of theirs; nan
        where all rewards of one kind are equal.
      low, high: by Fisher's transform, with the standard error of Bonett and
        Wright (2000), sqrt((1 + correlation^2 / 2) / (pairs - 3)).
    """

    pairs: int
    correlation: float
    low: float
    high: float


def agreement(candidates: Sequence) -> Agreement | None:
    """Of the candidates that have both rewards; None with too few.

    They are the best on the minibatch, so that they differ less there than all
    candidates do, and agree less.
    """
    rewards = np.array(
        [
            (candidate.reward, candidate.validation_reward)
            for candidate in candidates
            if candidate.validation_reward is not None
        ]
    )
    pairs = len(rewards)
    if pairs < FEWEST:
        return None
    if np.any(np.ptp(rewards, axis=0) == 0):
        return Agreement(pairs, math.nan, -1.0, 1.0)
    ranks = scipy.stats.rankdata(rewards, axis=0)
    correlation = float(np.corrcoef(ranks.T)[0, 1])
    error = math.sqrt((1 + correlation**2 / 2) / (pairs - 3))
    reach = statistics.NormalDist().inv_cdf(0.975) * error
    # Infinite at 1 and -1.
    centre = math.atanh(np.clip(correlation, -1 + 1e-12, 1 - 1e-12))
    low, high = math.tanh(centre - reach), math.tanh(centre + reach)
    return Agreement(pairs, correlation, low, high)
