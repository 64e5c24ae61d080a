"""What the benchmark of learning rules computes."""

import types

import numpy as np
import pytest
import tensorflow as tf

from benchmarks.search_quality import rules
from ednas_tf.loops.search import derivation
from ednas_tf.nets import architectures
from ednas_tf.settings import resolve
from ednas_tf.space import convolutional

SPACE = convolutional.convolutional(2, ("skip_connect", "max_pool_3x3"))


class Counted:
    """A task and a supernet, which counts how often it scores."""

    space = SPACE

    def __init__(self, batches):
        self.batches = batches
        self.scored = 0

    def search_steps(self, replicas):
        return 1, self.batches

    def policy_batches(self, strategy, start, purpose):
        return tf.data.Dataset.range(start, self.batches)

    def scores(self, architecture, batch):
        return tf.numpy_function(self._score, [batch], tf.float32)

    def _score(self, batch):
        self.scored += 1
        return np.array([self.scored], np.float32)

    def reward(self, total):
        return total[0]

    def candidates(self, count, seed):
        return [architectures.first(SPACE)] * count

    def log_prob(self, architecture):
        return None


@pytest.mark.parametrize(
    "candidates, rescored, batches, deciding, others",
    [
        # 6 on one minibatch, 3 on another; the best on the two that are left.
        (6, 1, 4, 6 + 3, 2),
        (5, 0, 4, 5, 0),
        (4, 4, 3, 12, 0),
        # 40, 20, 10 x 2, 5 x 4, then two on the other 8.
        (40, 2, 16, 40 + 20 + 20 + 20 + 16, 0),
        # All minibatches have been seen before one is left.
        (64, 1, 3, 64 + 32 + 16, 0),
    ],
)
def test_a_derivation_evaluates_as_often_as_is_said(
    candidates, rescored, batches, deciding, others
):
    counted = Counted(batches)
    settings = resolve.resolve(
        overrides=f"search.candidates={candidates},"
        f"search.rescored_candidates={rescored}"
    )
    trainer = types.SimpleNamespace(searcher=counted, supernet=counted)
    strategy = types.SimpleNamespace(num_replicas_in_sync=1)
    derivation.derive(counted, settings, trainer, strategy)
    assert counted.scored == deciding + others
    assert rules.evaluations(candidates, rescored, batches) == deciding


@pytest.mark.parametrize("rule", rules.RULES)
@pytest.mark.parametrize("budget", rules.BUDGETS)
def test_no_rule_spends_more_than_its_evaluations(rule, budget):
    candidates, rescored, left = rules.split(rule, budget, 40)
    spent = left + rules.evaluations(candidates, rescored, 40)
    if rule == rules.HALVING:
        assert 0.8 * budget <= spent <= budget
    else:
        assert spent == budget
        assert left >= 0.3 * budget


def test_the_parts_of_a_reward():
    generator = np.random.default_rng(0)
    made = (generator.random((400, 30)) < 0.5).astype(float)
    linear = made @ generator.normal(0, 1, 30)
    linear *= 0.008 / linear.std()
    other = generator.normal(0, 0.006, 400)
    level = generator.normal(0, 0.03, 60)
    noise = generator.normal(0, 0.02, (400, 60))
    rewards = (linear + other)[:, None] + level + noise
    found = rules.parts(rewards, made)
    assert found["architecture"] == pytest.approx(1.0, rel=0.1)
    assert found["minibatch"] == pytest.approx(3.0, rel=0.3)
    assert found["rest"] == pytest.approx(2.0, rel=0.05)
    assert found["linear"] == pytest.approx(0.64, abs=0.08)


def test_gains_are_in_deviations_of_architectures():
    generator = np.random.default_rng(0)
    true = 0.4 + 0.02 * generator.standard_normal(60)
    # The second half of the images is easier; seeds change nothing here.
    found = {"random": np.stack([true, true + 0.1], 1).tolist(), "parts": {}}
    for rule, gain in ((rules.DEFAULT, 2.5), (rules.PAPER, 1.0)):
        for seed in rules.SEEDS:
            name = rules.name(rule, 500, seed)
            accuracy = true.mean() + 0.05 + gain * true.std(ddof=1)
            found[name] = {"accuracy": accuracy}
    table = rules.table(found)
    assert table["gain_over_random_sd"] == pytest.approx(2.5)
    assert table["gain_over_paper_sd"] == pytest.approx(1.5)
    assert set(table["rules"]) == {"thompson, 500", "paper, 500"}
