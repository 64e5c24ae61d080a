"""Numbered directories of the versions of a model, for TensorFlow Serving."""

import errno
import os
import pathlib
import re

from ednas_tf import errors
from ednas_tf.runs import run_directory


def choose(export_dir: pathlib.Path, requested: int | None) -> int:
    """Chooses the number of a new version.

    Args:
      export_dir: directory of all versions.
      requested: the requested number, or None for one more than the highest.

    Raises:
      RequestError: the version exists, or the directory cannot be used.
    """
    try:
        run_directory.check_creatable(export_dir, "--export_dir")
        names = os.listdir(export_dir) if export_dir.exists() else []
    except OSError as error:
        raise errors.RequestError(
            f"{export_dir}: cannot be read: {error.strerror}; choose another "
            "--export_dir"
        ) from None
    taken = [int(name) for name in names if re.fullmatch("[0-9]+", name)]
    if requested in taken:
        raise errors.RequestError(
            f"{export_dir}: version {requested} exists; omit --version to "
            f"write version {max(taken) + 1}"
        )
    return requested or max(taken, default=0) + 1


def place(
    written: pathlib.Path, export_dir: pathlib.Path, requested: int | None
) -> pathlib.Path:
    """Moves a finished version to its place without replacing another one.

    Raises:
      RequestError: the requested version has been created in the meantime.
    """
    while True:
        target = export_dir / str(choose(export_dir, requested))
        try:
            return written.rename(target)
        except OSError as error:
            # Another process has just created this version.
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
