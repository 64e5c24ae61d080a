"""Verdicts in plain words."""

import pytest

from ednas_tf.analysis import plain_verdict

BETTER = {
    **dict(gain=8.5, low=6.25, high=10.75, p=0.002, counts=[3, 4]),
    **dict(found=69.75, random=61.25, unit="points of accuracy"),
}
UNCLEAR = BETTER | dict(gain=1.0, low=-1.5, high=3.5, p=0.31, found=62.25)
WORSE = BETTER | dict(gain=-5.0, low=-7.0, high=-3.0, found=56.25)


@pytest.mark.parametrize(
    "verdict, expected",
    [
        (
            BETTER,
            "This search beat chance. Its result is better than architectures "
            "drawn at random are on average.",
        ),
        (WORSE, "This search did worse than chance."),
        (
            UNCLEAR,
            "This search did no better than chance, as far as its trainings "
            "can tell.",
        ),
    ],
)
def test_the_headline(verdict, expected):
    assert plain_verdict.headline(verdict) == expected


def test_the_gain_is_explained():
    text = plain_verdict.gain(BETTER)
    assert "was trained 3 more times" in text
    assert "4 architectures drawn at random were trained" in text
    # Points are differences of percentages.
    assert (
        "its accuracy was 69.75 %, and that of the random ones 61.25 %." in text
    )
    assert text.endswith("is the gain: +8.50 points of accuracy.")


def test_both_comparisons_stand_together():
    rival = dict(gain=-6.25, low=-9.0, high=-3.5, counts=[3, 84])
    assert list(plain_verdict.comparisons(BETTER | {"rival": rival})) == [
        "Against the mean of 4 random architectures: +8.50 points of accuracy "
        "(between +6.25 and +10.75).",
        "Against the best of 84 random architectures, which is an estimate: "
        "-6.25 points of accuracy (between -9.00 and -3.50).",
    ]


def test_small_rewards_have_more_digits():
    small = {"found": 0.4321, "random": 0.41, "gain": 0.0221, "unit": "reward"}
    text = plain_verdict.gain(BETTER | small)
    assert text.endswith("gain: +0.0221 reward.")
    assert "it reached 0.4321 reward, and the random ones 0.4100." in text


def test_the_interval_and_p_are_explained():
    text = plain_verdict.certainty(BETTER)
    assert "between +6.25 and +10.75 with a confidence of 95 %. If" in text
    assert "fewer than 1 of 100 comparisons like this one (p = 0.002)" in text
    text = plain_verdict.certainty(UNCLEAR)
    assert "That range includes 0: the result may be no better than" in text
    assert "about 31 of 100 comparisons like this one (p = 0.31)" in text


def test_more_trainings_are_advised_where_they_would_help():
    # The number is tested with `chance.trainings_needed`.
    (advice,) = plain_verdict.details(UNCLEAR)
    assert "about 52 trainings instead of 7 would show it in four" in advice
    for verdict in (BETTER, WORSE, UNCLEAR | {"gain": 0.0}):
        assert not list(plain_verdict.details(verdict))


@pytest.mark.parametrize(
    "low, high, words",
    [
        (1.0, 2.0, ("was better than random choice.", "better than random on")),
        (-1.0, 2.0, ("cannot be told.", "That may be chance.")),
        (
            -2.0,
            -1.0,
            ("would have been better still.", "worse than random ones."),
        ),
    ],
)
def test_the_rival_and_the_proposals(low, high, words):
    part = dict(gain=(low + high) / 2, low=low, high=high, p=0.5)
    text = list(
        plain_verdict.details(
            BETTER
            | {"rival": part | {"counts": [3, 1200]}}
            | {"shared": part | {"counts": [9, 20]}}
        )
    )
    assert len(text) == 2
    assert "the best of 1,200 random architectures" in text[0]
    assert "9 architectures were proposed by the search with" in text[1]
    assert words[0] in text[0] and words[1] in text[1]


@pytest.mark.parametrize(
    "gain_low, low, words",
    [
        (0.1, 0.5, "So the choice of an"),
        (0.1, 0.0, "the gain shows that they differ in the end."),
        (0.0, 0.0, "their choice may not matter."),
    ],
)
def test_the_spread(gain_low, low, words):
    spread = dict(architectures=1.25, low=low, high=4.0, seeds=0.75, share=0.7)
    verdict = BETTER | {"spread": spread, "low": gain_low, "gain": 0.0}
    (text,) = plain_verdict.details(verdict)
    assert "about 1.25 points of accuracy (between" in text
    assert "different seeds by about 0.75. " in text
    assert words in text
