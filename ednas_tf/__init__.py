"""Efficient decoupled neural architecture search for TensorFlow and Keras."""

import importlib as _importlib
import os as _os
import signal as _signal
import sys as _sys

#: Version of the package, which setuptools and `--version` read from here.
__version__ = "0.1.0"

#: What a Python program uses -> the module that has it. The modules are
#: imported at the first use, because TensorFlow takes seconds.
_MODULES = {
    "build": "ednas_tf.models",
    "genotype": "ednas_tf.genotypes",
    "Found": "ednas_tf.api.found",
    "History": "ednas_tf.api.history",
    "Trained": "ednas_tf.api.trained",
    "find": "ednas_tf.api.finding",
    "find_text": "ednas_tf.api.finding_text",
    "load": "ednas_tf.api.loading",
    "load_history": "ednas_tf.api.history",
    "load_model": "ednas_tf.models",
}

__all__ = sorted(_MODULES)


def __getattr__(name: str):
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(_importlib.import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]


def _is_command() -> bool:
    """Whether this process was started as a command of this package."""
    if _os.path.basename(_sys.argv[0]).startswith("ednas-"):
        return True
    _, *words = _sys.orig_argv
    after = dict(zip(words, words[1:], strict=False)).get("-m", "")
    return after.startswith(("ednas_tf.", "export."))


# While a command still imports its modules, Ctrl-C ends it without a traceback;
# `interruption.install` then takes over.
if _is_command() and (
    _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler
):
    _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
