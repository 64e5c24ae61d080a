"""Reads what another program or a command has made: searches and models."""

from __future__ import annotations

import os

from ednas_tf import errors
from ednas_tf.api import options, places
from ednas_tf.api.found import Found
from ednas_tf.lazy import keras


@errors.in_python
def load(directory: str | os.PathLike) -> Found:
    """Reads a search that `find` or a command made.

    Args:
      directory: the directory of a search, finished or under way, or that of a
        run of all stages by `python -m ednas_tf.run`.

    Raises:
      ValueError: the directory holds no search, or files of it are damaged.

    Examples:
      >>> ednas_tf.load(directory).finished
      True
    """
    return Found(places.of(directory))


@errors.in_python
def load_model(file: str | os.PathLike, **others: object) -> keras.Model:
    """Loads a model of this package, or one that holds one, from a .keras file.

    It calls `keras.saving.load_model`, which needs no `custom_objects` then.

    Args:
      file: the file that `model.save` wrote.
      **others: further arguments of `keras.saving.load_model`.

    Raises:
      ValueError: there is no such file, or it is no model.
    """
    # Registers the classes of this package with Keras.
    import ednas_tf.models  # noqa: F401

    path = options.path(file, "file", "the path of a .keras file")
    return keras.saving.load_model(path, **others)
