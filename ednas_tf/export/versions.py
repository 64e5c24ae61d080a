"""The numbered directories of a model, as TensorFlow Serving looks for them."""

import errno
import os
import pathlib
import re

from ednas_tf import errors
from ednas_tf.runs import run_directory


def choose(export_dir: pathlib.Path, asked: int | None) -> int:
    """The number of a new version.

    Args:
      export_dir: directory of all versions.
      asked: by default one more than the highest there is.

    Raises:
      RequestError: it is taken, or there can be no such directory.
    """
    try:
        run_directory.check_way(export_dir, "--export_dir")
        names = os.listdir(export_dir) if export_dir.exists() else []
    except OSError as error:
        raise errors.RequestError(
            f"{export_dir}: cannot be read: {error.strerror}; choose another "
            "--export_dir"
        ) from None
    taken = [int(name) for name in names if re.fullmatch("[0-9]+", name)]
    if asked in taken:
        raise errors.RequestError(
            f"{export_dir}: version {asked} exists; leave --version out for "
            f"{max(taken) + 1}"
        )
    return asked or max(taken, default=0) + 1


def place(
    written: pathlib.Path, export_dir: pathlib.Path, asked: int | None
) -> pathlib.Path:
    """Moves a finished version to its place, and never over another one.

    Raises:
      RequestError: the version asked for has been taken meanwhile.
    """
    while True:
        target = export_dir / str(choose(export_dir, asked))
        try:
            return written.rename(target)
        except OSError as error:
            # Another process was faster.
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
