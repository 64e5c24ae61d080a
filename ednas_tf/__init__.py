"""Efficient decoupled neural architecture search for TensorFlow and Keras."""

import importlib

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
}


def __getattr__(name: str):
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES})
