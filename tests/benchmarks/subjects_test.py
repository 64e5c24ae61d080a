import numpy as np
import tensorflow as tf

from benchmarks import subjects
from ednas_tf.nets import architectures
from ednas_tf.settings import schema
from ednas_tf.space import convolutional, recurrent

SPACE = convolutional.convolutional()


def same(one, other):
    pairs = zip(tf.nest.flatten(one), tf.nest.flatten(other), strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


def test_sampled_architectures_differ_and_are_the_same_again():
    for space in (SPACE, recurrent.recurrent()):
        first, second = subjects.sampled(space, 2)
        assert not same(first, second)
        assert same([first, second], subjects.sampled(space, 2))


def test_a_fixed_searcher_proposes_what_it_was_fixed_to():
    searcher = subjects.FixedSearcher(SPACE, schema.Policy())
    propose = tf.function(searcher.propose, autograph=False)
    seeds = [tf.constant([0, step]) for step in range(2)]
    for seed in seeds:
        assert same(propose(seed), architectures.first(SPACE))

    (fixed,) = subjects.sampled(SPACE, 1)
    searcher.fix(fixed)
    for seed in seeds:
        assert same(propose(seed), fixed)
