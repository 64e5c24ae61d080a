"""Reads and writes whole files, and checks typed paths."""

import errno
import os
import pathlib
import stat

from ednas_tf import errors

#: The longest path on Linux, in bytes.
_LONGEST_PATH = 4095


def is_path(text: str) -> bool:
    """Whether a file can have this path, in UTF-8 as TensorFlow requires it."""
    try:
        return "\0" not in text and 0 < len(text.encode()) <= _LONGEST_PATH
    except UnicodeEncodeError:
        return False


def read(file: pathlib.Path, expected: str, most: int = 2**16) -> str:
    """Reads a text file; devices are refused, because they may be endless.

    Args:
      file: path of the file.
      expected: what to give instead, for the error message.
      most: maximum size in bytes.

    Raises:
      RequestError: the file does not exist, is too large, or is not UTF-8.
    """
    try:
        mode = file.stat().st_mode
        if not stat.S_ISREG(mode):
            kind = errno.EISDIR if stat.S_ISDIR(mode) else errno.EINVAL
            raise OSError(kind, os.strerror(kind))
        with file.open("rb") as opened:
            content = opened.read(most + 1)
        if len(content) > most:
            raise OSError(errno.EFBIG, f"more than {most} bytes")
        return content.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise errors.RequestError(
            f"{file}: cannot be read: {reason}; give {expected}"
        ) from None


def _open_here(path, flags):
    return os.open(path, flags | os.O_NOFOLLOW, 0o666)


def write(file: pathlib.Path, content: bytes) -> None:
    """Writes to a temporary file and renames it: readers see old or new."""
    aside = file.with_name(f".{file.name}.{os.getpid()}")
    # A killed process with the same number may have left one.
    aside.unlink(missing_ok=True)
    try:
        # Never writes through a link that somebody has put there.
        with open(aside, "xb", opener=_open_here) as written:
            written.write(content)
            written.flush()
            os.fsync(written.fileno())
        aside.replace(file)
    finally:
        aside.unlink(missing_ok=True)
