"""Sentences of the story about the short trainings of a search."""

from collections.abc import Iterator

from ednas_tf import wording
from ednas_tf.analysis import plain_verdict, scores, short_rungs, trainings
from ednas_tf.analysis.run_record import RunRecord


def amount(record: RunRecord) -> str:
    """How many short trainings were made, and what for: "60 short ..."."""
    done = record.trainings
    many, steps = short_rungs.count(done), short_rungs.total_steps(done)
    parts = {
        "to choose the result": trainings.RUNG,
        "to measure the spread of seeds": trainings.REPEAT,
    }
    counts = {
        name: short_rungs.count(short_rungs.of_purpose(done, purpose))
        for name, purpose in parts.items()
    }
    counts["for the verdict"] = many - sum(counts.values())
    told = ", ".join(f"{n} {name}" for name, n in counts.items() if n)
    made = wording.count(many, "short training")
    return f"{made} ({told}) of {wording.count(steps, 'step')} in all"


def found(record: RunRecord) -> Iterator[str]:
    """What the short trainings found."""
    rungs = short_rungs.rungs(record.trainings)
    if not rungs:
        return
    first, last = rungs[0], rungs[-1]
    if len(rungs) > 1:
        yield (
            f"{len(first)} architectures were trained for {first[0].steps:,} "
            f"steps each. The better half of them was trained on, and so on; "
            f"{len(last)} have reached {last[0].steps:,} steps."
        )
    else:
        planned = record.setting("search.short.trainings", "several")
        yield (
            f"{len(first)} of {planned} architectures have been trained for "
            f"{first[0].steps:,} steps each."
        )
    if record.found is None:
        yield (
            "No architecture has been chosen yet; the best of those that were "
            "trained longest so far is drawn below."
        )
        return
    yield from _chosen(record, last)
    if record.verdict:
        yield plain_verdict.gain(record.verdict)


def _chosen(record, last):
    """How the result was chosen from the last rung."""
    ranks = [each.genotype for each in last]
    if record.found not in ranks:
        return
    own = last[ranks.index(record.found)]
    if own.origin == trainings.RANDOM:
        yield (
            "The result was drawn at random, and stood the test of the rungs; "
            "no searcher proposed it."
        )
    if ranks[0] == record.found:
        yield (
            "The result has the highest score of them; its cells are drawn "
            "below."
        )
        return
    yield (
        f"The result has rank {ranks.index(record.found) + 1} of them by its "
        "score. The difference from the highest score is no larger than the "
        "standard error of a score, and among such architectures the one with "
        "the fewest multiply-adds was taken (search.ties). Its cells are drawn "
        "below."
    )


def why(record: RunRecord) -> Iterator[str]:
    """What decided between the architectures."""
    rungs = short_rungs.rungs(record.trainings)
    if not rungs:
        return
    yield (
        "Architectures were ranked by a score: a mean of the reward after "
        "their training and of the reward that their training loss, averaged "
        "over the second half of their steps, lets one expect. "
        f"{_weights(record, rungs)} The more of a reward is due to the seed, "
        "the less it counts."
    )
    if len(rungs) > 1:
        origins = ", ".join(
            f"{len(own)} {short_rungs.FROM[origin]}"
            for origin in trainings.ORIGINS
            if (own := short_rungs.of_origin(rungs[-1], origin))
        )
        yield (
            f"The {len(rungs[-1])} architectures that were trained longest: "
            f"{origins}."
        )


def _weights(record, rungs):
    noise = scores.variance_of_seeds(record.trainings)
    weights = [f"{100 * scores.scale(r, noise).weight:.0f} %" for r in rungs]
    own = "The reward itself counted"
    if len(weights) == 1:
        return f"{own} {weights[0]}."
    return f"{own} {', '.join(weights[:-1])} and {weights[-1]} in the rungs."


def trust(record: RunRecord) -> Iterator[str]:
    """How sure the result is."""
    if record.verdict:
        yield plain_verdict.certainty(record.verdict)
    elif record.decides_by_trainings:
        yield (
            "Whether this search beats chance is not known yet: the result "
            "and random architectures are trained once more at its end."
        )
