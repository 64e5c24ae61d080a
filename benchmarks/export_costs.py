"""What an export costs, in time and on disk.

    python -m benchmarks.export_costs

prints one JSON object. The exported model and a tf.function of the Keras
network take the same images in turn; ratios are medians over the pairs. The
network is not trained, its images are noise of CIFAR-10's form. Sizes are those
of all files of the SavedModel, and of the file for LiteRT in 8 bits, over 4
bytes a parameter and over the file in 32.
"""

import json
import pathlib
import platform
import statistics
import tempfile

import numpy as np
from absl import app, flags, logging

_CELLS = flags.DEFINE_integer("cells", 20, "Cells in the stack.")
_CHANNELS = flags.DEFINE_integer("channels", 36, "Channels of the first cell.")
_GENOTYPE = flags.DEFINE_string("genotype", "darts_v2", "A published one.")
_BATCH_SIZES = flags.DEFINE_list("batch_sizes", ["1", "32"], "Images at once.")
_SECONDS = flags.DEFINE_float("seconds", 20, "Of timed pairs a batch size.")
_LITERT = flags.DEFINE_boolean("litert", True, "Whether it is converted, too.")


def _network(data):
    """A derived network, its moving statistics not those of the start."""
    from ednas_tf.nets import cell_network
    from ednas_tf.settings import schema
    from ednas_tf.space import published

    shape = data.test.images.shape[1:]
    network = cell_network.derived_network(
        published.published(_GENOTYPE.value),
        schema.Network(cells=_CELLS.value, channels=_CHANNELS.value),
        shape[-1],
        len(data.labels),
    ).make_weights(shape)
    generator = np.random.default_rng(0)
    for variable in network.non_trainable_variables:
        variable.assign(generator.uniform(0.5, 1.5, variable.shape))
    return network


def _ratio(served, network, images):
    """Median ratio of pairs, and the medians of both in milliseconds."""
    from ednas_tf.export import response_time

    pairs, spent = [], 0
    for run in (served, network) * 3:
        response_time.seconds(run, images)
    while spent < _SECONDS.value or len(pairs) < 10:
        order = (served, network) if len(pairs) % 2 else (network, served)
        taken = {run: response_time.seconds(run, images) for run in order}
        pairs.append((taken[served], taken[network]))
        spent += sum(pairs[-1])
    ratio = statistics.median(one / other for one, other in pairs)
    return ratio, [
        1000 * statistics.median(each) for each in zip(*pairs, strict=True)
    ]


def _size(folder):
    return sum(
        file.stat().st_size for file in folder.rglob("*") if file.is_file()
    )


def _measure(folder):
    import tensorflow as tf

    from benchmarks import subjects
    from ednas_tf.data.images import pipeline
    from ednas_tf.export import litert
    from ednas_tf.export.images import signatures

    data = subjects.noise()
    network = _network(data)
    parameters = sum(
        v.value.shape.num_elements() for v in network.trainable_variables
    )
    signatures.archive(network, data).write_out(str(folder), verbose=False)
    loaded = tf.saved_model.load(str(folder)).signatures["serving_default"]

    @tf.function(autograph=False)
    def keras_network(images):
        return network(pipeline.standardise(images, data), training=False)

    result = {}
    milliseconds = {}
    for size in map(int, _BATCH_SIZES.value):
        images = tf.constant(data.test.images[:size])
        result[f"saved_model_ratio_batch_{size}"], milliseconds[size] = _ratio(
            loaded, keras_network, images
        )
    result["size_ratio"] = _size(folder) / (4 * parameters)
    if _LITERT.value:
        small = len(litert.int8_model(network, data, seed=0))
        large = len(litert.float_model(network, data))
        result["int8_size_ratio"] = small / large
    return result | {"milliseconds": milliseconds, "parameters": parameters}


def main(_):
    logging.set_verbosity(logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        result = _measure(pathlib.Path(folder))
    names = "cells channels genotype batch_sizes seconds".split()
    result["settings"] = {name: getattr(flags.FLAGS, name) for name in names}
    print(json.dumps(result | {"machine": platform.machine()}, indent=2))


if __name__ == "__main__":
    app.run(main)
