"""Two searches, each with one training of its result."""

import types

import pytest

from ednas_tf.analysis import verdict


def record(searcher, **result):
    return types.SimpleNamespace(
        name=searcher,
        searcher=searcher,
        setting=lambda name: "digits",
        verdict=None,
        result=result,
        candidates=[],
        decides_by_trainings=False,
        in_table=False,
    )


def against_random(one, random):
    """The sentence about a search that is compared with a random one."""
    (found,) = verdict.verdict(
        [record("ednas", **one), record("random", **random)]
    )
    return found


@pytest.mark.parametrize(
    "accuracy, words, low, high",
    [
        (0.9, "better than random", "+0.0211", "+0.0789"),
        # With 1.64 standard errors in place of 1.96 this would be clear.
        (0.877, "no clear difference", "-0.0031", "+0.0571"),
        (0.81, "worse than random", "-0.0729", "-0.0071"),
    ],
)
def test_a_difference_of_accuracies_is_judged_by_its_interval(
    accuracy, words, low, high
):
    found = against_random(
        {"test_accuracy": accuracy, "test_images": 1000},
        {"test_accuracy": 0.85, "test_images": 1000},
    )
    assert found.startswith(f"ednas: {words}. Trained from scratch, ")
    assert f"95 % confidence interval {low} to {high})" in found


@pytest.mark.parametrize(
    "perplexity, words", [(90.0, "better"), (110.0, "worse")]
)
def test_a_lower_perplexity_is_better(perplexity, words):
    found = against_random(
        {"test_perplexity": perplexity}, {"test_perplexity": 100.0}
    )
    assert found.startswith(f"ednas: {words} in one training each: ")
