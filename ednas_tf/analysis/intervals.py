"""Differences and spreads of a few numbers, with their intervals."""

import dataclasses
import math
from collections.abc import Sequence

import numpy as np

#: Draws of the interval of `rival`.
_DRAWS = 4000


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


def difference(
    one: Sequence[float],
    other: Sequence[float],
    equal_variances: bool = False,
) -> Difference:
    """Compares two means of independent numbers by a t test.

    Args:
      one, other: at least two numbers each.
      equal_variances: whether both vary alike, as trainings of one architecture
        do in each case. If not, the test is Welch's.
    """
    # Its import takes a second, and a report is refused before.
    import scipy.stats

    one, other = (np.asarray(x, np.float64) for x in (one, other))
    gain = one.mean() - other.mean()
    parts = [x.var(ddof=1) / len(x) for x in (one, other)]
    error, counts = math.sqrt(sum(parts)), (len(one), len(other))
    if error == 0:
        return Difference(gain, gain, gain, float(gain == 0), counts)
    if equal_variances:
        freedom = sum(counts) - 2
        squares = sum(((x - x.mean()) ** 2).sum() for x in (one, other))
        error = math.sqrt(squares / freedom * sum(1 / n for n in counts))
    else:
        freedom = error**4 / sum(
            part**2 / (n - 1) for part, n in zip(parts, counts, strict=True)
        )
    reach = scipy.stats.t.ppf(0.975, freedom) * error
    p = 2 * scipy.stats.t.sf(abs(gain) / error, freedom)
    return Difference(gain, gain - reach, gain + reach, p, counts)


def mean(values: Sequence[float]) -> Difference:
    """Compares the mean of at least two numbers with 0 by a t test."""
    import scipy.stats

    values = np.asarray(values, np.float64)
    count, exact = len(values), float(values.mean())
    error = values.std(ddof=1) / math.sqrt(count)
    if error == 0:
        return Difference(exact, exact, exact, float(exact == 0), (count, 0))
    reach = scipy.stats.t.ppf(0.975, count - 1) * error
    p = 2 * scipy.stats.t.sf(abs(exact) / error, count - 1)
    return Difference(exact, exact - reach, exact + reach, float(p), (count, 0))


@dataclasses.dataclass(frozen=True)
class Spread:
    """How much random architectures differ, beside the seeds of trainings.

    Attributes:
      architectures: standard deviation of architectures; 0 if trainings with
        the same architecture differ as much as others.
      low, high: its 95 % confidence interval.
      seeds: standard deviation of trainings of one architecture, without what
        a seed changes for all architectures alike.
      share: the part of the variance of one training that is due to the
        architecture, in [0, 1].
    """

    architectures: float
    low: float
    high: float
    seeds: float
    share: float


def spread(pairs: Sequence[tuple[float, float]]) -> Spread:
    """Splits the variance of trainings, by a two-way analysis of variance.

    Args:
      pairs: for each of at least three architectures, what its trainings with
        one seed and with another gave; both seeds are those of all pairs.
    """
    import scipy.stats

    values = np.asarray(pairs, np.float64)
    count = len(values)
    within = (values[:, 0] - values[:, 1]).var(ddof=1) / 2
    between = 2 * values.mean(1).var(ddof=1)
    # Between the mean squares of two trainings lies twice the variance.
    variance = max(0.0, (between - within) / 2)
    total = variance + within
    # The interval of Tukey and Williams (Burdick and Graybill, "Confidence
    # intervals on variance components", 1992, section 3.3).
    freedom = count - 1
    low, high = (
        math.sqrt(
            max(0.0, between - within * scipy.stats.f.ppf(q, freedom, freedom))
            * freedom
            / scipy.stats.chi2.ppf(q, freedom)
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
    was not run: its result is estimated from the spread of the controls beyond
    that of seeds, as the expected largest of so many normal numbers, weakened
    by how well the first rung tells architectures apart. The interval is a
    fiducial one (Weerahandi, "Generalized confidence intervals", 1993): means
    and variances are drawn as normal numbers with these samples leave them
    open. It held a true difference of 0 in 96 to 99 % of simulated searches.

    Args:
      found: the result's trainings.
      controls: trainings of random architectures, one each.
      architectures: how many the rival can train in the first rung.
      share: `Spread.share` of the first rung.
      seed: seed of the draws.
    """
    largest = _expected_largest(architectures) * math.sqrt(share)
    generator = np.random.default_rng(seed)

    def drawn(values):
        """Means and variances that may be behind these numbers."""
        count = len(values)
        variance = (count - 1) * np.var(values, ddof=1)
        variance = variance / generator.chisquare(count - 1, _DRAWS)
        error = np.sqrt(variance / count)
        return np.mean(values) + error * generator.normal(size=_DRAWS), variance

    def gain(one, other):
        (one, of_seeds), (other, of_all) = one, other
        return one - other - largest * np.sqrt(np.maximum(of_all - of_seeds, 0))

    gains = gain(drawn(found), drawn(controls))
    low, high = np.quantile(gains, [0.025, 0.975])
    below = float((gains <= 0).mean())
    p = min(1.0, 2 * min(below, 1 - below) + 1 / _DRAWS)
    exact = gain(*((np.mean(x), np.var(x, ddof=1)) for x in (found, controls)))
    counts = len(found), architectures
    return Difference(float(exact), float(low), float(high), p, counts)


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
