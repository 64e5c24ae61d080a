"""Time of the supernet's gradient against that of a standalone network's.

    python -m benchmarks.step_time --batch_size=128

prints one JSON object. The networks are built from the same operations, run
the same architectures in turn in one process, and the ratio is the median of
the ratios pair by pair.
"""

import json
import time

import numpy as np
import tensorflow as tf
from absl import app, flags

from ednas_tf.nets import cell_network, selection
from ednas_tf.searchers.uniform import Uniform
from ednas_tf.space import cell_space

_BATCH_SIZE = flags.DEFINE_integer("batch_size", 128, "Images a step.")
_CHANNELS = flags.DEFINE_integer("channels", 16, "Channels of the first cell.")
_CELLS = flags.DEFINE_integer("cells", 8, "Cells in the stack.")
_ROUNDS = flags.DEFINE_integer("rounds", 5, "Timed pairs an architecture.")
_ARCHITECTURES = flags.DEFINE_integer("architectures", 3, "Sampled ones.")


def _gradient_step(network, images, labels, selections=None):
    network(images[:1], selections=selections)  # Creates the variables.
    variables = [v.value for v in network.trainable_variables]

    @tf.function(autograph=False)
    def step(selections):
        with tf.GradientTape() as tape:
            logits = network(images, selections=selections, training=True)
            loss = tf.nn.sparse_softmax_cross_entropy_with_logits(
                labels, logits
            )
        return tf.linalg.global_norm(tape.gradient(loss, variables))

    return step


def _seconds(step, selections):
    start = time.perf_counter()
    step(selections).numpy()
    return time.perf_counter() - start


def main(_):
    space = cell_space.convolutional_space()
    searcher = Uniform(space)
    sampled = [
        searcher.sample(tf.constant([0, i]))
        for i in range(_ARCHITECTURES.value)
    ]
    images = tf.random.stateless_normal([_BATCH_SIZE.value, 32, 32, 3], [0, 0])
    labels = tf.range(_BATCH_SIZE.value) % 10
    size = (10, _CELLS.value, _CHANNELS.value)
    supernet = cell_network.supernet(space, *size)
    shared = _gradient_step(supernet, images, labels, sampled[0])
    first = _seconds(shared, sampled[0])
    pairs = []
    for selections in sampled:
        network = cell_network.derived_network(
            selection.to_genotype(space, selections), *size, for_search=True
        )
        alone = _gradient_step(network, images, labels)
        for step, argument in ((alone, None), (shared, selections)):
            _seconds(step, argument)
        pairs += [
            (_seconds(shared, selections), _seconds(alone, None))
            for _ in range(_ROUNDS.value)
        ]
    pairs = np.array(pairs)
    result = {
        "gradient_ratio": float(np.median(pairs[:, 0] / pairs[:, 1])),
        "supernet_seconds": float(np.median(pairs[:, 0])),
        "standalone_seconds": float(np.median(pairs[:, 1])),
        "trace_and_first_run_seconds": first,
        "batch_size": _BATCH_SIZE.value,
        "channels": _CHANNELS.value,
        "cells": _CELLS.value,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    app.run(main)
