import numpy as np
import pytest

from ednas_tf.loops import learning_rate
from ednas_tf.settings import schema


def rates(steps=2, epochs=6, **settings):
    schedule = learning_rate.make(schema.Optimizer(**settings), steps, epochs)
    return np.array([float(schedule(i)) for i in range(steps * epochs)])


def test_a_cosine_over_all_epochs():
    found = rates(learning_rate=0.5, final_learning_rate=0.1)
    falls = (1 + np.cos(np.pi * np.arange(12) / 12)) / 2
    np.testing.assert_allclose(found, 0.1 + 0.4 * falls, rtol=1e-5)


def test_steps_of_so_many_epochs():
    found = rates(learning_rate=0.1, schedule="step", decay_epochs=2)
    expected = [0.1] * 4 + [0.01] * 4 + [0.001] * 4
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_it_may_stay():
    found = rates(learning_rate=20.0, schedule="constant")
    np.testing.assert_array_equal(found, [20.0] * 12)


@pytest.mark.parametrize("schedule", ["cosine", "step", "constant"])
def test_a_warm_up_rises_to_the_schedule(schedule):
    options = {"learning_rate": 0.1, "schedule": schedule, "decay_epochs": 4}
    found, without = rates(warmup_epochs=2, **options), rates(**options)
    rises = np.minimum(np.arange(1, 13) / 4, 1)
    np.testing.assert_allclose(found, rises * without, rtol=1e-5)
