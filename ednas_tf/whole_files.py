"""Reads and writes whole files, and checks typed paths."""

import contextlib
import errno
import json
import os
import pathlib
import stat
from collections.abc import Iterator
from typing import BinaryIO

from ednas_tf import errors

#: The longest path on Linux, and the longest name in a path, in bytes.
_LONGEST_PATH, LONGEST_NAME = 4095, 255

#: TensorFlow reads a path with one of these characters as a pattern, even the
#: path of a checkpoint. It then does not find the checkpoint, or it finds, and
#: deletes, those of another run.
_PATTERN = "*?[\\"
#: The most digits of a whole number in JSON; a float has room for them.
_MOST_DIGITS = 40


def is_text(text: str) -> bool:
    """Whether a text is no longer than a path, and in UTF-8 without nulls."""
    try:
        return "\0" not in text and 0 < len(text.encode()) <= _LONGEST_PATH
    except UnicodeEncodeError:
        return False


def is_path(text: str) -> bool:
    """Whether a file can have this path, in UTF-8 as TensorFlow requires it."""
    return is_text(text) and all(
        len(name.encode()) <= LONGEST_NAME for name in text.split("/")
    )


def expanded(typed: str) -> str:
    """Replaces a leading `~` of a path by the home folder.

    A shell does this only at the beginning of a word, and therefore not for
    `--model_dir=~/runs`.

    Raises:
      RequestError: the home folder is unknown.
    """
    path = os.path.expanduser(typed)
    if path.split("/")[0] == "~":
        raise errors.RequestError(
            f"{errors.shown(typed)}: expected a path, found a ~ although the "
            "home folder is unknown; set HOME, or give a path without ~"
        )
    return path


def is_pattern(path: str) -> bool:
    """Whether TensorFlow reads a path as a pattern of several paths."""
    return any(sign in path for sign in _PATTERN)


def check_no_pattern(path: pathlib.Path, flag: str) -> None:
    """Checks that TensorFlow does not read the path of a folder as a pattern.

    Args:
      path: the folder. A relative path is made absolute before the check.
      flag: the flag that names the folder, for the error message.

    Raises:
      RequestError: the path contains a character that patterns consist of.
    """
    if is_pattern(str(path.absolute())):
        raise errors.RequestError(
            f"{flag}: {path.absolute()}: expected a path without the "
            f"characters {' '.join(_PATTERN)} because TensorFlow reads them as "
            f"patterns; choose another {flag}"
        )


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
        with opened(file) as stream:
            content = stream.read(most + 1)
        if len(content) > most:
            raise OSError(errno.EFBIG, f"more than {most} bytes")
        return content.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise errors.RequestError(
            f"{file}: cannot be read: {reason}; give {expected}"
        ) from None


def read_json(file: pathlib.Path, expected: str, most: int = 2**22) -> object:
    """Reads a JSON file that may come from anywhere.

    Args:
      file: path of the file.
      expected: what to give instead, for the error message.
      most: maximum size in bytes.

    Raises:
      RequestError: the file cannot be read, or it is not JSON, is nested too
        deeply or has a whole number of more than 40 digits.
    """
    text = read(file, expected, most)
    try:
        return json.loads(text, parse_int=_whole_number)
    except RecursionError:
        reason = "too many levels of nesting"
    except ValueError as error:
        reason = errors.first_line(error)
    raise errors.RequestError(
        f"{file}: expected JSON, found something else: {reason}; give "
        f"{expected}"
    )


def _whole_number(digits):
    if len(digits) > _MOST_DIGITS:
        raise ValueError(f"a whole number of {len(digits)} digits")
    return int(digits)


def opened(file: pathlib.Path) -> BinaryIO:
    """Opens a plain file to read; never waits, as a pipe would make one do.

    Raises:
      OSError: the file cannot be opened, or is not a plain one.
    """
    descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        raise OSError(errno.EINVAL, "not a plain file")
    return open(descriptor, "rb")


def _open_here(path, flags):
    return os.open(path, flags | os.O_NOFOLLOW, 0o666)


@contextlib.contextmanager
def replacing(file: pathlib.Path) -> Iterator[BinaryIO]:
    """A context that writes to a temporary file and then renames it.

    Readers see the old file or the new one.
    """
    aside = file.with_name(f".{file.name}.{os.getpid()}")
    # A killed process with the same number may have left one.
    aside.unlink(missing_ok=True)
    try:
        # Never writes through a link that somebody has put there.
        with open(aside, "xb", opener=_open_here) as written:
            yield written
            written.flush()
            os.fsync(written.fileno())
        aside.replace(file)
    finally:
        aside.unlink(missing_ok=True)


def write(file: pathlib.Path, content: bytes) -> None:
    """Replaces a file; see `replacing`."""
    with replacing(file) as written:
        written.write(content)
