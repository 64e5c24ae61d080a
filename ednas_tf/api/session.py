"""What a run needs of a Python process, and puts back afterwards."""

from __future__ import annotations

import contextlib
import os
import random
import sys
from collections.abc import Iterator

import numpy as np

from ednas_tf import errors, interruption, machine
from ednas_tf.lazy import keras
from ednas_tf.monitor import progress


@contextlib.contextmanager
def entered(verbose: bool) -> Iterator[None]:
    """A context for a run within somebody else's program or notebook.

    Keras's global settings are those that a run expects, Ctrl-C stops the run
    at a point from which it can resume, and the random numbers of Python and
    NumPy go on afterwards as if there had been no run. TensorFlow's global seed
    is the run's from then on.

    Args:
      verbose: whether the run may print its progress.

    Raises:
      RequestError: Keras uses another backend than TensorFlow.
    """
    _check_backend()
    with contextlib.ExitStack() as stack:
        stack.enter_context(_plain_keras())
        stack.enter_context(_kept_random_state())
        stack.enter_context(interruption.answering())
        if not verbose:
            stack.enter_context(progress.quiet())
        yield


def _check_backend():
    # TensorFlow's notices would hide the lines about the run.
    machine.hide_notices()
    found = os.environ.get("KERAS_BACKEND", "tensorflow")
    if "keras" in sys.modules or found == "tensorflow":
        found = keras.backend.backend()
    if found != "tensorflow":
        raise errors.RequestError(
            "KERAS_BACKEND: expected tensorflow, found "
            f"{errors.shown(found)}; set it before Keras is imported"
        )


@contextlib.contextmanager
def _plain_keras():
    """A context with Keras's defaults: 32 bits, and channels last."""
    config = keras.config
    before = (
        config.floatx(),
        config.image_data_format(),
        config.dtype_policy(),
    )
    _configure("float32", "channels_last", "float32")
    try:
        yield
    finally:
        _configure(*before)


def _configure(floatx, image_data_format, policy):
    keras.config.set_floatx(floatx)
    keras.config.set_image_data_format(image_data_format)
    keras.config.set_dtype_policy(policy)


@contextlib.contextmanager
def _kept_random_state():
    python, numpy = random.getstate(), np.random.get_state()
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)
