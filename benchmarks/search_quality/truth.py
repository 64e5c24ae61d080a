"""How well each way of scoring architectures knows how they train.

The truth about an architecture is its test accuracy after a whole training,
the mean of two seeds for some. Short trainings that are compared with it have a
seed of their own. What ranks is measured by Kendall's tau, with an interval
from a bootstrap over architectures, beside what it costs.
"""

import dataclasses
from collections.abc import Mapping

import numpy as np
import scipy.stats

from benchmarks.search_quality import setting
from benchmarks.search_quality.trainings import Request
from ednas_tf.analysis import intervals

#: Number of architectures, and how many of them are trained twice.
COUNT, TWICE = 30, 10
#: Parts of a training after which it is scored.
MARKS = 1 / 16, 1 / 8, 1 / 5, 1 / 4, 2 / 5, 1 / 2, 3 / 4, 1
_SHORT_SEED = 2
_DRAWS = 2000


def _marks(most: float) -> tuple[int, ...]:
    return tuple(round(p * setting.LENGTH) for p in MARKS if p <= most)


def whole() -> list[Request]:
    """The whole trainings: all with one seed, then some with another."""
    found = setting.genotypes(COUNT)
    return [
        Request(
            *(f"{i:02}_seed_{seed}", found[i], seed, setting.LENGTH),
            *(_marks(1), True),
        )
        for seed, count in ((0, COUNT), (1, TWICE))
        for i in range(count)
    ]


def short() -> list[Request]:
    """The beginnings of trainings, up to half of the length."""
    return [
        Request(
            *(f"{i:02}_begun", genotype, _SHORT_SEED, setting.LENGTH),
            *(_marks(1 / 2), False),
        )
        for i, genotype in enumerate(setting.genotypes(COUNT))
    ]


def accuracies(found: Mapping[str, dict]) -> np.ndarray:
    """The truth: test accuracies [COUNT], in points."""
    return np.array(
        [
            100
            * np.mean(
                [
                    found[name]["test"]["accuracy"]
                    for name in (f"{i:02}_seed_0", f"{i:02}_seed_1")
                    if name in found
                ]
            )
            for i in range(COUNT)
        ]
    )


def pairs(found: Mapping[str, dict]) -> list[tuple[float, float]]:
    """Test accuracies of the architectures that were trained twice."""
    return [
        tuple(
            100 * found[f"{i:02}_seed_{seed}"]["test"]["accuracy"]
            for seed in (0, 1)
        )
        for i in range(TWICE)
    ]


def ways(begun: Mapping[str, dict]) -> dict[str, dict[str, object]]:
    """The scores of short trainings, by name.

    Returns:
      name -> `scores`, [COUNT], and `seconds` of processor time of all.
    """
    all_begun = [begun[f"{i:02}_begun"] for i in range(COUNT)]
    found = {}
    for mark in _marks(1 / 2):
        at = [each["marks"][str(mark)] for each in all_begun]
        trained = sum(each["seconds"] for each in at)
        scored = trained + sum(each["seconds_of_score"] for each in at)
        for name in ("accuracy", "log_likelihood"):
            found[f"{mark} steps, validation {name}"] = {
                "scores": [each[name] for each in at],
                "seconds": scored,
            }
        for name, sign in (("accuracy", 1), ("loss", -1)):
            found[f"{mark} steps, {name} while training"] = {
                "scores": [sign * each["while_training"][name] for each in at],
                "seconds": trained,
            }
    return found


def tau(scores, truth) -> tuple[float, float, float]:
    """Kendall's tau, and its 95 % interval by a bootstrap."""
    scores, truth = np.asarray(scores), np.asarray(truth)
    generator = np.random.default_rng(0)
    drawn = [
        scipy.stats.kendalltau(scores[each], truth[each]).statistic
        for each in generator.integers(0, len(truth), (_DRAWS, len(truth)))
    ]
    low, high = np.nanquantile(drawn, [0.025, 0.975])
    exact = scipy.stats.kendalltau(scores, truth).statistic
    return float(exact), float(low), float(high)


def table(
    whole_found: Mapping[str, dict], begun: Mapping[str, dict]
) -> dict[str, object]:
    """All ways of scoring beside the truth.

    Returns:
      ways: name -> tau, low, high, seconds; truth: mean of the accuracies in
      points, and the spread of architectures and seeds (`intervals.spread`).
    """
    true = accuracies(whole_found)
    rows = {}
    for name, way in ways(begun).items():
        exact, low, high = tau(way["scores"], true)
        rows[name] = {
            "tau": exact,
            "low": low,
            "high": high,
            "seconds": way["seconds"],
        }
    spread = dataclasses.asdict(intervals.spread(pairs(whole_found)))
    return {"ways": rows, "truth": {"mean": float(true.mean()), **spread}}
