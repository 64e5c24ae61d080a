"""A language model is trained on two devices as on one."""

import keras
import numpy as np
import tensorflow as tf

from ednas_tf import tasks
from ednas_tf.data.text import text_data
from ednas_tf.loops import distribution
from ednas_tf.loops.schedule import Schedule
from ednas_tf.loops.train.train_trainer import TrainTrainer
from ednas_tf.settings import resolve
from ednas_tf.space import published

STEPS = 4
SMALL = (
    "language_model.hidden=8,{0}.language_model.bptt=7,{0}.batch_size=4,"
    "{0}.optimizer.learning_rate=5.0"
)


def _task():
    settings = resolve.resolve(
        "penn_treebank", overrides=f"train.{SMALL.format('train')},"
    )
    generator = np.random.default_rng(0)
    text = generator.integers(0, 30, 600).astype(np.int32)
    words = ("<eos>", *map(str, range(29)))
    data = text_data.Corpus("tiny", text, text[:170], text[:90], words)
    return tasks.make(settings, data)


def _train(strategy_name):
    task, strategy = _task(), distribution.strategy(strategy_name)
    keras.utils.set_random_seed(1)
    found = published.published("ednas_ptb")
    schedule = Schedule(2, STEPS, 0)
    trainer = TrainTrainer(task, task.settings, found, schedule, strategy)
    generator = np.random.default_rng(2)
    trainer.network.set_weights(
        [
            generator.normal(0, 0.3, w.shape)
            for w in trainer.network.get_weights()
        ]
    )
    told = trainer.train(tf.constant(STEPS))
    validation = trainer.evaluate()
    test = trainer.evaluate(test=True, final=True)
    (state,) = trainer.state.read()
    return [
        *(told["train/loss"], validation["perplexity"], test["perplexity"]),
        *(state.numpy(), *trainer.network.get_weights()),
    ], (validation["tokens"], test["tokens"])


def test_loss_perplexity_state_and_weights_of_a_training_are_equal():
    (alone, counts), (mirrored, same_counts) = map(
        _train, ("one_device", "mirrored")
    )
    assert counts == same_counts == (170, 90)
    for expected, found in zip(alone, mirrored, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=2e-5)
