"""A report's file: replaces an older report, and nothing else."""

import pathlib

from ednas_tf import errors, whole_files
from ednas_tf.reports.report_page import GENERATOR

#: The mark of a report stands within its first bytes.
_HEAD = 500


def check(file: pathlib.Path) -> None:
    """Raises `RequestError` unless a report can be written there."""
    try:
        if not file.parent.is_dir():
            raise errors.RequestError(
                f"{file}: expected a folder to write to, found none; make it, "
                "or choose another --output"
            )
        if not file.exists():
            return
        with file.open("rb") as opened:
            head = opened.read(_HEAD)
    except OSError as error:
        raise _unwritable(file, error) from None
    if f'content="{GENERATOR}"'.encode() not in head:
        raise errors.RequestError(
            f"{file}: expected a new file or an older report, found another "
            "one; choose another --output"
        )


def write(file: pathlib.Path, text: str) -> None:
    """Writes aside and renames: a reader sees the old or the new report.

    Raises:
      RequestError: it cannot be written.
    """
    try:
        whole_files.write(file, text.encode())
    except OSError as error:
        raise _unwritable(file, error) from None


def _unwritable(file, error):
    return errors.RequestError(
        f"{file}: cannot be written: {error.strerror}; choose another --output"
    )
