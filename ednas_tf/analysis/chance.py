"""Whether a search found something better than chance, and by how much.

All comparisons are of short trainings (`trainings`), in the unit of the reward.
"""

import dataclasses
import math
from collections.abc import Sequence

import numpy as np

from ednas_tf.analysis import trainings
from ednas_tf.analysis.trainings import Training

#: Draws of the bootstrap of `rival`.
_DRAWS = 4000
#: So many trainings are out of reach.
_MOST_NEEDED = 1000


@dataclasses.dataclass(frozen=True)
class Difference:
    """A difference of two means.

    Attributes:
      gain: the difference.
      low, high: its 95 % confidence interval.
      p: two-sided p-value of no difference.
      counts: numbers of trainings on both sides.
    """

    gain: float
    low: float
    high: float
    p: float
    counts: tuple[int, int]

    @property
    def is_clear(self) -> bool:
        """Whether the interval lies above 0."""
        return self.low > 0


def difference(one: Sequence[float], other: Sequence[float]) -> Difference:
    """Compares two means of independent numbers by Welch's t test.

    Args:
      one, other: at least two numbers each.
    """
    # Its import takes a second, and a report is refused before.
    import scipy.stats

    one, other = (np.asarray(x, np.float64) for x in (one, other))
    gain = one.mean() - other.mean()
    parts = [x.var(ddof=1) / len(x) for x in (one, other)]
    error, counts = math.sqrt(sum(parts)), (len(one), len(other))
    if error == 0:
        return Difference(gain, gain, gain, float(gain == 0), counts)
    freedom = sum(parts) ** 2 / sum(
        part**2 / (n - 1) for part, n in zip(parts, counts, strict=True)
    )
    reach = scipy.stats.t.ppf(0.975, freedom) * error
    p = 2 * scipy.stats.t.sf(abs(gain) / error, freedom)
    return Difference(gain, gain - reach, gain + reach, p, counts)


@dataclasses.dataclass(frozen=True)
class Spread:
    """How much random architectures differ, beside the seeds of trainings.

    Attributes:
      architectures: standard deviation of architectures; 0 if trainings with
        the same architecture differ as much as others.
      low, high: its 95 % confidence interval.
      seeds: standard deviation of trainings of one architecture.
      share: the part of the variance of one training that is due to the
        architecture, in [0, 1].
    """

    architectures: float
    low: float
    high: float
    seeds: float
    share: float


def spread(pairs: Sequence[tuple[float, float]]) -> Spread:
    """Splits the variance of trainings, by a one-way analysis of variance.

    Args:
      pairs: for each of at least three architectures, what two trainings with
        different seeds gave.
    """
    import scipy.stats

    values = np.asarray(pairs, np.float64)
    count = len(values)
    within = ((values[:, 0] - values[:, 1]) ** 2).mean() / 2
    between = 2 * values.mean(1).var(ddof=1)
    # Between the mean squares of two trainings lies twice the variance.
    variance = max(0.0, (between - within) / 2)
    total = variance + within
    # The interval of Tukey and Williams (Burdick and Graybill, "Confidence
    # intervals on variance components", 1992, section 3.3).
    low, high = (
        math.sqrt(
            max(0.0, between - within * scipy.stats.f.ppf(q, count - 1, count))
            * (count - 1)
            / scipy.stats.chi2.ppf(q, count - 1)
            / 2
        )
        for q in (0.975, 0.025)
    )
    return Spread(
        math.sqrt(variance),
        low,
        high,
        math.sqrt(within),
        variance / total if total else 0.0,
    )


def rival(
    found: Sequence[float],
    controls: Sequence[float],
    architectures: int,
    share: float,
    seed: int = 0,
) -> Difference:
    """Compares a result with the best of many random architectures.

    The rival is successive halving of random architectures in the same time. It
    was not run: its result is estimated from the spread of the controls, as the
    expected largest of so many normal numbers, weakened by how well the first
    rung tells architectures apart. The interval is a bootstrap's.

    Args:
      found: the result's trainings.
      controls: trainings of random architectures, one each.
      architectures: how many the rival can train in the first rung.
      share: `Spread.share` of the first rung.
      seed: seed of the bootstrap.
    """
    largest = _expected_largest(architectures) * math.sqrt(share)
    generator = np.random.default_rng(seed)

    def gain(one, other):
        variance = other.var(-1, ddof=1) - one.var(-1, ddof=1)
        return (
            one.mean(-1)
            - other.mean(-1)
            - largest * np.sqrt(np.maximum(variance, 0.0))
        )

    one, other = (np.asarray(x, np.float64) for x in (found, controls))
    drawn = gain(*(generator.choice(x, (_DRAWS, len(x))) for x in (one, other)))
    low, high = np.quantile(drawn, [0.025, 0.975])
    below = float((drawn <= 0).mean())
    p = min(1.0, 2 * min(below, 1 - below) + 1 / _DRAWS)
    counts = len(one), architectures
    return Difference(
        float(gain(one, other)), float(low), float(high), p, counts
    )


def _expected_largest(count: int) -> float:
    """The expected largest of so many standard normal numbers."""
    import scipy.stats

    points = np.linspace(-8, 8, 4001)
    density = (
        count
        * scipy.stats.norm.pdf(points)
        * scipy.stats.norm.cdf(points) ** (count - 1)
    )
    return float(np.trapezoid(points * density, points))


def verdict(
    first: Sequence[Training],
    repeats: Sequence[Training],
    confirmed: Sequence[Training],
    controls: Sequence[Training],
    unit: str = "reward",
    scale: float = 1.0,
) -> dict[str, object]:
    """Judges a search by its short trainings.

    Args:
      first: the trainings of the first rung.
      repeats: trainings of random architectures in the first rung, then as many
        of the same architectures with another seed.
      confirmed: trainings of the result with other seeds.
      controls: trainings of random architectures, as long.
      unit: name of the unit of all numbers.
      scale: what rewards are multiplied by to get numbers of this unit.

    Returns:
      gain, low, high, p: the result against the mean of random architectures;
      found, random: both means; rival: the result against the best of random
      architectures in the same time; proposals: those of the searcher against
      random ones in the first rung; spread: of architectures and seeds in the
      first rung; counts; unit.
    """
    found, random = (
        [scale * each.reward for each in group]
        for group in (confirmed, controls)
    )
    half = len(repeats) // 2
    pairs = [
        (scale * one.reward, scale * other.reward)
        for one, other in zip(repeats[:half], repeats[half:], strict=True)
    ]
    result = {
        **_as_dict(difference(found, random)),
        "found": float(np.mean(found)),
        "random": float(np.mean(random)),
        "unit": unit,
    }
    by_origin = {
        origin: [scale * each.reward for each in first if each.origin == origin]
        for origin in trainings.ORIGINS
    }
    for origin in (trainings.SHARED, trainings.PROPOSED):
        if min(len(by_origin[origin]), len(by_origin[trainings.RANDOM])) > 1:
            result[origin] = _as_dict(
                difference(by_origin[origin], by_origin[trainings.RANDOM])
            )
    if half > 2:
        measured = spread(pairs)
        result["spread"] = dataclasses.asdict(measured)
        # The time of the verdict's trainings is the rival's, too.
        steps = sum(each.steps for each in (*first, *confirmed, *controls))
        count = round(steps / first[0].steps)
        result["rival"] = _as_dict(rival(found, random, count, measured.share))
    return result


def _as_dict(found: Difference) -> dict[str, object]:
    return {
        name: list(value) if isinstance(value, tuple) else float(value)
        for name, value in dataclasses.asdict(found).items()
    }


def checked(verdict: object) -> dict[str, object]:
    """A verdict that was read from a file.

    Raises:
      ValueError: it is none; the message names the place.
    """
    if not isinstance(verdict, dict):
        raise ValueError("expected a mapping")
    _check_numbers(verdict, ("gain", "low", "high", "p", "found", "random"))
    if not isinstance(verdict.get("unit"), str):
        raise ValueError("unit: expected a text")
    for name in (trainings.SHARED, trainings.PROPOSED, "rival"):
        if name in verdict:
            _check_numbers(verdict[name], ("gain", "low", "high", "p"), name)
    if "spread" in verdict:
        names = [field.name for field in dataclasses.fields(Spread)]
        _check_numbers(verdict["spread"], names, "spread")
    return verdict


def _check_numbers(values, names, where="verdict"):
    for name in names:
        value = values.get(name) if isinstance(values, dict) else None
        if type(value) not in (int, float) or not abs(value) < 1e30:
            raise ValueError(f"{where}: {name}: expected a number")
    if where == "spread":
        return
    counts = values.get("counts")
    if (
        not isinstance(counts, list)
        or len(counts) != 2
        or not all(type(each) is int and 0 <= each < 10**9 for each in counts)
    ):
        raise ValueError(f"{where}: counts: expected two whole numbers")


def short(verdict: dict[str, object]) -> str:
    """A verdict in a few words."""
    words = "no better than chance, as far as can be told"
    if verdict["low"] > 0:
        words = "better than chance"
    elif verdict["high"] < 0:
        words = "worse than chance"
    return (
        f"{words}: {_range(verdict)} {verdict['unit']} against random "
        f"architectures, p = {verdict['p']:.2g}"
    )


def sentences(verdict: dict[str, object]) -> list[str]:
    """What a verdict says, for a person."""
    unit = verdict["unit"]
    text = [_gain(verdict, unit)]
    if "rival" in verdict:
        rival = verdict["rival"]
        text.append(
            f"against the best of {rival['counts'][1]} random architectures "
            f"that the same time would allow (an estimate): {_range(rival)} "
            f"{unit}"
        )
    names = {
        trainings.SHARED: "proposed by the search with shared weights",
        trainings.PROPOSED: "proposed from short trainings",
    }
    for origin, name in names.items():
        if origin in verdict:
            text.append(
                f"architectures {name}, in the first rung against random "
                f"ones: {_range(verdict[origin])} {unit}"
            )
    if "spread" in verdict:
        text.append(_spread(verdict["spread"], unit))
    return text


def _gain(verdict, unit):
    one, other = verdict["counts"]
    against = (
        f"{one} trainings of the result with other seeds against {other} "
        f"random architectures: {_range(verdict)} {unit}, "
        f"p = {verdict['p']:.2g}"
    )
    if verdict["low"] > 0:
        return f"verdict: better than chance. {against}"
    if verdict["high"] < 0:
        return f"verdict: worse than chance. {against}"
    needed = trainings_needed(verdict)
    more = (
        f"; if the difference is as large as that, about {needed} trainings "
        "would show it"
        if needed
        else ""
    )
    return (
        f"verdict: no better than chance, as far as can be told. {against}"
        f"{more}"
    )


def trainings_needed(verdict: dict[str, object]) -> int | None:
    """How many trainings would show a gain that is not clear yet.

    It is assumed that the true gain is the measured one. None if the gain is
    clear or not positive, or if so many trainings are out of reach.
    """
    if not verdict["low"] <= 0 < verdict["gain"]:
        return None
    reach = (verdict["high"] - verdict["low"]) / 2
    needed = sum(verdict["counts"]) * (reach / verdict["gain"]) ** 2
    return math.ceil(needed) if needed < _MOST_NEEDED else None


def _range(found):
    return f"{found['gain']:+.2f} ({found['low']:+.2f} to {found['high']:+.2f})"


def _spread(spread, unit):
    text = (
        f"spread of random architectures: {spread['architectures']:.2f} {unit} "
        f"({spread['low']:.2f} to {spread['high']:.2f}), of seeds: "
        f"{spread['seeds']:.2f}"
    )
    if spread["low"] > 0:
        return text
    return (
        f"{text}; that architectures differ at all is not shown: on these data "
        "their choice may not matter"
    )
