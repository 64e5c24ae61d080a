"""`load`: what a search found that a command or another program made."""

import os
from collections.abc import Sequence

from ednas_tf import errors
from ednas_tf.api import options, places
from ednas_tf.api.found import Found


@errors.in_python
def load(
    directory: str | os.PathLike,
    *,
    plugin: str | os.PathLike | Sequence[str] = (),
) -> Found:
    """Reads a search that `find` or a command made.

    Args:
      directory: the directory of a search, finished or under way, or that of a
        run of all stages by `python -m ednas_tf.run`.
      plugin: the plugins of the search, see `ednas_tf.find`.

    Raises:
      ValueError: the directory holds no search, or files of it are damaged.

    Examples:
      >>> ednas_tf.load(directory).finished
      True
    """
    options.load_plugins(plugin)
    return Found(places.of(directory))
