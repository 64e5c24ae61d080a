"""A verdict of `chance` for a person who knows no statistics.

`chance.sentences` is short, for a terminal. Here each number is explained.
"""

from collections.abc import Iterator, Mapping

from ednas_tf.analysis import chance, trainings

Verdict = Mapping[str, object]

_PROPOSED_BY = {
    trainings.SHARED: "the search with shared weights",
    trainings.PROPOSED: "the searcher that learns from short trainings",
}


def headline(verdict: Verdict) -> str:
    """The verdict in one sentence."""
    if verdict["low"] > 0:
        return (
            "This search beat chance. Its result is better than architectures "
            "drawn at random are on average."
        )
    if verdict["high"] < 0:
        return "This search did worse than chance."
    return (
        "This search did no better than chance, as far as its trainings can "
        "tell."
    )


def comparisons(verdict: Verdict) -> Iterator[str]:
    """What the result was compared with, in a line each."""
    many = verdict["counts"][1]
    yield (
        f"Against the mean of {many} random architectures: "
        f"{_range(verdict, verdict)}."
    )
    if "rival" in verdict:
        rival = verdict["rival"]
        undecided = ""
        if rival["low"] <= 0 <= rival["high"]:
            undecided = " Which of the two is better is not decided."
        yield (
            f"Against the best of {rival['counts'][1]:,} random architectures, "
            f"which is an estimate: {_range(verdict, rival)}.{undecided}"
        )


def gain(verdict: Verdict) -> str:
    """How much better the result is, and what that number is."""
    one, other = verdict["counts"]
    number = chance.number_format(verdict)
    return (
        f"The architecture that it found was trained {one} more times, with "
        "random seeds that had no part in choosing it; "
        f"{other} architectures drawn at random were trained in the same way. "
        f"{_levels(verdict)} The difference is the gain: "
        f"{number(verdict['gain'], '+')} {verdict['unit']}."
    )


def _levels(verdict):
    """Both means: points are differences of percentages, not these."""
    number, unit = chance.number_format(verdict), verdict["unit"]
    found, random = number(verdict["found"]), number(verdict["random"])
    measure = unit.removeprefix("points of ")
    if measure != unit:
        return (
            f"On average its {measure} was {found} %, and that of the random "
            f"ones {random} %."
        )
    return (
        f"On average it reached {found} {unit}, and the random ones {random}."
    )


def certainty(verdict: Verdict) -> str:
    """What the interval and the p-value of the gain mean."""
    number = chance.number_format(verdict)
    low, high = number(verdict["low"], "+"), number(verdict["high"], "+")
    holds = ""
    if verdict["low"] <= 0 <= verdict["high"]:
        holds = (
            ". That range includes 0: the result may be no better than an "
            "architecture drawn at random"
        )
    return (
        "Trainings differ by chance, so the gain is not exact: the true gain "
        f"lies between {low} and {high} with a confidence of 95 %{holds}. If "
        "there were no true gain, a difference of this size would still appear "
        f"in {_times(verdict['p'])} comparisons like this one "
        f"(p = {verdict['p']:.2g})."
    )


def details(verdict: Verdict) -> Iterator[str]:
    """Further sentences: what would show more, the rival, the proposals."""
    needed = chance.trainings_needed(verdict)
    if needed:
        yield (
            "If the true gain is as large as the measured one, about "
            f"{needed} trainings instead of {sum(verdict['counts'])} would "
            "show it in four of five cases. Raise "
            "search.short.confirmations and search.short.controls in a new "
            "--model_dir."
        )
    if "rival" in verdict:
        yield _rival(verdict)
    if "largest" in verdict:
        yield _largest(verdict)
    for origin, name in _PROPOSED_BY.items():
        if origin in verdict:
            yield _proposals(verdict, origin, name)
    for name, worth in verdict.get("worth", {}).items():
        yield _worth(name, worth)
    if "spread" in verdict:
        yield _spread(verdict)


def _rival(verdict):
    rival = verdict["rival"]
    meaning = (
        "Which of the two is better cannot be told."
        if rival["low"] <= 0 <= rival["high"]
        else "By this estimate, the search was better than random choice."
        if rival["low"] > 0
        else "By this estimate, the best of so many would have been better "
        "still."
    )
    return (
        "Any search that tries many architectures should find one that is "
        "better than average. The harder test is the best of "
        f"{rival['counts'][1]:,} random architectures, as many as the same "
        "time would allow. Against that one the gain is "
        f"{_range(verdict, rival)}; this is a rough estimate, as no such "
        f"search was run. {meaning}"
    )


def _largest(verdict):
    largest = verdict["largest"]
    if largest["low"] == largest["high"] == 0:
        return (
            "Of all architectures that were tried, the result is the one with "
            "the most weights."
        )
    return (
        "Counting weights is the simplest way to choose. Against the "
        "architecture with the most weights of all that were tried, trained "
        f"in the same way, the gain is {_range(verdict, largest)}."
    )


def _worth(name, worth):
    coefficient, error = worth["coefficient"], worth["error"]
    meaning = (
        "so the short trainings gave it little or no weight"
        if abs(coefficient) < 2 * error
        else "so it said something about how architectures train"
        if coefficient > 0
        else "it pointed the wrong way, which the searcher takes into account"
    )
    return (
        f"The searcher was also given what {name} said of each choice. This "
        f"makes up {100 * worth['share']:.0f} % of what it believes about "
        f"architectures; {meaning}."
    )


def _proposals(verdict, origin, name):
    found = verdict[origin]
    meaning = (
        "That may be chance."
        if found["low"] <= 0 <= found["high"]
        else "So its proposals were better than random ones."
        if found["low"] > 0
        else "So its proposals were worse than random ones."
    )
    return (
        f"In the first rung, {found['counts'][0]} architectures were proposed "
        f"by {name}. Their gain over random architectures is "
        f"{_range(verdict, found)}. {meaning}"
    )


def _spread(verdict):
    spread, number = verdict["spread"], chance.number_format(verdict)
    meaning = (
        "So the choice of an architecture matters on these data."
        if spread["low"] > 0
        else "These few trainings do not show that architectures differ in the "
        "first rung; the gain shows that they differ in the end."
        if verdict["low"] > 0
        else "So it is not certain that architectures differ at all: on these "
        "data, their choice may not matter."
    )
    return (
        "In the first rung, random architectures differ from each other by "
        f"about {number(spread['architectures'])} {verdict['unit']} (between "
        f"{number(spread['low'])} and {number(spread['high'])}), and two "
        "trainings of the same architecture with different seeds by about "
        f"{number(spread['seeds'])}. {meaning}"
    )


def _range(verdict, found):
    number = chance.number_format(verdict)
    return (
        f"{number(found['gain'], '+')} {verdict['unit']} (between "
        f"{number(found['low'], '+')} and {number(found['high'], '+')})"
    )


def _times(p):
    if p < 0.01:
        return "fewer than 1 of 100"
    return f"about {100 * p:.0f} of 100"
