import numpy as np
import pytest
import tensorflow as tf

from ednas_tf import searchers
from ednas_tf.settings import resolve
from ednas_tf.space import convolutional

SPACE = convolutional.convolutional()


class HalfRight:
    """Judges every architecture alike."""

    comparable = False

    def rewards(self, architectures, batch):
        return tf.fill([len(architectures)], 0.25)


def made():
    settings = resolve.resolve(overrides="search.searcher=random")
    return searchers.make(SPACE, 5, settings)


def test_every_architecture_is_as_likely():
    searcher = made()
    expected = -2 * np.log(SPACE.size())
    for step in range(3):
        m = searcher.propose(tf.constant([0, step]))
        assert searcher.log_prob(m).numpy() == pytest.approx(expected, rel=1e-5)


def test_there_is_nothing_to_learn_but_rewards_are_averaged():
    searcher = made()
    learned = searcher.learn(HalfRight(), None, tf.constant([0, 0]))

    assert not searcher.learns
    assert learned.watched["policies' gradient"].numpy() == 0
    assert searcher.baseline.numpy() == pytest.approx(0.25)
    for name, probabilities in searcher.marginals().items():
        choices = probabilities.shape[-1]
        np.testing.assert_allclose(
            probabilities, 1 / choices, rtol=1e-6, err_msg=name
        )
