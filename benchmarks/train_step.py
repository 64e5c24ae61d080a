"""A training step of a derived network / of plain Keras in model.fit.

    python -m benchmarks.train_step

prints one JSON object. Both have the same architecture, the same batches of
noise of CIFAR-10's form and the same optimizer; neither has an auxiliary head,
dropped paths or cutout. They take the same number of steps in turn; the ratio
is the median over the pairs.
"""

import json
import platform
import time

import keras
import tensorflow as tf
from absl import app, flags, logging

from benchmarks import functional, subjects, timing
from ednas_tf.loops import distribution
from ednas_tf.loops.schedule import Schedule
from ednas_tf.loops.train.train_trainer import TrainTrainer
from ednas_tf.settings import schema
from ednas_tf.space import published
from ednas_tf.tasks.image_classification import ImageClassification

_GENOTYPE = flags.DEFINE_enum(
    "genotype",
    "darts_v2",
    published.names("convolutional"),
    "A published cell.",
)
_BATCH_SIZE = flags.DEFINE_integer("batch_size", 128, "Images a step.")
_CHANNELS = flags.DEFINE_integer("channels", 16, "Channels of the first cell.")
_CELLS = flags.DEFINE_integer("cells", 8, "Cells in the stack.")
_STEPS = flags.DEFINE_integer("steps", 4, "At a time.")
_ROUNDS = flags.DEFINE_integer("rounds", 8, "Timed pairs.")


def settings():
    """The settings of the training that the flags ask for."""
    network = schema.Network(cells=_CELLS.value, channels=_CHANNELS.value)
    result = subjects.settings(_BATCH_SIZE.value, network)
    result.override(
        {
            "train": {
                "network": network.as_dict(),
                "batch_size": _BATCH_SIZE.value,
                "drop_path": 0.0,
                "auxiliary_weight": 0.0,
                "augmentation": {"cutout": 0},
            }
        }
    )
    return result


def derived(task, described):
    """A function that takes the steps by the project's training loop."""
    trainer = TrainTrainer(
        task,
        task.settings,
        described,
        Schedule(epochs=1, child_steps=10**6, policy_steps=0),
        distribution.strategy("one_device"),
    )
    return lambda: trainer.train(tf.constant(_STEPS.value))


def beside_fit(model, task, from_logits: bool, other):
    """Times steps of a model's `fit`, and another function's after each few.

    Both go on in turn within one call of `fit`, which begins to read its
    batches only once, as the other one does.

    Args:
      model: the Keras model.
      task: the task with the batches and the optimizer.
      from_logits: whether the model returns logits, not probabilities.
      other: takes as many steps as `--steps`.

    Returns:
      Seconds of both in turn: of the first steps, which are compiled, and of
      `--rounds` more.
    """
    optimizer = task.settings.train.optimizer
    model.compile(
        keras.optimizers.SGD(
            optimizer.learning_rate,
            optimizer.momentum,
            weight_decay=optimizer.weight_decay,
            global_clipnorm=optimizer.clip_norm,
        ),
        keras.losses.SparseCategoricalCrossentropy(from_logits),
        metrics=["accuracy"],
        jit_compile=False,
    )
    turns = _Turns(other)
    model.fit(
        task.train_batches(distribution.strategy("one_device"), 0),
        steps_per_epoch=_STEPS.value * (1 + _ROUNDS.value),
        verbose=0,
        callbacks=[turns],
    )
    return turns.pairs[0], turns.pairs[1:]


class _Turns(keras.callbacks.Callback):
    """Lets another function take its turn after each few steps of `fit`."""

    def __init__(self, other):
        super().__init__()
        self.other, self.pairs = other, []

    def on_train_begin(self, logs=None):
        self.begin = time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        if (batch + 1) % _STEPS.value == 0:
            taken = time.perf_counter() - self.begin
            self.pairs.append((taken, timing.seconds(self.other)))
            self.begin = time.perf_counter()


def main(_):
    logging.set_verbosity(logging.WARNING)
    task = ImageClassification(settings(), subjects.noise())
    described = published.published(_GENOTYPE.value)
    model, _ = functional.functional(
        described, _CELLS.value, _CHANNELS.value, task.image_shape, 10
    )
    first, taken = beside_fit(
        model, task, from_logits=True, other=derived(task, described)
    )
    ratio, keras_seconds, seconds = timing.summary(taken)
    result = {
        "train_step_ratio": 1 / ratio,
        "derived_step_seconds": seconds / _STEPS.value,
        "keras_step_seconds": keras_seconds / _STEPS.value,
        "first_steps_seconds": {"keras": first[0], "derived": first[1]},
        "settings": {
            name: flags.FLAGS[name].value
            for name in (
                *("genotype", "batch_size", "channels", "cells"),
                *("steps", "rounds"),
            )
        },
        "machine": platform.machine(),
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    app.run(main)
