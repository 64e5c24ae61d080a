"""Shields a command from settings of other projects in its environment."""

import logging
import os
import sys

from ednas_tf import machine, whole_files

#: A path that cannot be created: Keras neither reads nor writes settings here.
_NOWHERE = os.path.join(os.devnull, "keras")


def prepare() -> None:
    """Sets what must be set before TensorFlow or Matplotlib is imported.

    A notebook sets a backend of Matplotlib that exists only in its own process,
    and the user's style may need LaTeX. Another project may use Keras with
    another backend, with other types, or in its old version.
    """
    os.environ["MPLBACKEND"] = "agg"
    os.environ["MATPLOTLIBRC"] = os.devnull
    for name in list(os.environ):
        if name.startswith("KERAS_") or name == "TF_USE_LEGACY_KERAS":
            del os.environ[name]
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ["KERAS_HOME"] = _NOWHERE
    # TensorFlow writes checkpoints to the folder for temporary files first.
    for name in ("TMPDIR", "TEMP", "TMP"):
        if whole_files.is_pattern(os.environ.get(name, "")):
            del os.environ[name]
    _quiet()


def _quiet():
    """Hides notices, and escapes characters that cannot be printed."""
    # TensorFlow's notices would precede the one-line error.
    machine.hide_notices()
    # Matplotlib warns about a home folder that is not writable.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # An ASCII terminal then shows an arrow as \u2192.
            stream.reconfigure(errors="backslashreplace")
