import numpy as np
import pytest
import tensorflow as tf

from ednas_tf.searchers import policy_update
from ednas_tf.searchers.policy_vectors import PolicyVectors
from ednas_tf.searchers.uniform import Uniform
from ednas_tf.settings import schema
from ednas_tf.space import cell_space

SPACE = cell_space.CellSpace("tiny", ("normal",), 2, 2, 2, ("a", "b", "c"))
RATE, BETA_1, BETA_2, DECAY = 0.01, 0.5, 0.999, 0.1


def update_of(searcher, **settings):
    values = {
        "learning_rate": RATE,
        "beta_1": BETA_1,
        "beta_2": BETA_2,
        "weight_decay": DECAY,
    }
    return policy_update.PolicyUpdate(
        searcher, schema.Policy(**(values | settings))
    )


def softmax(logits):
    return np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)


def values(searcher):
    return [variable.numpy() for variable in searcher.trainable_variables]


def gradients_by_hand(searcher, architecture, advantage):
    """Of -advantage * log P(m): -advantage * (one hot - softmax), by numpy."""
    chosen = architecture["normal"]
    found = {}
    for node, logits in enumerate(searcher.structure["normal"]):
        hot = np.zeros(logits.shape)
        edges = tuple(chosen.edges[node].numpy())
        hot[SPACE.edge_choices(node).index(edges)] = 1
        found[logits.ref()] = -advantage * (hot - softmax(logits.numpy()))
    table = searcher.operations["normal"]
    gradient = np.zeros(table.shape)
    for node in range(SPACE.num_nodes):
        for j, source in enumerate(chosen.edges[node].numpy()):
            edge = SPACE.edges.index((source, node))
            hot = np.eye(3)[chosen.ops[node, j].numpy()]
            gradient[edge] = -advantage * (hot - softmax(table.numpy()[edge]))
    found[table.ref()] = gradient
    return [found[v.ref()] for v in searcher.trainable_variables]


class Adam:
    """With the penalty's gradient added to the loss's, in float64."""

    def __init__(self, start):
        self.values = [value.astype(float) for value in start]
        self.first = [np.zeros(value.shape) for value in start]
        self.second = [np.zeros(value.shape) for value in start]
        self.step = 0

    def __call__(self, gradients):
        self.step += 1
        for i, gradient in enumerate(gradients):
            g = gradient + DECAY * self.values[i]
            self.first[i] += (1 - BETA_1) * (g - self.first[i])
            self.second[i] += (1 - BETA_2) * (g**2 - self.second[i])
            mean = self.first[i] / (1 - BETA_1**self.step)
            square = self.second[i] / (1 - BETA_2**self.step)
            self.values[i] -= RATE * mean / (np.sqrt(square) + 1e-8)


def test_steps_are_those_by_hand():
    searcher = PolicyVectors(SPACE, seed=3, initial_stddev=1.0)
    update = update_of(searcher)
    by_hand = Adam(values(searcher))
    rewards, baseline = [0.5, 0.9, 0.2], 0.5
    for step, reward in enumerate(rewards):
        architecture = searcher.sample(tf.constant([0, step]))
        by_hand(gradients_by_hand(searcher, architecture, reward - baseline))
        update(architecture, tf.constant(reward))
        # The first step has no advantage: it only decays.
        baseline += 0.01 * (reward - baseline)

        for found, expected in zip(
            values(searcher), by_hand.values, strict=True
        ):
            np.testing.assert_allclose(found, expected, atol=2e-5)
        assert searcher.baseline.numpy() == pytest.approx(baseline)


def test_the_first_step_moves_every_logit_by_the_learning_rate():
    # Whatever a gradient's size, Adam's first step is rate * its sign; the
    # first reward is its own baseline, so that the penalty alone is left.
    searcher = PolicyVectors(SPACE, seed=3, initial_stddev=1.0)
    before = np.concatenate([v.ravel() for v in values(searcher)])
    update_of(searcher)(searcher.sample(tf.constant([0, 0])), tf.constant(0.7))
    after = np.concatenate([v.ravel() for v in values(searcher)])

    np.testing.assert_allclose(
        after, before - RATE * np.sign(before), atol=1e-5
    )


def test_a_better_reward_makes_an_architecture_likelier_and_a_worse_less():
    for reward, sign in ((0.9, 1), (0.1, -1)):
        searcher = PolicyVectors(SPACE, seed=3)
        update = update_of(searcher, weight_decay=0.0)
        searcher.observe(tf.constant(0.5))
        architecture = searcher.sample(tf.constant([0, 0]))
        before = searcher.log_prob(architecture).numpy()
        update(architecture, tf.constant(reward))
        assert sign * (searcher.log_prob(architecture).numpy() - before) > 0.01


def test_the_learning_rate_is_the_settings():
    searcher = PolicyVectors(SPACE)
    assert update_of(searcher).learning_rate() == pytest.approx(RATE)


def test_a_searcher_that_learns_nothing_only_observes():
    searcher = Uniform(SPACE)
    update = update_of(searcher)
    architecture = searcher.sample(tf.constant([0, 0]))
    for reward in (0.5, 0.7):
        update(architecture, tf.constant(reward))

    assert searcher.num_rewards.numpy() == 2
    assert searcher.baseline.numpy() == pytest.approx(0.502)
    for vector in (
        *searcher.structure["normal"],
        *searcher.operations.values(),
    ):
        np.testing.assert_array_equal(vector, np.zeros(vector.shape))
