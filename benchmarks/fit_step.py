"""A step of `fit` on a model of `ednas_tf.build` / one of `ednas_tf.train`.

    python -m benchmarks.fit_step

prints one JSON object. Both train the same network on the same batches of noise
by the same optimizer. They take the same number of steps in turn; the ratio is
the median over the pairs, beside its quartiles. The flags are those of
`benchmarks.train_step`.
"""

import json

import numpy as np
from absl import app, flags, logging

import ednas_tf
from benchmarks import subjects, timing, train_step
from ednas_tf.tasks.image_classification import ImageClassification

FLAGS = flags.FLAGS


def main(_):
    logging.set_verbosity(logging.WARNING)
    task = ImageClassification(train_step.settings(), subjects.noise())
    genotype = ednas_tf.genotype(FLAGS.genotype)
    model = ednas_tf.build(
        genotype,
        task.image_shape,
        task.data.labels,
        cells=FLAGS.cells,
        channels=FLAGS.channels,
        # The batches are standardised already; the model does it once more.
        mean=0.0,
        stddev=1.0,
        value_range=(0, 1),
    )
    taken = timing.pairs(
        train_step.fit(task, model, from_logits=False),
        train_step.derived(task, genotype),
        FLAGS.rounds,
    )
    ratios = np.array(taken)[:, 0] / np.array(taken)[:, 1]
    _, fit, command = timing.summary(taken)
    low, median, high = np.quantile(ratios, (0.25, 0.5, 0.75))
    result = {
        "fit_step_ratio": median,
        "fit_step_ratio_quartiles": [low, high],
        "fit_step_seconds": fit / FLAGS.steps,
        "command_step_seconds": command / FLAGS.steps,
        "settings": {
            name: FLAGS[name].value
            for name in (
                *("genotype", "batch_size", "channels", "cells"),
                *("steps", "rounds"),
            )
        },
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    app.run(main)
