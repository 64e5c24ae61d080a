"""Whether a search was better than random search."""

import math

import numpy as np
import scipy.stats

from ednas_tf.analysis.run_record import RunRecord

#: The searcher of the paper's "Random" rows.
RANDOM = "random"
_NO_RUN = (
    "Not known: no random search was run on the same. Run one with "
    "--searcher=random in another --model_dir, and name it in --compare."
)


def verdict(records: list[RunRecord]) -> list[str]:
    """Sentences on every other search against the first random one."""
    names = [record.setting("search.searcher") for record in records]
    if RANDOM not in names:
        return [_NO_RUN]
    random = records[names.index(RANDOM)]
    others = [
        record
        for record, name in zip(records, names, strict=True)
        if name != RANDOM
    ]
    if not others:
        return ["All of these are random searches."]
    return [f"{other.name}: {_against(other, random)}" for other in others]


def _against(one, random):
    data = [record.setting("data.name") for record in (one, random)]
    if data[0] != data[1]:
        return f"searched on {data[0]}, random search on {data[1]}."
    if one.result and random.result:
        told = _trained(one.result, random.result)
        if told:
            return told
    if one.candidates and random.candidates:
        return _candidates(one, random)
    return "not known until both searches have derived their candidates."


def _trained(one, random):
    """Of one training each."""
    if "test_accuracy" in one and "test_accuracy" in random:
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
            f"{clear}. Trained from scratch, test accuracy {a:.4f} against "
            f"{b:.4f} (difference {a - b:+.4f}, {low:+.4f} to {high:+.4f} with "
            "95 % confidence of the test images; seeds of trainings vary, too)."
        )
    if "test_perplexity" in one and "test_perplexity" in random:
        a, b = one["test_perplexity"], random["test_perplexity"]
        better = "better" if a < b else "worse"
        return (
            f"{better} in one training each, with a test perplexity of {a:.2f} "
            f"against {b:.2f}; seeds of trainings vary by some of that."
        )
    return None


def _candidates(one, random):
    """Each scored by its own shared weights, which are no fair judge."""
    mine, theirs = (
        np.array([candidate.reward for candidate in record.candidates])
        for record in (one, random)
    )
    test = scipy.stats.mannwhitneyu(mine, theirs)
    wins = test.statistic / (len(mine) * len(theirs))
    return (
        f"not trained from scratch yet, which alone would tell. By their "
        f"shared weights a sampled architecture of this search is better than "
        f"one of random search with a probability of {wins:.2f} (p = "
        f"{test.pvalue:.2g}, Mann and Whitney); best {mine.max():.4f} against "
        f"{theirs.max():.4f}. Weights that were trained on few architectures "
        "flatter those."
    )
