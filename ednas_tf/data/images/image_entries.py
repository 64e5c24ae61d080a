"""Lists a folder of images; of the files, only plain ones can be opened."""

import errno
import os
import stat
from typing import NamedTuple

from ednas_tf import errors

SUFFIXES = (".jpg", ".jpeg", ".png")

#: Maximum size of a file in bytes. A larger one is no image, but would fill the
#: memory: a file full of holes takes no space on a disk.
MOST_BYTES = 2**28

#: Folders that programs leave beside a person's own.
_LEFT_BY_PROGRAMS = frozenset(
    ("__MACOSX", "__pycache__", "@eaDir", "lost+found", "$RECYCLE.BIN")
    + ("System Volume Information",)
)

_MOST_NAMED = 3


class Entries(NamedTuple):
    """The sorted contents of a folder.

    Attributes:
      folders: names of its folders.
      images: names of plain files that end like an image.
      others: names of files of other types.
      unusable: names that end like an image, each with the reason why it is
        left out.
    """

    folders: list[str]
    images: list[str]
    others: list[str]
    unusable: list[str]


def read(folder: str, name: str) -> Entries:
    """Lists a folder, without hidden entries and what programs leave behind.

    Args:
      folder: the path of the folder.
      name: name of the data set, for error messages.

    Raises:
      RequestError: the folder cannot be read.
    """
    found = Entries([], [], [], [])
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                hidden = entry.name.startswith(".")
                if not hidden and entry.name not in _LEFT_BY_PROGRAMS:
                    _add(entry, found)
    except OSError as error:
        raise errors.RequestError(
            f"{name}: {error.filename or folder}: expected a folder of images, "
            f"found: {error.strerror}; give a readable folder as --data_dir"
        ) from None
    return Entries(*map(sorted, found))


def some(names: list[str]) -> str:
    """The first of several names, and the number of the others."""
    shown = ", ".join(map(errors.shown, names[:_MOST_NAMED])) or "none"
    more = len(names) - _MOST_NAMED
    return f"{shown} and {more} more" if more > 0 else shown


def _add(entry, found):
    is_image = entry.name.lower().endswith(SUFFIXES)
    try:
        if entry.is_dir():
            found.folders.append(entry.name)
        elif not is_image:
            found.others.append(entry.name)
        elif reason := _fault(entry.stat()):
            found.unusable.append(f"{entry.name} {reason}")
        else:
            found.images.append(entry.name)
    except FileNotFoundError:
        # A link to a missing file counts as an image that cannot be decoded.
        (found.images if is_image else found.others).append(entry.name)
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
        found.unusable.append(f"{entry.name} is a link to itself")


def _fault(status):
    """Why a file is not opened, or an empty text."""
    if not stat.S_ISREG(status.st_mode):
        return "is not a plain file"
    if status.st_size > MOST_BYTES:
        return f"has {status.st_size:,} bytes, more than {MOST_BYTES:,}"
    return ""
