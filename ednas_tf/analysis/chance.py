"""Whether a search found something better than chance, and by how much.

All comparisons are of short trainings (`trainings`), in the unit of the reward.
"""

import dataclasses
import math
from collections.abc import Mapping, Sequence

import numpy as np

from ednas_tf.analysis import intervals, trainings
from ednas_tf.analysis.trainings import Training

#: So many trainings are out of reach.
_MOST_NEEDED = 1000
#: The probability that `trainings_needed` trainings show a gain.
_POWER = 0.8


def verdict(
    first: Sequence[Training],
    repeats: Sequence[Training],
    confirmed: Sequence[Training],
    controls: Sequence[Training],
    largest: Sequence[Training] = (),
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
      largest: trainings of the architecture with the most weights, as long;
        those of the result itself if it has the most.
      unit: name of the unit of all differences.
      scale: what rewards are multiplied by to get numbers of this unit.

    Returns:
      gain, low, high, p: the result against the mean of random architectures;
      found, random: both means; rival: the result against the best of random
      architectures in the same time; largest: the result against the
      architecture with the most weights; shared, proposed: architectures of
      this origin against random ones in the first rung; spread: of
      architectures and seeds in the first rung; counts; unit.
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
        **_as_dict(intervals.difference(found, random)),
        "found": float(np.mean(found)),
        "random": float(np.mean(random)),
        "unit": unit,
    }
    rewards = {
        origin: [scale * each.reward for each in first if each.origin == origin]
        for origin in trainings.ORIGINS
    }
    drawn = rewards[trainings.RANDOM]
    for origin in (trainings.SHARED, trainings.PROPOSED):
        if min(len(rewards[origin]), len(drawn)) > 1:
            result[origin] = _as_dict(
                intervals.difference(rewards[origin], drawn)
            )
    if largest:
        result["largest"] = _as_dict(
            _against_largest(confirmed, largest, scale)
        )
    if half > 2:
        measured = intervals.spread(pairs)
        result["spread"] = dataclasses.asdict(measured)
        # The time of the verdict's trainings is the rival's, too.
        steps = sum(each.steps for each in (*first, *confirmed, *controls))
        count = round(steps / first[0].steps)
        result["rival"] = _as_dict(
            intervals.rival(found, random, count, measured.share)
        )
    return result


def _against_largest(confirmed, largest, scale):
    if confirmed[0].genotype == largest[0].genotype:
        counts = len(confirmed), len(largest)
        return intervals.Difference(0.0, 0.0, 0.0, 1.0, counts)
    one, other = (
        [scale * each.reward for each in part] for part in (confirmed, largest)
    )
    return intervals.difference(one, other, equal_variances=True)


def _as_dict(found: intervals.Difference) -> dict[str, object]:
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
    for name in (trainings.SHARED, trainings.PROPOSED, "rival", "largest"):
        if name in verdict:
            _check_numbers(verdict[name], ("gain", "low", "high", "p"), name)
    worth = verdict.get("worth", {})
    if not isinstance(worth, dict):
        raise ValueError("worth: expected a mapping")
    for values in worth.values():
        _check_numbers(values, ("coefficient", "error", "share"), "worth")
    if "spread" in verdict:
        names = [field.name for field in dataclasses.fields(intervals.Spread)]
        _check_numbers(verdict["spread"], names, "spread")
    return verdict


def _check_numbers(values, names, where="verdict"):
    for name in names:
        value = values.get(name) if isinstance(values, dict) else None
        if type(value) not in (int, float) or not abs(value) < 1e30:
            raise ValueError(f"{where}: {name}: expected a number")
    if where in ("spread", "worth"):
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
        f"{words}: {_range(verdict, verdict)} {verdict['unit']} against random "
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
            "that the same time would allow (an estimate): "
            f"{_range(verdict, rival)} {unit}"
        )
    if "largest" in verdict:
        text.append(_largest(verdict, unit))
    names = {
        trainings.SHARED: "proposed by the search with shared weights",
        trainings.PROPOSED: "proposed from short trainings",
    }
    for origin, name in names.items():
        if origin in verdict:
            text.append(
                f"architectures {name}, in the first rung against random "
                f"ones: {_range(verdict, verdict[origin])} {unit}"
            )
    for name, worth in verdict.get("worth", {}).items():
        text.append(
            f"what {name} said of architectures: {100 * worth['share']:.0f} % "
            "of what the searcher believes"
        )
    if "spread" in verdict:
        text.append(_spread(verdict, unit))
    return text


def _gain(verdict, unit):
    one, other = verdict["counts"]
    against = (
        f"{one} trainings of the result with other seeds against {other} "
        f"random architectures: {_range(verdict, verdict)} {unit}, "
        f"p = {verdict['p']:.2g}"
    )
    if verdict["low"] > 0:
        return f"verdict: better than chance. {against}"
    if verdict["high"] < 0:
        return f"verdict: worse than chance. {against}"
    needed = trainings_needed(verdict)
    more = (
        f"; if the difference is as large as that, about {needed} trainings "
        "would show it in four of five cases"
        if needed
        else ""
    )
    return (
        f"verdict: no better than chance, as far as can be told. {against}"
        f"{more}"
    )


def trainings_needed(verdict: dict[str, object]) -> int | None:
    """How many trainings would show a gain that is not clear yet.

    With so many, the interval of the gain is above 0 with a probability of
    80 %, if the true gain is the measured one. The numbers of trainings on both
    sides keep their ratio. None if the gain is clear or not positive, or if so
    many trainings are out of reach.
    """
    # Its import takes a second, and a report is refused before.
    import scipy.stats

    if not verdict["low"] <= 0 < verdict["gain"]:
        return None
    count = sum(verdict["counts"])
    reach = (verdict["high"] - verdict["low"]) / 2
    error = reach / scipy.stats.t.ppf(0.975, max(1, count - 2))
    wanted = scipy.stats.norm.ppf([0.975, _POWER]).sum()
    needed = count * (wanted * error / verdict["gain"]) ** 2
    return math.ceil(needed) if needed < _MOST_NEEDED else None


def _largest(verdict, unit):
    largest = verdict["largest"]
    if largest["low"] == largest["high"] == 0:
        return (
            "the result is the architecture with the most weights of those "
            "that were tried"
        )
    return (
        "against the architecture with the most weights: "
        f"{_range(verdict, largest)} {unit}"
    )


def number_format(verdict: Mapping[str, object]):
    """A function that formats all numbers of a verdict alike.

    Percentages need two decimals, nats and shares four.
    """
    large = max(abs(verdict["found"]), abs(verdict["random"])) >= 10
    return lambda value, sign="": f"{value:{sign}.{2 if large else 4}f}"


def _range(verdict, found):
    number = number_format(verdict)
    gain, low, high = (number(found[x], "+") for x in ("gain", "low", "high"))
    return f"{gain} ({low} to {high})"


def _spread(verdict, unit):
    spread, number = verdict["spread"], number_format(verdict)
    exact, low, high, seeds = (
        number(spread[name])
        for name in ("architectures", "low", "high", "seeds")
    )
    text = (
        f"spread of random architectures in the first rung: {exact} {unit} "
        f"({low} to {high}), of seeds: {seeds}"
    )
    if spread["low"] > 0 or verdict["low"] > 0:
        return text
    return (
        f"{text}; that architectures differ at all is not shown: on these data "
        "their choice may not matter"
    )
