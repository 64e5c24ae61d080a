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

#: Words of each sentence that a language model is given.
SENTENCE_LENGTH = 35


def medians(
    saved_model: pathlib.Path, batch_sizes: Sequence[int], runs: int
) -> tuple[dict[int, float], str]:
    """Median milliseconds of `serving_default` by batch size.

    From inputs in memory, uint8 images of noise or sentences, to all outputs
    in memory.

    Args:
      saved_model: its directory.
      batch_sizes: inputs at once.
      runs: that are timed of each.

    Returns:
      The milliseconds; and what a batch consists of, as "images".

    Raises:
      RequestError: there is no exported model.
    """
    run, spec, (make, unit) = _load(saved_model)
    result = {}
    for size in batch_sizes:
        values = tf.constant(make([size, *spec.shape[1:]]))
        for _ in range(_WARM):
            seconds(run, values, spec.name)
        found = [seconds(run, values, spec.name) for _ in range(runs)]
        result[size] = 1000 * statistics.median(found)
    return result, unit


def seconds(run: Callable, values: tf.Tensor, name: str = "images") -> float:
    """Of one call with an input of this name, until its outputs can be read."""
    begin = time.perf_counter()
    for value in tf.nest.flatten(run(**{name: values})):
        value.numpy()
    return time.perf_counter() - begin


def _noise(shape):
    return np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)


def _sentences(shape):
    # Every vocabulary has this word, and each word takes as long.
    return np.full(shape, " ".join(["<eos>"] * SENTENCE_LENGTH))


#: Input of `serving_default` -> how it is made, and what it is called.
_INPUTS = {
    "images": (_noise, "images"),
    "sentences": (_sentences, f"sentences of {SENTENCE_LENGTH} words"),
}


def _load(saved_model):
    """`serving_default`, its input, and of `_INPUTS`, what belongs to that."""
    try:
        loaded = tf.saved_model.load(str(saved_model))
        run = loaded.signatures["serving_default"]
        ((name, spec),) = run.structured_input_signature[1].items()
        return run, spec, _INPUTS[name]
    except (OSError, KeyError, ValueError, tf.errors.OpError) as error:
        raise errors.RequestError(
            f"{saved_model}: expected a SavedModel of export.saved_model, such "
            f"as EXPORT_DIR/1: {errors.first_line(error)}"
        ) from None
