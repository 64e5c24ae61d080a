"""Short trainings on digits: 3 cells of 2 channels, batches of 8."""

import numpy as np
import pytest
import tensorflow as tf

from ednas_tf import tasks
from ednas_tf.loops import distribution
from ednas_tf.loops.short.short_training import ShortTraining
from ednas_tf.nets import architectures
from ednas_tf.searchers.policy_vectors import PolicyVectors
from ednas_tf.settings import resolve

TINY = (
    "search.space.ops=[skip_connect,max_pool_3x3,dil_conv_3x3],"
    "search.space.nodes=2,search.network.cells=3,search.network.channels=2,"
    "search.batch_size=8,policy.batch_size=64"
)


@pytest.fixture(scope="module")
def training():
    settings = resolve.resolve("digits", overrides=TINY)
    strategy = distribution.strategy("one_device")
    return ShortTraining(tasks.make(settings), settings, strategy)


@pytest.fixture(scope="module")
def genotypes(training):
    uniform = PolicyVectors(training.task.space, initial_stddev=0.0)
    return [
        architectures.to_genotype(
            training.task.space, uniform.sample(tf.constant([7, i]))
        )
        for i in range(2)
    ]


def whole(training, genotype, seed=0):
    training.begin(genotype, seed, 8)
    return training.train(6)["loss"], training.values()


def test_the_loss_is_that_of_the_architecture_with_fresh_weights(
    training, genotypes
):
    training.begin(genotypes[1], 0, 8)
    supernet, task = training._supernet, training.task
    batch = next(iter(task.child_batches(training.strategy, 0)))
    expected = task.child_loss(
        supernet.network,
        batch,
        (),
        architectures.from_genotype(task.space, genotypes[1]),
        tf.constant(0, tf.int64),
    )
    found = training.train(1)
    assert found["loss"].shape == (1,)
    assert found["loss"][0] == pytest.approx(float(expected.loss), rel=1e-5)


def test_it_goes_on_as_if_nothing_had_been_in_between(training, genotypes):
    losses, values = whole(training, genotypes[0])

    training.begin(genotypes[0], 0, 8)
    first = training.train(3)["loss"]
    kept = training.values()
    other, _ = whole(training, genotypes[1])
    training.restore(genotypes[0], 0, 8, 3, kept)
    last = training.train(3)["loss"]

    np.testing.assert_array_equal(np.concatenate([first, last]), losses)
    for one, expected in zip(training.values(), values, strict=True):
        np.testing.assert_array_equal(one, expected)
    assert not np.array_equal(other, losses)


def test_the_learning_rate_falls_over_the_whole_length(training, genotypes):
    update = training._supernet.weight_update
    training.begin(genotypes[0], 0, 8)
    assert update.learning_rate() == pytest.approx(0.05)
    training.train(8)
    assert update.learning_rate() == pytest.approx(0.001)


def test_another_seed_has_other_weights_and_other_batches(training, genotypes):
    training.begin(genotypes[0], 0, 8)
    weights = training.values()
    training.begin(genotypes[0], 1, 8)
    others = training.values()
    assert not all(
        np.array_equal(one, other)
        for one, other in zip(weights, others, strict=True)
    )
    # The same weights, and other images.
    training.restore(genotypes[0], 1, 8, 0, weights)
    losses = training.train(1)["loss"]
    assert losses[0] != whole(training, genotypes[0])[0][0]


def test_the_score_is_that_of_all_validation_minibatches(training, genotypes):
    training.begin(genotypes[0], 0, 8)
    training.train(8)
    task, supernet = training.task, training._supernet
    batches = iter(task.policy_batches(training.strategy, 0, "candidate"))
    architecture = architectures.from_genotype(task.space, genotypes[0])
    found = [supernet.scores(architecture, next(batches)) for _ in range(4)]
    # 287 images make four minibatches of 64.
    np.testing.assert_allclose(training.score(), np.mean(found, 0))


def test_another_seed_is_scored_on_other_images(training, genotypes):
    """Digits have 287 validation images, a fifth of those for training."""
    training.begin(genotypes[0], 0, 8)
    weights = training.values()
    task, supernet = training.task, training._supernet
    architecture = architectures.from_genotype(task.space, genotypes[0])
    for seed, fold in ((2, 2), (5, 0), (6, 1)):
        training.restore(genotypes[0], seed, 8, 0, weights)
        batches = iter(
            task.fold(fold).policy_batches(training.strategy, 0, "candidate")
        )
        found = [supernet.scores(architecture, next(batches)) for _ in range(4)]
        np.testing.assert_allclose(training.score(), np.mean(found, 0))
