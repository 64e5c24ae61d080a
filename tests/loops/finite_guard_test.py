import math

import pytest
import tensorflow as tf

from ednas_tf.loops.finite_guard import FiniteGuard


@pytest.fixture
def guard():
    return FiniteGuard(("loss", "gradient"), tf.constant([0, 0]))


def run(guard, rows):
    """One compiled step for each (loss, gradient)."""

    @tf.function
    def step(i, loss, gradient):
        guard.watch(
            i,
            {"loss": loss, "gradient": gradient},
            tf.stack([7, tf.cast(i, tf.int32)]),
        )

    for i, row in enumerate(rows):
        step(tf.constant(i, tf.int64), *map(tf.constant, row))


def test_all_is_finite(guard):
    run(guard, [(0.0, 1e38), (-1.0, 0.0)])
    assert guard.found() is None


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_the_first_step_and_its_note_are_kept(guard, bad):
    run(guard, [(1.0, 1.0), (1.0, bad), (bad, bad), (1.0, 1.0)])
    assert guard.found() == (1, "gradient")
    assert guard.note.numpy().tolist() == [7, 1]


def test_of_several_the_first_name_counts(guard):
    run(guard, [(math.nan, math.nan)])
    assert guard.found() == (0, "loss")


def test_names_that_a_step_does_not_have(guard):
    guard.watch(3, {"gradient": tf.constant(math.nan)}, tf.constant([0, 0]))
    assert guard.found() == (3, "gradient")
