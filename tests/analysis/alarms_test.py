import numpy as np

from ednas_tf.analysis import alarms, policies
from tests.analysis import histories

SPACE = histories.CONVOLUTIONAL


def found(rows, space=SPACE, leading=0):
    """Policies whose vectors give one choice the probabilities in `rows`."""
    arrays = histories.arrays(space, len(rows) - 1, strength=0.0)
    for name, values in arrays.items():
        if name.startswith("probabilities/") and values.shape[-1] > 1:
            rest = (1 - np.array(rows)) / (values.shape[-1] - 1)
            shape = (-1, *[1] * (values.ndim - 1))
            values[:] = rest.reshape(shape)
            own = min(leading, values.shape[-1] - 1)
            values[..., own] = np.reshape(rows, shape[:-1])
    return policies.Policies(space, arrays)


def test_uniform_policies_are_quiet():
    assert alarms.alarms(found([1 / 7] * 5), 4) == {}


def test_pooling_that_takes_over_is_told_of():
    rising = found([1 / 7, 0.3, 0.5, 0.6, 0.7])
    first, second = alarms.alarms(rising, 4).values()
    assert "(max pool 3x3, avg pool 3x3, skip connect)" in first
    assert "take over the normal cell: 80% of its operations, 43%" in first
    assert "the reduction cell" in second


def test_convolutions_that_lead_are_quiet():
    assert alarms.alarms(found([1 / 7, 0.3, 0.7], leading=3), 2) == {}


def test_identity_takes_a_recurrent_cell_over():
    cell = found([0.25, 0.8], histories.RECURRENT, 3)
    (told,) = alarms.alarms(cell, 1).values()
    assert "(identity) take over the recurrent cell: 80%" in told


def test_vectors_that_settle_in_the_first_half_are_told_of():
    rows = [1 / 7, 0.95, 0.97, 0.97, 0.97]
    (told,) = alarms.alarms(found(rows, leading=3), 4).values()
    # All but the first node's, which has nothing to choose.
    assert told.startswith("34 of 34 policy vectors settled within the first")
    assert "in epoch 1 (normal node 3: 1, 2), when the mean reward was" in told


def test_vectors_that_settle_late_are_quiet():
    rows = [1 / 7, 0.2, 0.3, 0.97, 0.97]
    assert alarms.alarms(found(rows, leading=3), 4) == {}
