"""Frees a command from what other projects left in its environment."""

import logging
import os
import pathlib
import sys

from ednas_tf import whole_files

_HAS_GPU = pathlib.Path("/dev/nvidia0").exists()

#: No folder can be made here, so that Keras finds no settings and writes none.
_NOWHERE = os.path.join(os.devnull, "keras")


def prepare() -> None:
    """Sets what has to be set before TensorFlow or Matplotlib is imported.

    A notebook names a backend of Matplotlib that exists only in its own
    process, and a person's style may need LaTeX. Another project may use Keras
    with another backend, with other types, or its old version.
    """
    os.environ["MPLBACKEND"] = "agg"
    os.environ["MATPLOTLIBRC"] = os.devnull
    for name in list(os.environ):
        if name.startswith("KERAS_") or name == "TF_USE_LEGACY_KERAS":
            del os.environ[name]
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ["KERAS_HOME"] = _NOWHERE
    # TensorFlow writes a checkpoint to the folder for temporary files.
    for name in ("TMPDIR", "TEMP", "TMP"):
        if whole_files.is_pattern(os.environ.get(name, "")):
            del os.environ[name]
    _quiet()


def _quiet():
    """Leaves notices out, and lets no character end a command."""
    # TensorFlow's notices would precede the one-line error. Its own errors are
    # shown, because exceptions refer to them, except on a machine without a
    # GPU: there, the first one says that there is no GPU.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2" if _HAS_GPU else "3")
    # It warns of a home folder that cannot be written.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # In an ASCII terminal, an arrow is printed as \u2192.
            stream.reconfigure(errors="backslashreplace")
