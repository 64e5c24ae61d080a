"""Whether a search was better than random search."""

import math

import numpy as np
import scipy.stats

from ednas_tf.analysis import chance
from ednas_tf.analysis.run_record import RunRecord
from ednas_tf.analysis.truth import Truth

#: The searcher to compare others with.
RANDOM = "random"
_NO_RUN = "Not known, as there is no random search to compare with."
#: How a command makes one.
RUN_ONE = (
    "Run one with --searcher=random in another --model_dir, and give that to "
    "--compare."
)
_ALL_RANDOM = "All of these searches are random searches."


def verdict(records: list[RunRecord], truth: Truth | None = None) -> list[str]:
    """Compares each search with the first random search, in a sentence each.

    Without a random search, those that have trained random architectures
    themselves are compared with these.

    Args:
      records: the searches.
      truth: the truth about the first search, if it is known: a search in the
        table is compared with random ones by it.
    """
    names = [record.searcher for record in records]
    if RANDOM not in names or len(records) == 1:
        found = [_against_own(record) for record in records]
        if truth and records[0].searcher != RANDOM:
            found[0] = truth.against_random() or found[0]
        return list(dict.fromkeys(found))
    random = records[names.index(RANDOM)]
    others = [
        record
        for record, name in zip(records, names, strict=True)
        if name != RANDOM
    ]
    if not others:
        return [_ALL_RANDOM]
    return [f"{other.name}: {_against(other, random)}" for other in others]


def _against_own(record):
    """A verdict by random architectures that the search itself has trained."""
    if record.verdict:
        return f"{record.name}: {chance.short(record.verdict)}."
    if record.decides_by_trainings:
        return f"{record.name}: not known until its last short training ends."
    return _ALL_RANDOM if record.searcher == RANDOM else f"{_NO_RUN} {RUN_ONE}"


def _against(one, random):
    data = [record.setting("data.name") for record in (one, random)]
    if data[0] != data[1]:
        return (
            f"not comparable, as it was searched on {data[0]} and random "
            f"search on {data[1]}."
        )
    found = []
    if one.verdict:
        short = chance.short(one.verdict)
        found.append(f"{short}, trained in the same search.")
    if one.result and random.result:
        found.append(_trained(one.result, random.result))
    if any(found):
        return " Trained once each: ".join(filter(None, found))
    if one.decides_by_trainings or random.decides_by_trainings:
        return f"not known yet. {_untrained(one, random)}"
    if one.candidates and random.candidates:
        if one.in_table:
            return _looked_up(one, random)
        return f"{_candidates(one, random)} {_untrained(one, random)}"
    return "not known until both searches have derived their candidates."


def _untrained(one, random):
    """Names the searches whose result must be trained for a fair comparison."""
    names = [record.name for record in (one, random) if not record.result]
    if not names:
        return "The results of both were trained, but tested differently."
    has = "has" if len(names) == 1 else "have"
    return (
        f"{' and '.join(names)} {has} no training from scratch, which alone "
        "can show which is better; the end of each search prints its command."
    )


def _trained(one, random):
    """Compares the results of one training each; None if they cannot be."""
    tested = {"test_accuracy", "test_images"}
    if tested <= one.keys() & random.keys():
        a, b = one["test_accuracy"], random["test_accuracy"]
        error = math.sqrt(
            a * (1 - a) / one["test_images"]
            + b * (1 - b) / random["test_images"]
        )
        low, high = a - b - 1.96 * error, a - b + 1.96 * error
        clear = "no clear difference"
        if low > 0 or high < 0:
            clear = "better than random" if low > 0 else "worse than random"
        return (
            f"{clear}. Trained from scratch, its test accuracy is {a:.4f}, "
            f"that of random search {b:.4f} (difference {a - b:+.4f}, 95 % "
            f"confidence interval {low:+.4f} to {high:+.4f}). The interval "
            "covers the choice of test images, not the seed of the training."
        )
    if "test_perplexity" in one and "test_perplexity" in random:
        a, b = one["test_perplexity"], random["test_perplexity"]
        better = "better" if a < b else "worse"
        return (
            f"{better} in one training each: its test perplexity is {a:.2f}, "
            f"that of random search {b:.2f}. Part of the difference may be due "
            "to the seeds of the trainings."
        )
    return None


def _looked_up(one, random):
    """Compares the best that two searches in a table have found."""
    a, b = (max(each.reward for each in r.candidates) for r in (one, random))
    better = "better" if a > b else "worse" if a < b else "as good"
    return (
        f"{better} in one search each: the best architecture that it has "
        f"looked up has a reward of {a:.4f}, that of random search {b:.4f}. "
        "Other seeds can give another answer."
    )


def _candidates(one, random):
    """Compares candidates, each scored by the shared weights of its search.

    That is no fair judge, and the text says so.
    """
    mine, theirs = (
        np.array([candidate.reward for candidate in record.candidates])
        for record in (one, random)
    )
    test = scipy.stats.mannwhitneyu(mine, theirs)
    wins = test.statistic / (len(mine) * len(theirs))
    return (
        "not known. Scored with shared weights, a candidate of this search "
        "beats one of random "
        f"search with a probability of {wins:.2f} (p = {test.pvalue:.2g}, "
        f"Mann-Whitney test); the best ones have {mine.max():.4f} and "
        f"{theirs.max():.4f}. But shared weights that were trained for few "
        "architectures favour those."
    )
