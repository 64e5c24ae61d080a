"""Efficient decoupled neural architecture search for TensorFlow and Keras."""

import importlib

#: Version of the package, which setuptools and `--version` read from here.
__version__ = "0.1.0"

#: What a Python program uses -> the module that has it. The modules are
#: imported at the first use, because TensorFlow takes seconds.
_MODULES = {
    "build": "ednas_tf.models",
    "genotype": "ednas_tf.genotypes",
}


def __getattr__(name: str):
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES})
