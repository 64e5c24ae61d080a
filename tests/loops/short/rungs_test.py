"""The plan of successive halving."""

import pytest

from ednas_tf import errors
from ednas_tf.loops.short import rungs
from ednas_tf.loops.short.rungs import Rung
from ednas_tf.settings.short_settings import Short


def test_half_of_the_architectures_are_trained_twice_as_long():
    assert rungs.plan(Short(trainings=12, rungs=3, steps=400)) == [
        Rung(12, 0, 100),
        Rung(6, 100, 200),
        Rung(3, 200, 400),
    ]


def test_counts_that_do_not_halve_are_rounded_down():
    planned = rungs.plan(Short(trainings=13, rungs=3, steps=401))
    assert planned == [Rung(13, 0, 100), Rung(6, 100, 200), Rung(3, 200, 401)]


def test_one_rung_trains_all_to_the_end():
    assert rungs.plan(Short(trainings=2, rungs=1, steps=7)) == [Rung(2, 0, 7)]


def test_all_steps_are_counted():
    short = Short(
        trainings=12, rungs=3, steps=400, repeats=2, controls=3, confirmations=2
    )
    # 12 x 100 + 6 x 100 + 3 x 200, 2 x 100 again, and (5 + 2) x 400.
    assert rungs.steps(short) == 1200 + 600 + 600 + 200 + 2800


@pytest.mark.parametrize(
    "short, message",
    [
        (
            Short(trainings=7, rungs=3),
            "search.short.trainings: expected at least 8 for 3 rungs, so that "
            "two are left in the last one, found 7; lower search.short.rungs",
        ),
        (
            Short(trainings=8, rungs=3, steps=3),
            "search.short.steps: expected at least 4 for 3 rungs, found 3; "
            "lower search.short.rungs",
        ),
        (
            Short(random_share=1.0),
            "search.short.random_share, search.short.shared_share: expected at "
            "most 1 together, found 1.2; lower one of them",
        ),
    ],
)
def test_what_does_not_fit_the_rungs_is_refused(short, message):
    with pytest.raises(errors.RequestError) as caught:
        rungs.plan(short)
    assert str(caught.value) == message
