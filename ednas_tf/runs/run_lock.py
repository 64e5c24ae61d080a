"""Lets only one process at a time write to a run directory.

The lock belongs to the operating system and ends with its process, however that
ends: no lock can become stale.
"""

import contextlib
import errno
import fcntl
import json
import os
import pathlib
import socket
import time

from ednas_tf import errors
from ednas_tf.runs.names import LOCK_FILE

_NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.EINVAL, errno.ENOSYS)
# A process that only checks the lock holds it for an instant.
_TRIES, _PAUSE = 5, 0.05


@contextlib.contextmanager
def held(directory: pathlib.Path):
    """A context in which this process holds an existing directory.

    Raises:
      RequestError: another process holds the directory.
    """
    with (directory / LOCK_FILE).open("a+") as file:
        if not any(_take(file, fcntl.LOCK_EX, i) for i in range(_TRIES)):
            raise _refusal(directory)
        file.truncate(0)
        since = time.strftime("%Y-%m-%d %H:%M:%S %Z")
        holder = {"pid": os.getpid(), "host": socket.gethostname()}
        file.write(json.dumps(holder | {"since": since}))
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)


def check(directory: pathlib.Path) -> None:
    """Raises `RequestError` if another process holds the directory."""
    try:
        with (directory / LOCK_FILE).open() as file:
            if not _take(file, fcntl.LOCK_SH):
                raise _refusal(directory)
    except (FileNotFoundError, NotADirectoryError):
        pass


def _take(file, kind, tried=0):
    """Tries to take the lock until the file is closed; returns success."""
    time.sleep(_PAUSE if tried else 0)
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
        if kind == fcntl.LOCK_EX:
            errors.warn(
                f"{file.name}: this file system has no locks; do not start a "
                "second process on this directory"
            )
    return True


def _refusal(directory):
    try:
        holder = json.loads((directory / LOCK_FILE).read_text())
        who = "process {pid} on {host} since {since}".format(**holder)
    except (OSError, ValueError, KeyError, TypeError):
        who = "another process"
    return errors.RequestError(
        f"{directory}: is in use by {who}; wait until it ends, or choose "
        "another --model_dir"
    )
