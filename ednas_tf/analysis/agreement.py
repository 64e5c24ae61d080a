"""Whether one minibatch ranks candidates as the whole validation split does.

A search derives its result from rewards on a single minibatch (section 3.4).
"""

import dataclasses
import math
import statistics
from collections.abc import Sequence

import numpy as np
import scipy.stats

from ednas_tf.analysis.candidates import Candidate

#: A correlation of fewer pairs would say nothing.
FEWEST = 4


@dataclasses.dataclass(frozen=True)
class Agreement:
    """Spearman's rank correlation with its 95 % confidence interval.

    Attributes:
      pairs: the number of candidates with both rewards.
      correlation: the correlation of the ranks. Equal rewards share their mean
        rank; nan if all rewards of one kind are equal.
      low, high: the interval by Fisher's transform, with the standard error of
        Bonett and Wright (2000), sqrt((1 + correlation^2 / 2) / (pairs - 3)).
    """

    pairs: int
    correlation: float
    low: float
    high: float


def agreement(candidates: Sequence[Candidate]) -> Agreement | None:
    """The agreement of both rewards; None if too few candidates have both.

    Those that have both are the best ones on the minibatch. They differ less
    there than all candidates do, so that the correlation is lower.
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
    # atanh is infinite at 1 and -1.
    centre = math.atanh(np.clip(correlation, -1 + 1e-12, 1 - 1e-12))
    low, high = math.tanh(centre - reach), math.tanh(centre + reach)
    return Agreement(pairs, correlation, low, high)
