"""Where the parts of a run lie."""

import os
import pathlib
from typing import NamedTuple

from ednas_tf import errors, whole_files
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


def of(directory: str | os.PathLike) -> Places:
    """The directories of a search alone, or of a whole run.

    Args:
      directory: the directory of either. Whether it holds one is not checked.

    Raises:
      RequestError: it is empty; or it begins with a `~`, and no home folder is
        known.
    """
    if not os.fspath(directory):
        raise errors.RequestError(
            "expected the path of a directory, found ''; use '.' for the "
            "current one"
        )
    folder = pathlib.Path(whole_files.expanded(os.fspath(directory))).absolute()
    whole = folder / "search" / SETTINGS_FILE
    if whole.is_file():
        return Places(whole.parent, folder / "train", folder / "export")
    train = folder / "train"
    return Places(folder, train, train / "export")
