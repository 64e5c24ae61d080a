"""The mean of the weights, and when it begins."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from ednas_tf import errors, tasks
from ednas_tf.data.text import text_data
from ednas_tf.loops import distribution
from ednas_tf.loops.schedule import Schedule
from ednas_tf.loops.train import train_loop
from ednas_tf.loops.train.best_weights import BestWeights
from ednas_tf.loops.train.train_trainer import TrainTrainer
from ednas_tf.loops.train.weight_average import WeightAverage
from ednas_tf.settings import resolve
from ednas_tf.space import published


@pytest.fixture
def network():
    inputs = keras.Input([2])
    return keras.Model(inputs, keras.layers.Dense(3)(inputs))


def triggered(average, measures):
    """The number of the measure after which averaging is on."""
    for i, measure in enumerate(measures):
        average.observe(measure)
        if average.is_on:
            return i
    return None


@pytest.mark.parametrize(
    ("checks", "measures", "expected"),
    [
        (2, [5, 4, 3, 2, 1], None),
        # More than two epochs are needed: none is recent, and none before.
        (2, [5, 6, 7, 8], 3),
        (2, [5, 4, 6, 4.5], None),
        (2, [5, 4, 6, 4.5, 4.2], 4),
        (1, [5, 4, 4.5], None),
        (1, [5, 4, 4.5, 4.2], 3),
        (3, [5, 4, 4.5, 4.2], None),
        (3, [5, 4, 4.5, 4.2, 4.4, 4.1], 5),
        # Equal is not worse.
        (1, [5, 4, 4, 4], None),
    ],
)
def test_it_begins_when_validation_is_worse_than_the_best_before(
    checks, measures, expected
):
    found = triggered(WeightAverage([], checks, False), measures)
    assert found == expected
    higher = WeightAverage([], checks, True)
    assert triggered(higher, [-value for value in measures]) == expected


def test_it_is_the_mean_of_the_weights_of_all_steps_since(network):
    weights = network.trainable_variables
    average = WeightAverage(weights, 1, False)
    step = tf.function(lambda: average(weights), autograph=False)
    step()
    assert average.is_empty
    triggered(average, [1, 2, 3, 4])
    seen = []
    for i in range(5):
        for variable in weights:
            variable.assign(keras.random.normal(variable.shape, seed=i))
        seen.append(network.get_weights())
        step()
    average.copy_to(weights)
    for found, *values in zip(network.get_weights(), *seen, strict=True):
        np.testing.assert_allclose(found, np.mean(values, 0), rtol=1e-5)


def by_the_history(measures, checks):
    """The rule as it is told: the number of the epoch, or None."""
    for i, value in enumerate(measures):
        if i > checks and value > min(measures[: i - checks]):
            return i
    return None


@pytest.mark.parametrize("checks", [1, 2, 5])
def test_it_begins_as_the_whole_history_says(checks):
    found = set()
    for seed in range(20):
        drawn = np.random.default_rng(seed).integers(0, 9, 14)
        measures = (drawn - np.arange(14)).tolist()
        expected = by_the_history(measures, checks)
        average = WeightAverage([], checks, False)
        assert triggered(average, measures) == expected
        found.add(expected)
    # Not always, and not always at once.
    assert len(found) > 3


def test_before_it_begins_a_switch_is_read_and_no_more(network):
    weights = network.trainable_variables
    average = WeightAverage(weights, 1, False)
    compiled = tf.function(lambda: average(weights)).get_concrete_function()
    types = {op.type for op in compiled.graph.get_operations()}
    assert types == {"Placeholder", "ReadVariableOp", "If", "Identity"}


def test_two_devices_average_as_one():
    strategy = distribution.strategy("mirrored")
    with strategy.scope():
        variable = keras.Variable(np.zeros(2, np.float32))
        average = WeightAverage([variable], 1, False)
    triggered(average, [1, 2, 3])
    step = tf.function(
        lambda: strategy.run(lambda: average([variable])), autograph=False
    )
    for value in ([1, 2], [3, 4], [5, 0]):
        variable.assign(value)
        step()
    average.copy_to([variable])
    np.testing.assert_allclose(variable.numpy(), [3, 2])


def small(checks=1):
    settings = resolve.resolve(
        "penn_treebank",
        overrides="train.language_model.hidden=6,train.batch_size=4,"
        "train.language_model.bptt=6,train.validation_streams=2,"
        f"train.nonmonotone_checks={checks},train.epochs=6,train.steps=3",
    )
    text = np.random.default_rng(0).integers(0, 9, 300).astype(np.int32)
    words = ("<eos>", *map(str, range(8)))
    data = text_data.Corpus("tiny", text, text[:60], text[:50], words)
    keras.utils.set_random_seed(0)
    task = tasks.make(settings, data)
    found = published.published("ednas_ptb")
    schedule, strategy = Schedule(6, 3, 0), distribution.strategy("one_device")
    return TrainTrainer(task, settings, found, schedule, strategy)


def ended(trainer):
    average = trainer.weight_update.average
    return [
        *trainer.network.get_weights(),
        *(tf.convert_to_tensor(v).numpy() for v in average.variables),
    ]


@pytest.mark.parametrize("stop_at", [1, 3])
def test_a_training_goes_on_with_the_trigger_and_the_mean(tmp_path, stop_at):
    """Stopped before the trigger, and after it."""
    # Other than found: the third is worse than the first.
    found = [9.0, 8.0, 9.5, 9.0, 9.0]
    whole, file = small(), None
    for epoch, measure in enumerate(found):
        whole.train(tf.constant(3))
        whole.weight_update.average.observe(measure)
        if epoch == stop_at:
            file = whole.checkpoint().save(str(tmp_path / "ckpt"))
            was_on = whole.weight_update.average.is_on
    assert was_on == (stop_at == 3)
    again = small()
    again.checkpoint().restore(file).assert_consumed()
    for measure in found[stop_at + 1 :]:
        again.train(tf.constant(3))
        again.weight_update.average.observe(measure)
    for one, other in zip(ended(whole), ended(again), strict=True):
        np.testing.assert_array_equal(one, other)
    assert not whole.weight_update.average.is_empty


def test_validation_and_the_best_weights_are_those_of_the_mean(tmp_path):
    trainer = small()
    average = trainer.weight_update.average
    triggered(average, [1.0, 2.0, 3.0])
    trainer.train(tf.constant(3))
    own = trainer.network.get_weights()
    best = BestWeights(trainer, tmp_path)
    best.end_epoch(last=False)
    for mine, kept in zip(trainer.network.get_weights(), own, strict=True):
        np.testing.assert_array_equal(mine, kept)
    best.restore()
    means = [tf.convert_to_tensor(v).numpy() for v in average._means]
    for mine, mean in zip(trainer.network.get_weights(), means, strict=True):
        np.testing.assert_array_equal(mine, mean)
    found = float(trainer.best_measure.numpy())
    assert trainer.evaluate()["perplexity"] == pytest.approx(found, rel=1e-6)


def test_two_kinds_of_average_are_refused():
    trainer = small()
    trainer.task.settings.train.ema_decay = 0.9
    with pytest.raises(errors.RequestError, match="nonmonotone_checks: exp"):
        train_loop.check(trainer.task, 1)


def test_without_validation_there_is_no_trigger():
    settings = resolve.resolve("digits", overrides="train.nonmonotone_checks=2")
    with pytest.raises(errors.RequestError, match="set train.validation_im"):
        train_loop.check(tasks.make(settings), 1)
