"""Numbered directories of the versions of a model, for TensorFlow Serving."""

import contextlib
import errno
import fcntl
import os
import pathlib
import re
import shutil
import tempfile
from collections.abc import Iterator

from ednas_tf import errors
from ednas_tf.runs import run_directory

#: How the name of the folder of an unfinished version begins.
_HIDDEN = ".export."


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


@contextlib.contextmanager
def unfinished(export_dir: pathlib.Path) -> Iterator[pathlib.Path]:
    """A context with a path for an unfinished version in a hidden folder.

    The folder is removed at the end of the context, and by the next export if
    this process is killed: a lock on the folder tells that it is in use.
    """
    for left in export_dir.glob(f"{_HIDDEN}*"):
        with contextlib.suppress(OSError), _locked(left):
            shutil.rmtree(left)
    with (
        tempfile.TemporaryDirectory(dir=export_dir, prefix=_HIDDEN) as folder,
        _locked(folder),
    ):
        yield pathlib.Path(folder) / "saved_model"


@contextlib.contextmanager
def _locked(folder):
    """A context in which no other process locks the folder, else `OSError`."""
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(folder, flags)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


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
