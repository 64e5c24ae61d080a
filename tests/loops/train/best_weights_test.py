import math
import operator
import types

import keras
import numpy as np
import pytest
import tensorflow as tf

from ednas_tf import errors
from ednas_tf.loops.train import best_weights
from ednas_tf.loops.train.best_weights import BestWeights
from ednas_tf.loops.weight_update import WeightUpdate
from ednas_tf.settings import schema
from ednas_tf.tasks import StepResult


class Network(keras.layers.Layer):
    def __init__(self, size=2):
        super().__init__()
        self.vector = self.add_weight((size,), "zeros")
        self.auxiliary_head = keras.layers.Dense(1)
        self.auxiliary_head.build((1, 3))


def task(validates=True, higher_is_better=True):
    return types.SimpleNamespace(
        validates=validates,
        measure="accuracy" if higher_is_better else "perplexity",
        unit="images",
        is_better=operator.gt if higher_is_better else operator.lt,
    )


class Trainer:
    """Each epoch has ten steps, adds one to the weights and is evaluated."""

    def __init__(self, measures=(), **options):
        self.task = task(**options)
        self.network = Network()
        self.weight_update = WeightUpdate(
            self.network, schema.Optimizer(), 1, 1
        )
        self.global_step = tf.Variable(0, dtype=tf.int64)
        self.best_step = tf.Variable(0, dtype=tf.int64)
        worst = -1.0 if self.task.measure == "accuracy" else math.inf
        self.best_measure = tf.Variable(worst, dtype=tf.float64)
        self.measures = iter(measures)

    def evaluate(self):
        return {self.task.measure: next(self.measures), "images": 5}

    def epoch(self):
        self.global_step.assign_add(10)
        self.network.vector.assign(self.network.vector + 1)


def run(folder, measures, **options):
    trainer = Trainer(measures, **options)
    best = BestWeights(trainer, folder)
    for i in range(3):
        trainer.epoch()
        best.end_epoch(last=i == 2)
    return trainer


def restored(folder):
    network = Network()
    best_weights.restore(network, folder)
    return network.vector.numpy()


@pytest.mark.parametrize(
    "accuracies, best",
    [((0.2, 0.5, 0.3), 2), ((0.5, 0.5, 0.1), 1), ((0, 0, 1), 3)],
)
def test_the_best_epoch_the_first_of_equals(tmp_path, accuracies, best):
    trainer = run(tmp_path, accuracies)
    assert trainer.best_measure.numpy() == max(accuracies)
    assert trainer.best_step.numpy() == 10 * best
    np.testing.assert_array_equal(restored(tmp_path), [best, best])


def test_where_less_is_better(tmp_path):
    trainer = run(tmp_path, (90.5, 80.25, 80.25), higher_is_better=False)
    assert trainer.best_measure.numpy() == 80.25
    assert trainer.best_step.numpy() == 20
    np.testing.assert_array_equal(restored(tmp_path), [2, 2])


def test_without_validation_it_is_the_last(tmp_path):
    trainer = run(tmp_path, (), validates=False)
    assert trainer.best_step.numpy() == 30
    np.testing.assert_array_equal(restored(tmp_path), [3, 3])
    names = {file.name for file in (tmp_path / "best").iterdir()}
    assert names == {
        "checkpoint",
        "ckpt-30.index",
        "ckpt-30.data-00000-of-00001",
    }


def test_what_a_lost_epoch_has_saved_is_dropped(tmp_path):
    run(tmp_path, (0.1, 0.5, 0.9))
    # Killed before the checkpoint of the third epoch: the second is the best.
    again = Trainer()
    again.best_step.assign(20)
    BestWeights(again, tmp_path)
    np.testing.assert_array_equal(restored(tmp_path), [2, 2])


def test_averaged_weights_are_kept(tmp_path):
    trainer = Trainer(validates=False)
    vector = trainer.network.vector
    trainer.weight_update = WeightUpdate(
        trainer.network, schema.Optimizer(), 1, 1, ema_decay=0.5
    )
    best = BestWeights(trainer, tmp_path)
    for _ in range(2):
        trainer.weight_update(
            lambda: StepResult(tf.reduce_sum(vector.value), {})
        )
    with trainer.weight_update.averaged():
        average = vector.numpy()
    best.end_epoch(last=True)

    assert not np.allclose(average, vector.numpy())
    np.testing.assert_array_equal(restored(tmp_path), average)


def test_no_weights_and_those_of_another_network(tmp_path):
    with pytest.raises(
        errors.RequestError, match="best: expected .* none found"
    ):
        restored(tmp_path)
    run(tmp_path, (0.1, 0.5, 0.9))
    with pytest.raises(errors.RequestError, match="best: expected the weights"):
        best_weights.restore(Network(size=3), tmp_path)


def test_weights_of_more_or_fewer_variables(tmp_path):
    run(tmp_path, (0.1, 0.5, 0.9))
    other = Network()
    other.more = other.add_weight((1,), "zeros")
    with pytest.raises(errors.RequestError, match="best: expected the weights"):
        best_weights.restore(other, tmp_path)
    fewer = types.SimpleNamespace(variables=[], auxiliary_head=None)
    with pytest.raises(errors.RequestError, match="best: expected the weights"):
        best_weights.restore(fewer, tmp_path)
