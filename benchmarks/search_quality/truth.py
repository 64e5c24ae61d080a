"""How well each way of scoring architectures knows how they train.

The truth about an architecture is its test accuracy after a whole training,
the mean of two seeds for some. Short trainings that are compared with it have a
seed of their own; they begin with fresh weights, or with those of a supernet.
What ranks is measured by Kendall's tau, with an interval from a bootstrap over
architectures, beside what it costs.
"""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
import scipy.stats

from benchmarks.search_quality import setting
from benchmarks.search_quality.trainings import Request
from ednas_tf.analysis import intervals
from ednas_tf.nets import counting

#: Number of architectures, and how many of them are trained twice.
COUNT, TWICE = 30, 10
#: Parts of a training after which it is scored.
MARKS = 1 / 16, 1 / 8, 1 / 5, 1 / 4, 2 / 5, 1 / 2, 3 / 4, 1
_SHORT_SEED = 2
#: Child steps after which a supernet scores; short trainings begin with its
#: last weights.
SUPERNET_MARKS = 1750, 3500, 7000
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


def short(supernet: str = "") -> list[Request]:
    """The beginnings of trainings, up to half of the length.

    Args:
      supernet: file of the supernet's weights that they begin with; empty for
        fresh ones.
    """
    begun = "continued" if supernet else "begun"
    return [
        Request(
            *(f"{i:02}_{begun}", genotype, _SHORT_SEED, setting.LENGTH),
            *(_marks(1 / 2), False, supernet),
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


def short_ways(
    begun: Sequence[dict], name: str = "", before: float = 0.0
) -> dict[str, dict[str, object]]:
    """The scores of short trainings, by name.

    Args:
      begun: what the trainings of `short` gave, in their order.
      name: what the names of these scores end in.
      before: seconds of processor time that came before the trainings.

    Returns:
      name -> `scores`, [COUNT], and `seconds` of processor time of all.
    """
    found = {}
    for mark in _marks(1 / 2):
        at = [each["marks"][str(mark)] for each in begun]
        trained = before + sum(each["seconds"] for each in at)
        scored = trained + sum(each["seconds_of_score"] for each in at)
        for key in ("accuracy", "log_likelihood"):
            found[f"{mark} steps{name}, validation {key}"] = {
                "scores": [each[key] for each in at],
                "seconds": scored,
            }
        for key, sign in (("accuracy", 1), ("loss", -1)):
            found[f"{mark} steps{name}, {key} while training"] = {
                "scores": [sign * each["while_training"][key] for each in at],
                "seconds": trained,
            }
    return found


def size_ways() -> dict[str, dict[str, object]]:
    """The sizes of the networks as scores, by name."""
    network = setting.settings().search.network
    counts = [
        counting.count(genotype, network, (16, 16, 3), 10, auxiliary=False)
        for genotype in setting.genotypes(COUNT)
    ]
    return {
        name: {"scores": [getattr(x, key) for x in counts], "seconds": 0.0}
        for name, key in (
            ("number of weights", "parameters"),
            ("multiply-adds", "multiply_adds"),
        )
    }


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
    whole_found: Mapping[str, dict], ways: Mapping[str, dict]
) -> dict[str, object]:
    """All ways of scoring beside the truth.

    Args:
      whole_found: what the trainings of `whole` gave, by name.
      ways: the scores, see `short_ways`.

    Returns:
      ways: name -> tau, low, high, seconds; truth: mean of the accuracies in
      points, and the spread of architectures and seeds (`intervals.spread`).
    """
    true = accuracies(whole_found)
    rows = {}
    for name, way in ways.items():
        exact, low, high = tau(way["scores"], true)
        rows[name] = {
            "tau": exact,
            "low": low,
            "high": high,
            "seconds": way["seconds"],
        }
    spread = dataclasses.asdict(intervals.spread(pairs(whole_found)))
    return {"ways": rows, "truth": {"mean": float(true.mean()), **spread}}
