"""TensorFlow and Keras, imported at their first use.

Importing them takes seconds, whereas a wrong request should be refused at once.
Modules that are imported before a request has been checked write

    from __future__ import annotations

    from ednas_tf.lazy import tf

instead of `import tensorflow as tf`. The first line is needed if annotations
use `tf`, so that they are not evaluated. Code that runs at the import of such a
module must not use `tf`: no default value, decorator, constant or base class.
`tests/imports_test.py` lists the folders to which this applies. All other
modules import TensorFlow as usual.
"""

import importlib
import types
from typing import TYPE_CHECKING


class _Lazy(types.ModuleType):
    """A stand-in for a module, which it imports when an attribute is used."""

    def __getattr__(self, name: str):
        return getattr(importlib.import_module(self.__name__), name)


if TYPE_CHECKING:
    import keras as keras
    import tensorflow as tf
else:
    keras, tf = _Lazy("keras"), _Lazy("tensorflow")
