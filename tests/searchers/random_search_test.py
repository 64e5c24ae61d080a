import numpy as np
import pytest
import tensorflow as tf

from ednas_tf.searchers.uniform import Uniform
from ednas_tf.space import convolutional

SPACE = convolutional.convolutional()


def test_every_architecture_is_as_likely():
    searcher = Uniform(SPACE)
    expected = -2 * np.log(SPACE.size())
    for step in range(3):
        m = searcher.sample(tf.constant([0, step]))
        assert searcher.log_prob(m).numpy() == pytest.approx(expected, rel=1e-5)


def test_there_is_nothing_to_learn_but_rewards_are_averaged():
    searcher = Uniform(SPACE)
    searcher.observe(tf.constant(0.25))

    assert searcher.trainable_variables == ()
    assert searcher.baseline.numpy() == pytest.approx(0.25)
