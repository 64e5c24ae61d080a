"""Loads models that were saved to files of Keras."""

import os

import keras

from ednas_tf import whole_files


def load_model(file: str | os.PathLike, **others: object) -> keras.Model:
    """Loads a model of this package, or one that holds one, from a .keras file.

    It calls `keras.saving.load_model`, which needs no `custom_objects` once
    this package is imported.

    Args:
      file: the file that `model.save` wrote.
      **others: further arguments of `keras.saving.load_model`.

    Raises:
      ValueError: there is no such file, or it is no model.
    """
    path = whole_files.expanded(os.fspath(file))
    return keras.saving.load_model(path, **others)
