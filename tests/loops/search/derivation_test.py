"""Derivation with a task and a supernet that only pretend.

The minibatches are the numbers 0, 1, ...; rewards are written down.
"""

import types

import numpy as np
import pytest
import tensorflow as tf

from ednas_tf import seeds
from ednas_tf.loops.search import derivation
from ednas_tf.nets import architectures
from ednas_tf.searchers.policy_vectors import PolicyVectors
from ednas_tf.searchers.reinforce import Reinforce
from ednas_tf.searchers.searcher import Searcher
from ednas_tf.settings import resolve, schema
from ednas_tf.space import convolutional

SPACE = convolutional.convolutional(2, ("skip_connect", "max_pool_3x3"))

#: The reward of every sample on the minibatches 0, 1 and 2.
ALL = [
    [0.25, 0.0, 0.0],
    [0.75, 0.0, 0.0],
    [0.5, 0.5, 0.5],
    [0.75, 0.75, 0.0],
    [0.25, 1.0, 1.0],
]


STRATEGY = types.SimpleNamespace(num_replicas_in_sync=1)


class Task:
    """A pass of policy steps has three minibatches."""

    space = SPACE

    def __init__(self):
        self.passes = []

    def search_steps(self, replicas):
        assert replicas == 1
        return 7, 3

    def reward(self, total):
        return total[0]

    def policy_batches(self, strategy, start_step, purpose):
        self.passes.append((strategy, start_step, purpose))
        return tf.data.Dataset.range(start_step, 1000)


class Supernet:
    """Looks rewards up and notes what was asked: (minibatch, sample)."""

    def __init__(self):
        self.asked, self.known = [], {}

    def scores(self, architecture, batch):
        found = tf.numpy_function(
            self._reward, [batch, *tf.nest.flatten(architecture)], tf.float32
        )
        return tf.ensure_shape(found, [])[tf.newaxis]

    def _reward(self, batch, *architecture):
        key = tuple(np.concatenate(architecture, None).tolist())
        sample = self.known.setdefault(key, len(self.known))
        self.asked.append((int(batch), sample))
        return np.float32(ALL[sample][batch])


def derive(rescored=0, searcher=None):
    task, policies = Task(), PolicyVectors(SPACE, seed=2, initial_stddev=1.0)
    trainer = types.SimpleNamespace(
        searcher=searcher or Reinforce(policies, schema.Policy()),
        supernet=Supernet(),
    )
    settings = resolve.resolve(
        overrides=f"search.candidates=5,search.rescored_candidates={rescored}"
    )
    found = derivation.derive(task, settings, trainer, STRATEGY)
    return types.SimpleNamespace(task=task, trainer=trainer, candidates=found)


@pytest.fixture(scope="module")
def plain():
    return derive()


@pytest.fixture(scope="module")
def rescored():
    return derive(3)


def samples(result):
    return [candidate.sample for candidate in result.candidates]


def test_all_candidates_are_scored_on_one_minibatch(plain):
    assert plain.trainer.supernet.asked == [(0, sample) for sample in range(5)]
    assert plain.task.passes == [(STRATEGY, 0, "candidate")]


def test_the_best_comes_first_and_of_equals_the_one_sampled_first(plain):
    assert samples(plain) == [1, 3, 2, 0, 4]
    rewards = [candidate.reward for candidate in plain.candidates]
    assert rewards == [0.75, 0.75, 0.5, 0.25, 0.25]
    assert {c.validation_reward for c in plain.candidates} == {None}


def test_the_best_are_scored_on_the_other_minibatches(rescored):
    assert rescored.trainer.supernet.asked[:5] == [
        (0, sample) for sample in range(5)
    ]
    assert rescored.trainer.supernet.asked[5:] == [
        (batch, sample) for batch in (1, 2) for sample in (1, 3, 2)
    ]
    assert rescored.task.passes == [
        (STRATEGY, 0, "candidate"),
        (STRATEGY, 1, "candidate"),
    ]


def test_candidates_are_halved_as_minibatches_are_added():
    # Two of five are scored on two minibatches, the better one on all three.
    halved = derive(1)
    assert halved.trainer.supernet.asked[5:] == [(1, 1), (1, 3), (2, 3)]
    assert samples(halved) == [3, 1, 2, 0, 4]
    rewards = [c.validation_reward for c in halved.candidates]
    assert rewards == [0.5, None, None, None, None]


def test_the_rescored_come_first_in_an_order_of_their_own(rescored):
    # Means of 0.25, 0.5 and 0.5; sample 3 was before 2.
    assert samples(rescored) == [3, 2, 1, 0, 4]
    assert [c.validation_reward for c in rescored.candidates] == [
        0.5,
        0.5,
        0.25,
        None,
        None,
    ]


def test_all_can_be_scored_once_more():
    # Sample 4 was the last; its mean is 0.75.
    assert samples(derive(9)) == [4, 3, 2, 1, 0]


def test_a_candidate_is_the_sample_of_its_number(plain):
    searcher = plain.trainer.searcher
    seed = seeds.derive(0, "candidates")
    for candidate in plain.candidates:
        step = tf.constant(candidate.sample)
        expected = searcher.propose(seeds.at_step(seed, step))
        choices = candidate.genotype.choices(SPACE)
        for cell_type in ("normal", "reduction"):
            sources, ops = expected[cell_type]
            assert choices[cell_type] == (
                SPACE.by_node(sources.numpy().tolist()),
                SPACE.by_node(ops.numpy().tolist()),
            )
        log_prob = searcher.log_prob(expected).numpy()
        assert candidate.log_prob == pytest.approx(log_prob, rel=1e-6)
    assert len({c.genotype for c in plain.candidates}) == 5


class SlotBySlot(Searcher):
    """Its candidate i is the first architecture but for the op of slot i."""

    def candidates(self, count, seed):
        for i in range(count):
            architecture = architectures.first(SPACE)
            cell = architecture["normal"]
            ops = tf.one_hot(i, SPACE.num_slots, dtype=tf.int32)
            yield architecture | {"normal": cell._replace(ops=ops)}


def test_the_searcher_chooses_its_own_candidates():
    found = derive(searcher=SlotBySlot(SPACE)).candidates

    assert [c.sample for c in found] == [1, 3, 2, 0, 4]
    assert {c.log_prob for c in found} == {None}
    for candidate in found:
        _, ops = candidate.genotype.choices(SPACE)["normal"]
        # Of the fifth candidate there is no slot.
        expected = [int(slot == candidate.sample) for slot in range(4)]
        assert sum(ops, []) == expected
