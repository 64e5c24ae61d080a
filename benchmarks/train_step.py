"""A training step of a derived network / of plain Keras in model.fit.

    python -m benchmarks.train_step

prints one JSON object. Both have the same architecture, the same batches of
noise of CIFAR-10's form and the same optimizer; neither has an auxiliary head,
dropped paths or cutout. They take the same number of steps in turn; the ratio
is the median over the pairs.
"""

import json
import platform
import statistics
import time

import keras
import tensorflow as tf
from absl import app, flags, logging

from benchmarks import functional, subjects
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


def keras_fit(task, described):
    """A function that takes the steps by plain Keras in `model.fit`."""
    model, _ = functional.functional(
        described, _CELLS.value, _CHANNELS.value, task.image_shape, 10
    )
    return fit(task, model, from_logits=True)


def fit(task, model, from_logits: bool):
    """A function that takes the steps by the `fit` of a model."""
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
    strategy = distribution.strategy("one_device")
    batches = task.train_batches(strategy, 0)
    return lambda: model.fit(
        batches, steps_per_epoch=_STEPS.value, epochs=1, verbose=0
    )


def _seconds(function):
    begin = time.perf_counter()
    function()
    return (time.perf_counter() - begin) / _STEPS.value


def main(_):
    logging.set_verbosity(logging.WARNING)
    task = ImageClassification(settings(), subjects.noise())
    described = published.published(_GENOTYPE.value)
    subjects_timed = {
        "derived": derived(task, described),
        "keras": keras_fit(task, described),
    }
    first = {n: _seconds(f) * _STEPS.value for n, f in subjects_timed.items()}
    rows = []
    for i in range(_ROUNDS.value):
        names = sorted(subjects_timed, reverse=i % 2)
        rows.append({name: _seconds(subjects_timed[name]) for name in names})
    result = {
        "train_step_ratio": statistics.median(
            row["derived"] / row["keras"] for row in rows
        ),
        **{
            f"{name}_step_seconds": statistics.median(r[name] for r in rows)
            for name in subjects_timed
        },
        "first_steps_seconds": first,
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
