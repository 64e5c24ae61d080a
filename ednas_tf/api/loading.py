"""`load`: what a search found that a command or another program made."""

import os

from ednas_tf import errors
from ednas_tf.api import places
from ednas_tf.api.found import Found


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
