import pytest

from ednas_tf import tasks
from ednas_tf.loops.baselines import verdict

IMAGES = tasks.kind("image_classification")


def _tested(accuracy, **others):
    return {"test_accuracy": accuracy, "test_images": 100} | others


def baselines(plain, linear=0.4):
    return {
        "plain": _tested(
            plain, name="MobileNet of width 0.3", multiply_adds=1200, seconds=61
        ),
        "linear": _tested(linear, name="ridge regression", seconds=0.6),
    }


@pytest.mark.parametrize(
    "plain, linear, expected",
    [
        (0.7, 0.4, ""),
        (0.6, 0.7, ""),
        # Standard errors of 0.046 and 0.040: 0.1 is 1.6 of them together.
        (0.8, 0.4, "better, though not clearly,"),
        (0.85, 0.9, "clearly better"),
    ],
)
def test_a_baseline_that_wins_is_said(plain, linear, expected):
    found = baselines(plain, linear)
    warned = verdict.warning(_tested(0.7), found, IMAGES)
    assert bool(warned) == bool(expected)
    if expected:
        best = found["plain" if plain > linear else "linear"]
        assert warned == (
            f"A baseline is {expected} than the network that was found: "
            f"{best['name']} has a test accuracy of "
            f"{best['test_accuracy']:.4f}, the network 0.7000."
        )
        assert next(verdict.lines(_tested(0.7), found, IMAGES)) == warned


def test_the_lines():
    assert list(verdict.lines(_tested(0.7), baselines(0.6), IMAGES)) == [
        "plain network: MobileNet of width 0.3: accuracy 0.6000 on 100 images, "
        "1,200 multiply-adds, trained in 61 s",
        "linear model: ridge regression: accuracy 0.4000 on 100 images, "
        "trained in 1 s",
    ]


@pytest.mark.parametrize("broken", [None, [], {}, {"plain": {}, "linear": {}}])
def test_what_is_no_result(broken):
    assert verdict.is_result(baselines(0.5))
    assert not verdict.is_result(broken)
