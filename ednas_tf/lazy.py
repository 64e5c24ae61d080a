"""TensorFlow and Keras, imported when they are first used.

Importing them takes seconds, in which a wrong request could long have been
refused. Modules that are imported before a request is known to be right write

    from __future__ import annotations

    from ednas_tf.lazy import tf

in place of `import tensorflow as tf`. The first line is needed where
annotations name `tf`: it keeps them from being evaluated. Nothing that runs
when such a module is imported may use `tf`: no default value, no decorator, no
constant and no base class. `tests/imports_test.py` lists the folders that all
this holds for. Elsewhere TensorFlow is imported as usual.
"""

import importlib
import types
from typing import TYPE_CHECKING


class _Lazy(types.ModuleType):
    """Stands for a module, which is imported when an attribute is asked for."""

    def __getattr__(self, name: str):
        return getattr(importlib.import_module(self.__name__), name)


if TYPE_CHECKING:
    import keras as keras
    import tensorflow as tf
else:
    keras, tf = _Lazy("keras"), _Lazy("tensorflow")
