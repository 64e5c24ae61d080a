"""Where the parts of a run lie."""

import os
import pathlib
from typing import NamedTuple

from ednas_tf import errors
from ednas_tf.api import options
from ednas_tf.runs.names import SETTINGS_FILE
from ednas_tf.settings import plain_yaml

#: Makes a value of a text in YAML.
parse = plain_yaml.parse


class Places(NamedTuple):
    """The directories of a run.

    Attributes:
      search: directory of the search.
      train: directory of the training of its result, which may not exist yet.
      export: directory of the exported versions, which may not exist yet.
    """

    search: pathlib.Path
    train: pathlib.Path
    export: pathlib.Path


def of(directory: str | os.PathLike, argument: str = "directory") -> Places:
    """The directories of a search alone, or of a whole run.

    Args:
      directory: the directory of either. Whether it holds one is not checked.
      argument: the argument that it is from, to name in errors.

    Raises:
      RequestError: it is no path, or empty; or it begins with a `~`, and no
        home folder is known.
    """
    form = "the path of a directory"
    if directory == "":
        raise errors.RequestError(
            f"{argument}: expected {form}, found ''; use '.' for the current "
            "one"
        )
    folder = pathlib.Path(options.path(directory, argument, form)).absolute()
    whole = folder / "search" / SETTINGS_FILE
    if whole.is_file():
        return Places(whole.parent, folder / "train", folder / "export")
    train = folder / "train"
    return Places(folder, train, train / "export")
