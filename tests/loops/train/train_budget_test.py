"""Lengths of a training that follow from hours."""

import pytest

from ednas_tf.loops.train import train_budget


@pytest.mark.parametrize(
    "seconds, evaluation, expected",
    [
        # A pass takes 20 s.
        (1000.0, 0.0, (50, 100)),
        (1000.0, 5.0, (40, 100)),
        (100.0, 0.0, (5, 100)),
        # Five epochs of 10 s, of which 4 s are for the evaluation.
        (50.0, 4.0, (5, 30)),
        (0.0, 1.0, (5, 1)),
        (1e9, 0.0, (600, 100)),
    ],
)
def test_epochs_fit_into_the_time(seconds, evaluation, expected):
    assert train_budget.lengths(seconds, 0.2, evaluation, 100) == expected
