"""How long an exported model takes. Imports nothing of Keras."""

import pathlib
import statistics
import time
from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf

from ednas_tf import errors

#: Runs before those that count: TensorFlow optimises and allocates in them.
_WARM = 5


def medians(
    saved_model: pathlib.Path, batch_sizes: Sequence[int], runs: int
) -> dict[int, float]:
    """Median milliseconds of `serving_default` by batch size.

    From uint8 images of noise in memory to all outputs in memory.

    Args:
      saved_model: its directory.
      batch_sizes: images at once.
      runs: that are timed of each.

    Raises:
      RequestError: there is no exported model.
    """
    run = _load(saved_model)
    (spec,) = run.structured_input_signature[1].values()
    generator = np.random.default_rng(0)
    result = {}
    for size in batch_sizes:
        shape = [size, *spec.shape[1:]]
        noise = generator.integers(0, 256, shape).astype(np.uint8)
        images = tf.constant(noise)
        for _ in range(_WARM):
            seconds(run, images)
        found = [seconds(run, images) for _ in range(runs)]
        result[size] = 1000 * statistics.median(found)
    return result


def seconds(run: Callable, images: tf.Tensor) -> float:
    """Of one call, until its outputs can be read."""
    begin = time.perf_counter()
    for value in tf.nest.flatten(run(images=images)):
        value.numpy()
    return time.perf_counter() - begin


def _load(saved_model):
    try:
        run = tf.saved_model.load(str(saved_model)).signatures[
            "serving_default"
        ]
        if list(run.structured_input_signature[1]) != ["images"]:
            raise KeyError("images")
    except (OSError, KeyError, tf.errors.OpError) as error:
        raise errors.RequestError(
            f"{saved_model}: expected a SavedModel of export.saved_model, such "
            f"as EXPORT_DIR/1: {errors.first_line(error)}"
        ) from None
    return run
