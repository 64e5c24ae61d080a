"""Two devices with one global batch update as one device does."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from ednas_tf import searchers
from ednas_tf.loops import distribution
from ednas_tf.loops.schedule import Schedule
from ednas_tf.loops.search.search_trainer import SearchTrainer
from ednas_tf.loops.weight_update import WeightUpdate
from ednas_tf.nets import architectures
from ednas_tf.settings import resolve
from ednas_tf.tasks.image_classification import ImageClassification

STEPS = Schedule(epochs=1, child_steps=6, policy_steps=4)


#: Settings of searchers that judge one, or several architectures in a step.
SEARCHERS = {
    "ednas": "policy.architectures=1,policy.learning_rate=0.01",
    "thompson": "search.searcher=thompson,"
    "search.searcher_settings.architectures=3",
}


def _settings(searcher="ednas"):
    return resolve.resolve(
        "digits",
        overrides="search.network.cells=3,search.network.channels=4,"
        "search.batch_size=12,policy.batch_size=20,search.space.nodes=2,"
        "search.space.ops=[skip_connect,sep_conv_3x3,avg_pool_3x3],"
        "train.network.cells=3,train.network.channels=4,train.batch_size=12,"
        + SEARCHERS[searcher],
    )


@dataclasses.dataclass
class Run:
    """What a search leaves after child steps, and after policy steps."""

    metrics: list
    weights: list
    policies: list


def _set_weights(network, seed):
    generator = np.random.default_rng(seed)
    network.set_weights(
        [
            generator.uniform(-0.3, 0.3, value.shape).astype(np.float32)
            if value.ndim > 1 or value.size > 100
            else value
            for value in network.get_weights()
        ]
    )


def _search(strategy_name, searcher):
    settings = _settings(searcher)
    task = ImageClassification(settings)
    strategy = distribution.strategy(strategy_name)
    searcher = searchers.make(task.space, 7, settings)
    trainer = SearchTrainer(task, settings, searcher, STEPS, strategy)
    _set_weights(trainer.supernet.network, 0)
    metrics = [
        trainer.train(tf.constant(STEPS.child_steps)),
        trainer.train(tf.constant(STEPS.policy_steps)),
    ]
    return strategy.num_replicas_in_sync, Run(
        metrics,
        trainer.supernet.network.get_weights(),
        [v.numpy() for v in searcher.variables if v.dtype != tf.string],
    )


@pytest.fixture(scope="module", params=SEARCHERS)
def runs(request):
    (one, alone), (two, mirrored) = (
        _search(name, request.param) for name in ("one_device", "mirrored")
    )
    assert (one, two) == (1, 2)
    return alone, mirrored


def test_search_loss_accuracy_and_reward_are_equal(runs):
    alone, mirrored = runs
    for expected, found in zip(alone.metrics, mirrored.metrics, strict=True):
        for name in expected:
            if not name.endswith("images_per_second"):
                assert found[name] == pytest.approx(expected[name], rel=1e-5)


def test_search_weights_are_equal(runs):
    alone, mirrored = runs
    for expected, found in zip(alone.weights, mirrored.weights, strict=True):
        np.testing.assert_allclose(found, expected, atol=2e-5)


def test_search_policies_are_equal(runs):
    alone, mirrored = runs
    for expected, found in zip(alone.policies, mirrored.policies, strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-6)


def _train(strategy_name):
    settings = _settings()
    task = ImageClassification(settings)
    strategy = distribution.strategy(strategy_name)
    described = architectures.to_genotype(
        task.space, architectures.first(task.space)
    )
    with strategy.scope():
        network = task.child(described)
        update = WeightUpdate(network, settings.train.optimizer, 4, 1)
    _set_weights(network, 1)
    batches = iter(task.train_batches(strategy, 0))

    def step(batch):
        update(lambda: task.train_loss(network, batch, (), 0, 0.0))

    @tf.function(autograph=False)
    def run(batch):
        strategy.run(step, (batch,))

    for _ in range(4):
        run(next(batches))
    return network.get_weights()


def test_training_is_equal_moving_statistics_included():
    alone, mirrored = map(_train, ("one_device", "mirrored"))
    for expected, found in zip(alone, mirrored, strict=True):
        np.testing.assert_allclose(found, expected, atol=2e-5)
