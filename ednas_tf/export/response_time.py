"""Measures how long an exported model takes, without importing Keras."""

import contextlib
import pathlib
import statistics
import time
from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf

from ednas_tf import errors
from ednas_tf.export import runtimes
from ednas_tf.export.runtimes import EXTRA

#: Untimed runs at the start, in which TensorFlow optimises and allocates.
_WARM = 5

#: Number of words in each sentence for a language model.
SENTENCE_LENGTH = 35


def medians(
    saved_model: pathlib.Path, batch_sizes: Sequence[int], runs: int
) -> tuple[dict[int, float], str]:
    """Measures the median milliseconds of `serving_default` by batch size.

    The time runs from inputs in memory (uint8 images of noise, or sentences) to
    all outputs in memory.

    Args:
      saved_model: directory of the SavedModel.
      batch_sizes: numbers of inputs per run.
      runs: number of timed runs for each batch size.

    Returns:
      The milliseconds by batch size; and what a batch consists of, such as
      "images".

    Raises:
      RequestError: the directory has no exported model.
    """
    run, spec, (make, unit) = _load(saved_model)
    result = {}
    for size in batch_sizes:
        values = tf.constant(make([size, *spec.shape[1:]]))
        result[size] = _median(seconds, runs, run, values, spec.name)
    return result, unit


def of_files(
    saved_model: pathlib.Path, batch_sizes: Sequence[int], runs: int
) -> dict[str, dict[str, object]]:
    """Measures the other formats of an image network in the same way.

    Args:
      saved_model, batch_sizes, runs: see `medians`. A file for single images is
        measured with these only.

    Returns:
      For each file, by its path below the directory: `runtime`, the one that
      has run it; `bytes`, its size; and `latency_ms`, the milliseconds by batch
      size. A file whose runtime is not installed is left out.
    """
    found = {}
    for file in sorted((saved_model / EXTRA).iterdir()):
        if file.suffix not in runtimes.BY_SUFFIX:
            continue
        with contextlib.suppress(ImportError):
            measured = of_file(file, batch_sizes, runs)
            found[str(file.relative_to(saved_model))] = measured
    return found


def of_file(
    file: pathlib.Path, batch_sizes: Sequence[int], runs: int
) -> dict[str, object]:
    """Measures one file; see `of_files`.

    Raises:
      ImportError: its runtime is not installed.
    """
    model = runtimes.BY_SUFFIX[file.suffix](file)
    ((name, _, (most, *shape)),) = model.inputs
    return {
        "runtime": model.runtime,
        "bytes": file.stat().st_size,
        "latency_ms": {
            size: _median(
                _seconds_of_arrays,
                *(runs, model.run, {name: _noise([size, *shape])}),
            )
            for size in batch_sizes
            if most in (None, size)
        },
    }


def _median(measure, runs, *arguments):
    """The median milliseconds of what returns seconds, once it is warm."""
    for _ in range(_WARM):
        measure(*arguments)
    return 1000 * statistics.median(measure(*arguments) for _ in range(runs))


def _seconds_of_arrays(run, inputs):
    begin = time.perf_counter()
    run(inputs)
    return time.perf_counter() - begin


def seconds(run: Callable, values: tf.Tensor, name: str = "images") -> float:
    """The seconds of one call until its outputs can be read.

    Args:
      run: the function to call.
      values: its input.
      name: the name of this input.
    """
    begin = time.perf_counter()
    for value in tf.nest.flatten(run(**{name: values})):
        value.numpy()
    return time.perf_counter() - begin


def _noise(shape):
    return np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)


def _sentences(shape):
    # Every vocabulary contains this word, and all words take the same time.
    return np.full(shape, " ".join(["<eos>"] * SENTENCE_LENGTH))


#: Maps an input of `serving_default` to its generator and its unit.
_INPUTS = {
    "images": (_noise, "images"),
    "sentences": (_sentences, f"sentences of {SENTENCE_LENGTH} words"),
}


def _load(saved_model):
    """Loads `serving_default`: the function, its input, its `_INPUTS` entry."""
    try:
        loaded = tf.saved_model.load(str(saved_model))
        run = loaded.signatures["serving_default"]
        ((name, spec),) = run.structured_input_signature[1].items()
        return run, spec, _INPUTS[name]
    except (OSError, KeyError, ValueError, tf.errors.OpError) as error:
        raise errors.RequestError(
            f"{saved_model}: expected a SavedModel of an ednas_tf export, "
            f"such as EXPORT_DIR/1: {errors.first_line(error)}"
        ) from None
