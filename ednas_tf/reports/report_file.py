"""Writes a report to a file, but never over anything but a report."""

import pathlib

from ednas_tf import errors, whole_files
from ednas_tf.reports.report_page import GENERATOR

#: The mark of a report stands within so many bytes of its beginning.
_HEAD = 500


def check(file: pathlib.Path) -> None:
    """Checks that a report can be written to this file.

    Raises:
      RequestError: the folder is missing, or the file is not a report.
    """
    try:
        if not file.parent.is_dir():
            raise errors.RequestError(
                f"{file}: expected a file in an existing folder, found no such "
                "folder; make it, or choose another --output"
            )
        if not file.exists():
            return
        with whole_files.opened(file) as opened:
            head = opened.read(_HEAD)
    except OSError as error:
        raise _unwritable(file, error) from None
    if f'content="{GENERATOR}"'.encode() not in head:
        raise errors.RequestError(
            f"{file}: expected a new file or an older report, found another "
            "file; choose another --output"
        )


def write(file: pathlib.Path, text: str) -> None:
    """Writes a report; whoever reads the file sees the old or the new one.

    Raises:
      RequestError: the file cannot be written.
    """
    try:
        whole_files.write(file, text.encode())
    except OSError as error:
        raise _unwritable(file, error) from None


def _unwritable(file, error):
    return errors.RequestError(
        f"{file}: cannot be written: {error.strerror}; choose another --output"
    )
