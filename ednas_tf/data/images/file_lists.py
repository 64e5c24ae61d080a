"""Lists of the files of a split, and the draw of the test files."""

import hashlib
import os
import pathlib
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from ednas_tf import errors


class FileList(NamedTuple):
    """The files of a split, class by class.

    Attributes:
      files: the paths of the files.
      labels: int32 [files], the number of each file's class.
    """

    files: list[str]
    labels: np.ndarray


def joined(listed: Mapping[str, list[str]]) -> FileList:
    """Joins the files of all classes, in the order of the classes."""
    counts = [len(files) for files in listed.values()]
    labels = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    return FileList(
        [file for files in listed.values() for file in files], labels
    )


def drawn(
    listed: Mapping[str, list[str]], name: str, test_share: float
) -> tuple[FileList, FileList]:
    """Draws the test files, a share of each class; returns train and test.

    Args:
      listed: maps each class to its files.
      name: name of the data set, for error messages.
      test_share: the share, in (0, 1).

    Raises:
      RequestError: a class would have no file in one of the two.
    """
    train, test = {}, {}
    for each, files in listed.items():
        count = round(test_share * len(files))
        if not 1 <= count < len(files):
            raise errors.RequestError(
                "data.test_share: expected a share that leaves each class "
                f"images for training and for testing, found {test_share} with "
                f"{len(files)} images of {each} in {name}; add images or "
                "change the share"
            )
        order = sorted(files, key=_draw)
        test[each] = sorted(order[:count])
        train[each] = sorted(order[count:])
    return joined(train), joined(test)


def _draw(file):
    """A sort key that depends only on the names of the file and its class."""
    name = os.sep.join(pathlib.PurePath(file).parts[-2:])
    return hashlib.sha256(os.fsencode(name)).digest()
