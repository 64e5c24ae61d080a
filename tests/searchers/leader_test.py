"""The best architecture so far, and its neighbours."""

import numpy as np
import pytest
import tensorflow as tf

from ednas_tf.searchers.choices import Choices
from ednas_tf.searchers.leader import Leader
from ednas_tf.searchers.thompson_sampling import ThompsonSampling
from ednas_tf.space import convolutional
from tests.searchers import tiny

TWO_TYPES = convolutional.convolutional(2, ("a", "b", "c"))


def seed(number):
    return tf.constant([3, number])


def started(space, number=0):
    """A leader, and the values of random choices."""
    choices = Choices(space)
    leader = Leader(choices)
    genes = leader.genes.uniform(seed(number))
    leader.judge(leader.genes.decode(genes), tf.constant(0.5))
    values = np.random.default_rng(number).normal(size=choices.count)
    return leader, tf.constant(values)


def value(leader, genes, values):
    made = leader.choices.made(leader.genes.decode(genes))
    return float(tf.reduce_sum(made * values))


@pytest.mark.parametrize(
    "space", [tiny.CONVOLUTIONAL, tiny.RECURRENT, tiny.UNEVEN, TWO_TYPES]
)
def test_a_neighbours_gain_is_the_difference_of_both_values(space):
    leader, values = started(space)
    gains = leader._gains(values).numpy()
    current = leader.current.numpy()
    base = value(leader, tf.constant(current), values)
    for gene, size in enumerate(leader.genes.sizes):
        for other in range(size):
            moved = current.copy()
            moved[gene] = other
            expected = value(leader, tf.constant(moved), values) - base
            assert gains[gene, other] == pytest.approx(expected)


def test_all_neighbours_are_proposed_once():
    leader, values = started(TWO_TYPES)
    current = leader.current.numpy()
    # Two nodes of 1 and 3 combinations and four operations out of 3, twice.
    expected, found = 2 * (0 + 2 + 4 * 2), set()
    for number in range(expected):
        near, exists = leader.neighbour(values, seed(number))
        assert exists
        assert (near.numpy() != current).sum() == 1
        found.add(tuple(near.numpy()))
        leader.judge(leader.genes.decode(near), tf.constant(0.1))
    assert len(found) == expected
    assert not leader.neighbour(values, seed(0))[1]
    np.testing.assert_array_equal(leader.current, current)
    assert leader.judged == expected + 1


def test_a_better_neighbour_becomes_the_leader():
    leader, values = started(TWO_TYPES)
    before = leader.current.numpy()
    near, _ = leader.neighbour(values, seed(0))
    leader.judge(leader.genes.decode(near), tf.constant(0.75))
    np.testing.assert_array_equal(leader.current, near)
    assert leader.reward == 0.75
    # The former leader and this one are known.
    (gene,) = np.flatnonzero(before != near.numpy())
    assert leader.known[gene, before[gene]] == 1
    assert leader.known[gene, near[gene]] == 1
    others = np.delete(leader.known.numpy(), gene, 0)
    missing = np.delete(leader._missing.numpy(), gene, 0)
    assert others.sum() == missing.sum() + len(others)


def test_a_better_architecture_from_elsewhere_becomes_the_leader():
    leader, _ = started(TWO_TYPES)
    other = (leader.current.numpy() + 1) % leader.genes.sizes
    leader.judge(leader.genes.decode(tf.constant(other)), tf.constant(0.6))
    np.testing.assert_array_equal(leader.current, other)
    known = leader.known.numpy() - leader._missing.numpy()
    assert known.sum() == len(other)
    # A worse one from elsewhere changes nothing.
    third = (other + 1) % leader.genes.sizes
    leader.judge(leader.genes.decode(tf.constant(third)), tf.constant(0.1))
    leader.judge(leader.genes.decode(tf.constant(third)), tf.constant(np.nan))
    np.testing.assert_array_equal(leader.current, other)
    np.testing.assert_array_equal(
        leader.known.numpy() - leader._missing.numpy(), known
    )


@pytest.mark.parametrize("comparable", [True, False])
def test_thompson_climbs_where_rewards_are_comparable(comparable):
    searcher = ThompsonSampling(TWO_TYPES, explored=3)
    genes = searcher.leader.genes
    for number in range(4):
        proposed = searcher.propose(seed(number))
        reward = tf.constant([float(number == 1)])
        searcher.update([proposed], reward, comparable)
    near = [
        int(
            (
                genes.encode(searcher.propose(seed(9 + i)))
                != searcher.leader.current
            )
            .numpy()
            .sum()
        )
        for i in range(6)
    ]
    assert (near == [1] * 6) == comparable
