"""Whether a search beat chance."""

import dataclasses
import functools
import json

import numpy as np
import pytest
import scipy.stats

from ednas_tf.analysis import chance, intervals, trainings
from ednas_tf.analysis.trainings import Training
from ednas_tf.space import published


def test_a_difference_of_means_is_welchs():
    one, other = [5.0, 6.0, 7.0], [1.0, 2.0, 2.5, 4.0]
    found = intervals.difference(one, other)
    expected = scipy.stats.ttest_ind(one, other, equal_var=False)
    interval = expected.confidence_interval()

    assert found.gain == pytest.approx(6 - 2.375)
    assert found.p == pytest.approx(expected.pvalue)
    assert (found.low, found.high) == pytest.approx(interval)
    assert found.counts == (3, 4)


def test_with_equal_variances_the_test_is_students():
    one, other = [5.0, 6.0, 7.0], [1.0, 2.0]
    found = intervals.difference(one, other, equal_variances=True)
    expected = scipy.stats.ttest_ind(one, other)
    interval = expected.confidence_interval()
    assert found.p == pytest.approx(expected.pvalue)
    assert (found.low, found.high) == pytest.approx(interval)


def test_equal_numbers_do_not_differ():
    found = intervals.difference([1.0, 1.0], [1.0, 1.0])
    assert (found.gain, found.low, found.high, found.p) == (0, 0, 0, 1)


def test_the_spread_is_that_of_an_analysis_of_variance():
    pairs = [(1.0, 2.0), (4.0, 4.0), (7.0, 6.0)]
    found = intervals.spread(pairs)
    # Means 1.5, 4, 6.5: their variance is 6.25. Differences -1, 0, 1: theirs is
    # 1, and half of it is that of one training.
    assert found.seeds == pytest.approx(np.sqrt(0.5))
    assert found.architectures == pytest.approx(np.sqrt(6.25 - 0.25))
    assert found.share == pytest.approx(6.0 / 6.5)
    assert found.low < found.architectures < found.high


def test_what_a_seed_does_to_all_architectures_is_no_spread():
    pairs = np.array([(1.0, 2.0), (4.0, 4.0), (7.0, 6.0)])
    shifted = intervals.spread(pairs + [0.0, 10.0])
    assert dataclasses.astuple(shifted) == pytest.approx(
        dataclasses.astuple(intervals.spread(pairs))
    )


def test_the_interval_of_the_spread_holds_what_is_true():
    generator, inside = np.random.default_rng(0), 0
    for _ in range(400):
        true = generator.normal(0, 2.0, [8, 1])
        found = intervals.spread(true + generator.normal(0, 1.0, [8, 2]))
        inside += found.low <= 2.0 <= found.high
    assert 0.92 < inside / 400 < 0.98


def test_seeds_alone_show_no_spread():
    generator = np.random.default_rng(1)
    shown = sum(
        intervals.spread(generator.normal(0, 1.0, [8, 2])).low > 0
        for _ in range(400)
    )
    assert shown / 400 < 0.05


@pytest.mark.parametrize("count, largest", [(2, 0.5642), (16, 1.766)])
def test_the_rival_is_the_expected_best_of_random_ones(count, largest):
    controls = [0.0, 2.0, 4.0, 6.0]
    found = intervals.rival([9.0, 9.0], controls, count, share=0.25)
    spread = np.std(controls, ddof=1)
    assert found.gain == pytest.approx(9 - 3 - largest * 0.5 * spread, abs=1e-3)
    assert found.low < found.gain < found.high


def test_the_interval_of_the_rival_is_wide_enough():
    """The result is as good as the rival: few searches may deny it."""
    generator, denied = np.random.default_rng(0), 0
    # The expected largest of 100 standard normal numbers is 2.508.
    rival = 2.508 * np.sqrt(0.5)
    for i in range(300):
        found = rival + 0.7 * generator.normal(size=3)
        controls = np.hypot(1.0, 0.7) * generator.normal(size=6)
        each = intervals.rival(found, controls, 100, share=0.5, seed=i)
        denied += not each.low <= 0 <= each.high
    assert denied / 300 < 0.05


def training(origin, reward, steps=10, purpose=trainings.RUNG, seed=0):
    return Training(
        *(published.published("darts_v2"), origin, purpose, seed, steps),
        loss=1.0,
        reward=reward,
        seconds=2.0,
    )


def judged(found, random=(0.50, 0.52, 0.51, 0.49), largest="nasnet_a"):
    first = [
        training(trainings.RANDOM, reward)
        for reward in (0.30, 0.40, 0.35, 0.20, 0.25)
    ]
    first += [training(trainings.PROPOSED, r) for r in (0.45, 0.46, 0.47)]
    drawn = first[:4]
    # The other seed is better by a point and a half, and more or less so.
    again = [
        dataclasses.replace(each, reward=each.reward + more, seed=1)
        for each, more in zip(drawn, (0.01, 0.02, 0.02, 0.01), strict=True)
    ]
    confirmed, controls = (
        [training(origin, reward, 80) for reward in rewards]
        for origin, rewards in (
            (trainings.PROPOSED, found),
            (trainings.RANDOM, random),
        )
    )
    largest = [
        dataclasses.replace(
            training(trainings.RANDOM, reward, 80),
            genotype=published.published(largest),
        )
        for reward in (0.53, 0.54)
    ]
    return {
        **chance.verdict(
            first, drawn + again, confirmed, controls, largest, "points", 100
        ),
        "worth": {
            "the number of weights": {
                "coefficient": 0.2,
                "error": 0.1,
                "share": 0.125,
            }
        },
    }


def test_a_verdict_is_in_points():
    found = judged([0.60, 0.62])
    assert found["gain"] == pytest.approx(61 - 50.5)
    assert (found["found"], found["random"]) == pytest.approx((61, 50.5))
    assert found["low"] > 0 and found["p"] < 0.05
    assert found["proposed"]["gain"] == pytest.approx(46 - 30)
    assert "shared" not in found
    assert found["largest"]["gain"] == pytest.approx(61 - 53.5)
    # The differences deviate by 0.5 four times: a variance of 1 / 3.
    assert found["spread"]["seeds"] == pytest.approx(np.sqrt(1 / 6))
    # 8 x 10 + 2 x 80 + 4 x 80 steps, 10 for each architecture.
    assert found["rival"]["counts"] == [2, 56]


@pytest.mark.parametrize(
    "found, words",
    [
        (
            (0.60, 0.62),
            "verdict: better than chance. 2 trainings of the result",
        ),
        ((0.40, 0.41), "verdict: worse than chance. "),
        (
            (0.50, 0.52),
            "verdict: no better than chance, as far as can be told.",
        ),
    ],
)
def test_sentences_say_whether_it_beat_chance(found, words):
    lines = chance.sentences(judged(found))
    assert lines[0].startswith(words)
    assert len(lines) == 6
    assert lines[2].startswith("against the architecture with the most weights")
    assert lines[4] == (
        "what the number of weights said of architectures: 12 % of what the "
        "searcher believes"
    )


def test_the_result_may_have_the_most_weights():
    found = judged([0.60, 0.62], largest="darts_v2")
    assert found["largest"] == {
        **dict(gain=0.0, low=0.0, high=0.0, p=1.0, counts=[2, 2])
    }
    assert chance.sentences(found)[2] == (
        "the result is the architecture with the most weights of those that "
        "were tried"
    )


def test_small_units_have_four_decimals():
    found = judged([0.60, 0.62])
    small = found | dict(found=0.61, random=0.505, gain=0.105, low=0.01)
    assert chance.short(small).startswith(
        "better than chance: +0.1050 (+0.0100"
    )


def test_equal_trainings_are_no_better_than_chance():
    found = judged([0.5, 0.5], random=(0.5, 0.5))
    (line, *_) = chance.sentences(found)
    assert line.startswith("verdict: no better than chance")
    assert chance.trainings_needed(found) is None


def test_how_many_trainings_would_show_a_gain():
    found = {"gain": 1.0, "low": -1.5, "high": 3.5, "counts": [3, 4]}
    # Half the interval is 2.5, which is 2.571 standard errors of 5 degrees of
    # freedom; 80 % power takes 1.960 + 0.842 of them: 7 x (2.724 / 1) ** 2.
    assert chance.trainings_needed(found) == 52
    assert chance.trainings_needed(found | {"gain": 0.1}) is None
    assert chance.trainings_needed(found | {"low": 0.5}) is None


def test_so_many_trainings_show_a_gain_in_four_of_five_cases():
    random, gain = np.random.default_rng(0), 1.0
    error = 2.0 * np.sqrt(1 / 3 + 1 / 5)
    reach = scipy.stats.t.ppf(0.975, 6) * error
    counts = [3, 5]
    needed = chance.trainings_needed(
        {"gain": gain, "low": gain - reach, "high": gain + reach}
        | {"counts": counts}
    )
    sizes = [round(needed * count / 8) for count in counts]
    shown = [
        intervals.difference(
            random.normal(gain, 2.0, sizes[0]), random.normal(0, 2.0, sizes[1])
        ).low
        > 0
        for _ in range(1000)
    ]
    assert np.mean(shown) == pytest.approx(0.8, abs=0.03)


def test_a_verdict_is_read_as_it_was_written():
    found = json.loads(json.dumps(judged([0.60, 0.62])))
    assert chance.checked(found) == found
    assert chance.short(found).startswith("better than chance: +10.50 (")


@pytest.mark.parametrize(
    "path, value, message",
    [
        (("gain",), None, "verdict: gain"),
        (("p",), float("nan"), "verdict: p"),
        (("low",), True, "verdict: low"),
        (("counts",), [1], "verdict: counts"),
        (("counts",), [1, -1], "verdict: counts"),
        (("unit",), 7, "unit"),
        (("rival",), [], "rival: gain"),
        (("proposed", "high"), "1", "proposed: high"),
        (("spread", "share"), 1e31, "spread: share"),
        (("worth", "the number of weights", "error"), [], "worth: error"),
        (("worth",), [], "worth: expected a mapping"),
    ],
)
def test_a_damaged_verdict_is_refused(path, value, message):
    found = json.loads(json.dumps(judged([0.60, 0.62])))
    *outer, last = path
    functools.reduce(dict.__getitem__, outer, found)[last] = value
    with pytest.raises(ValueError, match=f"^{message}"):
        chance.checked(found)


@pytest.mark.parametrize("found", [None, [], "x", {}])
def test_something_else_is_no_verdict(found):
    with pytest.raises(ValueError):
        chance.checked(found)


def test_where_architectures_do_not_differ_the_sentence_says_so():
    generator = np.random.default_rng(0)
    values = judged([0.50, 0.52])
    values["spread"] = dataclasses.asdict(
        intervals.spread(generator.normal(0, 1.0, [8, 2]))
    )
    assert "may not matter" in chance.sentences(values)[-1]
    # A clear gain shows that it does.
    clear = judged([0.60, 0.62]) | {"spread": values["spread"]}
    assert "may not matter" not in chance.sentences(clear)[-1]
