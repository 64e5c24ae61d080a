"""One process a run directory.

A lock of the operating system, which ends with the process however it ends:
there are no stale ones.
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
# Who only looks has the lock for an instant.
_TRIES, _PAUSE = 5, 0.05


@contextlib.contextmanager
def held(directory: pathlib.Path):
    """Holds an existing directory for this process while in the context.

    Raises:
      RequestError: another process holds it.
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
    """Whether the lock could be had, the file's end releasing it."""
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
                f"{file.name}: this file system has no locks; start no second "
                "process on the directory"
            )
    return True


def _refusal(directory):
    try:
        holder = json.loads((directory / LOCK_FILE).read_text())
        who = "process {pid} on {host} since {since}".format(**holder)
    except (OSError, ValueError, KeyError, TypeError):
        who = "another process"
    return errors.RequestError(
        f"{directory}: is in use by {who}; wait for its end, or choose "
        "another --model_dir"
    )
