"""Lets only one process at a time write to a run directory.

The lock belongs to the operating system and ends with its process, however that
ends: no lock can become stale. It is on a file, not on a path: `Lock.check`
finds out whether the path still leads to that file.
"""

import contextlib
import errno
import fcntl
import json
import os
import pathlib
import socket
import stat
import time
from collections.abc import Iterator

from ednas_tf import errors
from ednas_tf.runs.names import LOCK_FILE

_NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.EINVAL, errno.ENOSYS)
# A process that only checks the lock holds it for an instant.
_TRIES, _PAUSE = 5, 0.05
#: Neither a link is followed nor a pipe waited for.
_FLAGS = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
#: How the content of a lock begins, and its maximum size in bytes.
_BEGIN, _MOST = b'{"pid": ', 1000
_was_held = False


class Lock:
    """The lock that this process holds on a run directory.

    Args:
      directory: the run directory.
      descriptor: the open, locked file.
    """

    def __init__(self, directory: pathlib.Path, descriptor: int):
        self._directory = directory
        self._descriptor = descriptor

    def is_in_place(self) -> bool:
        """Whether the path of the directory still leads to the locked file."""
        try:
            found = os.lstat(self._directory / LOCK_FILE)
        except (FileNotFoundError, NotADirectoryError):
            return False
        return os.path.samestat(found, os.fstat(self._descriptor))

    def check(self) -> None:
        """Raises `RunError` if the directory was moved, removed or replaced."""
        if not self.is_in_place():
            raise errors.RunError(
                f"{self._directory}: expected the directory that this run was "
                "started in, found that it was moved, removed or replaced; "
                "nothing more is written; if it was moved, start the run again "
                "with its new path as --model_dir"
            )


@contextlib.contextmanager
def held(directory: pathlib.Path) -> Iterator[Lock]:
    """A context in which this process holds an existing directory.

    Raises:
      RequestError: another process holds the directory, or its lock is not a
        file that this program has written.
      OSError: the file cannot be opened.
    """
    global _was_held
    for tried in range(_TRIES):
        descriptor = _open(directory, os.O_RDWR | os.O_CREAT)
        try:
            lock = Lock(directory, descriptor)
            # The directory may have been removed since the file was opened.
            if _take(descriptor, directory, fcntl.LOCK_EX, tried) and (
                lock.is_in_place()
            ):
                _write_holder(descriptor)
                _was_held = True
                try:
                    yield lock
                finally:
                    os.ftruncate(descriptor, 0)
                return
        finally:
            os.close(descriptor)
    raise _refusal(directory)


def was_held() -> bool:
    """Whether this process holds a run directory, or has held one."""
    return _was_held


def check(directory: pathlib.Path) -> None:
    """Raises `RequestError` if another process holds the directory."""
    try:
        descriptor = _open(directory, os.O_RDONLY)
    except (FileNotFoundError, NotADirectoryError):
        return
    try:
        if not _take(descriptor, directory, fcntl.LOCK_SH):
            raise _refusal(directory)
    finally:
        os.close(descriptor)


def _open(directory, flags):
    """Opens the lock; refuses anything that this program has not made."""
    file = directory / LOCK_FILE
    try:
        descriptor = os.open(file, flags | _FLAGS, 0o666)
    except OSError as error:
        # What opening a link (ELOOP) or a socket (ENXIO) gives.
        if error.errno not in (errno.ELOOP, errno.ENXIO):
            raise
        raise _foreign(file) from None
    found = os.fstat(descriptor)
    if stat.S_ISDIR(found.st_mode):
        os.close(descriptor)
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(found.st_mode) or not _is_ours(descriptor, found):
        os.close(descriptor)
        raise _foreign(file)
    return descriptor


def _is_ours(descriptor, found):
    """Whether it is empty or names a holder; a killed one may cut it short."""
    if found.st_size > _MOST:
        return False
    content = os.pread(descriptor, len(_BEGIN), 0)
    return _BEGIN.startswith(content)


def _foreign(file):
    return errors.RequestError(
        f"{file}: expected a lock, which is a plain file of this directory, "
        "found a link or something else; remove it, or choose another "
        "--model_dir"
    )


def _write_holder(descriptor):
    since = time.strftime("%Y-%m-%d %H:%M:%S %Z")
    holder = {"pid": os.getpid(), "host": socket.gethostname(), "since": since}
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps(holder).encode(), 0)


def _take(descriptor, directory, kind, tried=0):
    """Tries to take the lock until the file is closed; returns success."""
    time.sleep(_PAUSE if tried else 0)
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
        if kind == fcntl.LOCK_EX:
            errors.warn(
                f"{directory / LOCK_FILE}: this file system has no locks; do "
                "not start a second process on this directory"
            )
    return True


def _refusal(directory):
    try:
        descriptor = _open(directory, os.O_RDONLY)
        with open(descriptor, "rb") as file:
            holder = json.loads(file.read(_MOST))
        who = "process {pid} on {host} since {since}".format(**holder)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        who = "another process"
    return errors.RequestError(
        f"{directory}: is in use by {who}; wait until it ends, or choose "
        "another --model_dir"
    )
