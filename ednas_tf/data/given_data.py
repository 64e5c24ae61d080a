"""The data that a Python program gave a run, kept in the run's directory."""

import pathlib

from ednas_tf.data.images import array_folder
from ednas_tf.data.text import text_folder

#: The folder of the data in a run directory.
FOLDER = "data"
_INDEXES = (array_folder.INDEX, text_folder.INDEX)


def is_given(folder: pathlib.Path) -> bool:
    """Whether a folder holds such data, which an index in it shows."""
    return any((folder / index).is_file() for index in _INDEXES)
