"""What the Python side costs, against its bars.

    python -m benchmarks.fit_step

prints one JSON object. Three of its entries have the number that was found, and
the most that it should be:

- `import_seconds`: seconds of `import ednas_tf`.
- `first_prediction_seconds`: seconds from `import ednas_tf` to the first
  prediction of a built model, where TensorFlow and Keras are imported already.
- `fit_step_ratio`: a step of `fit` on a model of `ednas_tf.build` / one of
  `ednas_tf.train`. Both train the same network on the same batches of noise by
  the same optimizer. They take the same number of steps in turn; the ratio is
  the median over the pairs, beside its quartiles.

The first two are each the least of several processes. The flags are those of
`benchmarks.train_step`.
"""

import json
import subprocess
import sys

import numpy as np
from absl import app, flags, logging

import ednas_tf
from benchmarks import subjects, timing, train_step
from ednas_tf.tasks.image_classification import ImageClassification

FLAGS = flags.FLAGS

#: The most that each number should be.
_BARS = {
    "import_seconds": 0.2,
    "first_prediction_seconds": 4.0,
    "fit_step_ratio": 1.05,
}
_PROCESSES = 3

_IMPORT = """
import time
begin = time.perf_counter()
import ednas_tf
print(time.perf_counter() - begin)
"""

_FIRST_PREDICTION = """
import sys, time
import keras, numpy, tensorflow
begin = time.perf_counter()
import ednas_tf
genotype, cells, channels = sys.argv[1], *map(int, sys.argv[2:])
model = ednas_tf.build(
    genotype, (32, 32, 3), 10, cells=cells, channels=channels
)
model.predict(numpy.zeros((1, 32, 32, 3), "uint8"), verbose=0)
print(time.perf_counter() - begin)
"""


def main(_):
    logging.set_verbosity(logging.WARNING)
    sizes = [FLAGS.genotype, FLAGS.cells, FLAGS.channels]
    found, details = fit_step()
    found["import_seconds"] = least_seconds(_IMPORT)
    found["first_prediction_seconds"] = least_seconds(_FIRST_PREDICTION, *sizes)
    result = {
        **{name: {"found": found[name], "bar": _BARS[name]} for name in _BARS},
        **details,
        "settings": {
            name: FLAGS[name].value
            for name in (
                *("genotype", "batch_size", "channels", "cells"),
                *("steps", "rounds"),
            )
        },
    }
    print(json.dumps(result, indent=2))


def least_seconds(code: str, *arguments: object) -> float:
    """The least number that a program prints, of several processes."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return min(
        float(
            subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
        )
        for _ in range(_PROCESSES)
    )


def fit_step() -> tuple[dict[str, float], dict[str, object]]:
    """The ratio of the steps; and its quartiles, and the seconds of a step."""
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
    _, taken = train_step.beside_fit(
        model,
        task,
        from_logits=False,
        other=train_step.derived(task, genotype),
    )
    ratios = np.array(taken)[:, 0] / np.array(taken)[:, 1]
    _, fit, command = timing.summary(taken)
    low, median, high = np.quantile(ratios, (0.25, 0.5, 0.75))
    return {"fit_step_ratio": median}, {
        "fit_step_ratio_quartiles": [low, high],
        "fit_step_seconds": fit / FLAGS.steps,
        "command_step_seconds": command / FLAGS.steps,
    }


if __name__ == "__main__":
    app.run(main)
