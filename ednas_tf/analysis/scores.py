"""What architectures of one rung of short trainings are ranked by.

The reward after a short training is what counts, but it varies with the seed,
and with the validation data if these are few. The loss while training varies
less, but architectures that learn fast need not be the best ones on data that
they have not seen. So a score is a mean of two estimates of the reward: the
reward itself, and what the loss predicts, by a line through the trainings of
the rung. The weight of the first is the share of the differences between both
that is more than what seeds do (Fay and Herriot, "Estimates of income for small
places", 1979).
"""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from ednas_tf.analysis import intervals, trainings
from ednas_tf.analysis.trainings import Training

#: The weight of the reward as long as the variance of seeds is not known.
_UNKNOWN = 0.5
#: A weight of 1/2 counts like so many trainings; and the least weight, as the
#: variance of seeds is an estimate, too.
_PRIOR, _LEAST = 4, 0.1
#: Pairs of trainings that tell the variance of seeds, at least.
_PAIRS = 3


class Scale(NamedTuple):
    """How the trainings of a rung are scored.

    Attributes:
      loss, reward: means of the trainings.
      slope: how much more reward is expected for each 1 that the loss is lower.
      weight: that of the reward itself, in (0, 1].
      error: the standard error of a score; 0 if it is not known.
    """

    loss: float
    reward: float
    slope: float
    weight: float
    error: float

    def score(self, training: Training) -> float:
        """The score of a training, in units of the reward."""
        predicted = self.reward + self.slope * (self.loss - training.loss)
        return predicted + self.weight * (training.reward - predicted)


def variance_of_seeds(done: Iterable[Training]) -> float | None:
    """The variance of rewards of one architecture in the first rung.

    Args:
      done: trainings. Those of a random architecture in the first rung and
        with another seed make a pair.

    Returns:
      The variance; None if there are fewer than three pairs.
    """
    first, again = {}, {}
    for each in done:
        if each.purpose == trainings.REPEAT:
            again[each.genotype, each.steps] = each.reward
        elif each.purpose == trainings.RUNG:
            first[each.genotype, each.steps] = each.reward
    pairs = [(first[key], again[key]) for key in again if key in first]
    if len(pairs) < _PAIRS:
        return None
    return intervals.spread(pairs).seeds ** 2


def scale(rung: Sequence[Training], noise: float | None) -> Scale:
    """Fits how the trainings of a rung are scored.

    Args:
      rung: trainings of the same number of steps, at least one.
      noise: see `variance_of_seeds`.
    """
    losses, rewards = (
        np.array([getattr(each, name) for each in rung], np.float64)
        for name in ("loss", "reward")
    )
    loss, reward = losses.mean(), rewards.mean()
    x, y = loss - losses, rewards - reward
    # What learns worse is not expected to be better on other data.
    slope = max(0.0, x @ y) / (x @ x) if x.any() else 0.0
    weight, error = _UNKNOWN, 0.0
    if noise is not None:
        weight = _weight(y - slope * x, noise)
        error = math.sqrt(weight * noise)
    return Scale(float(loss), float(reward), float(slope), weight, error)


def _weight(rest, noise):
    """The share of the variance of the rest that is not noise."""
    if noise == 0:
        return 1.0
    freedom = max(0, len(rest) - 2)
    variance = rest @ rest + _PRIOR * noise / (1 - _UNKNOWN)
    return max(_LEAST, float(1 - noise * (freedom + _PRIOR) / variance))


def ranked(rung: Sequence[Training], noise: float | None) -> list[Training]:
    """The trainings of a rung, the best first; see `scale`."""
    if not rung:
        return []
    return sorted(rung, key=scale(rung, noise).score, reverse=True)
