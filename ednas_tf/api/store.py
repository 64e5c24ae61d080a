"""Keeps the data that a Python program gave in the directory of its run.

Other processes of the run, and commands that resume it, read them there.
"""

from __future__ import annotations

import abc
import pathlib
from collections.abc import Mapping

from ednas_tf import errors, whole_files
from ednas_tf.data.images import array_folder
from ednas_tf.data.images.array_folder import Arrays
from ednas_tf.data.text import text_files, text_folder


class Kept(abc.ABC):
    """Data that are kept in a folder, with a digest in an index.

    Attributes:
      digest: the digest of the data.
      arguments: the arguments that they came from, to name in errors.
    """

    digest: str
    arguments: str

    @abc.abstractmethod
    def written_digest(self, folder: pathlib.Path) -> str | None:
        """The digest of what the folder holds; None if it holds nothing."""

    @abc.abstractmethod
    def is_whole(self, folder: pathlib.Path) -> bool:
        """Whether all files of the folder are as they were written."""

    @abc.abstractmethod
    def write(self, folder: pathlib.Path) -> None:
        """Writes the data to a folder."""

    def keep(self, folder: pathlib.Path, belongs_to_run: bool) -> None:
        """Writes the data to a folder, unless it holds them already.

        Args:
          folder: the folder.
          belongs_to_run: whether a run has begun with what the folder holds.

        Raises:
          RequestError: a run has begun with other data, or the folder cannot be
            written.
        """
        before = self.written_digest(folder)
        if belongs_to_run and before not in (None, self.digest):
            raise errors.RequestError(
                f"{self.arguments}: expected the data that the run in "
                f"{folder.parent} began with (digest {before}), found other "
                f"data (digest {self.digest}); give the same data, or choose "
                "another model_dir"
            )
        if before == self.digest and self.is_whole(folder):
            return
        try:
            self.write(folder)
        except OSError as error:
            raise errors.RequestError(
                f"{folder}: cannot be written: {error.strerror}; choose "
                "another model_dir"
            ) from None


class Images(Kept):
    """Arrays of images.

    Args:
      arrays: the images.
    """

    arguments = "x, y"

    def __init__(self, arrays: Arrays):
        self._arrays = arrays
        self.digest = arrays.digest

    def written_digest(self, folder):
        return array_folder.written_digest(folder)

    def is_whole(self, folder):
        try:
            return array_folder.read(folder).digest == self.digest
        except errors.RequestError:
            return False

    def write(self, folder):
        array_folder.write(folder, self._arrays)


class Text(Kept):
    """A text in three splits.

    Args:
      texts: the text of each split by its name, see `text_files.SPLITS`.
    """

    arguments = "text"

    def __init__(self, texts: Mapping[str, str]):
        self._texts = texts
        self.digest = text_folder.digest(texts)

    def written_digest(self, folder):
        return text_folder.written_digest(folder)

    def is_whole(self, folder):
        try:
            found = {
                split: _text(folder / f"{split}.txt")
                for split in text_files.SPLITS
            }
        except (OSError, UnicodeDecodeError):
            return False
        return text_folder.digest(found) == self.digest

    def write(self, folder):
        text_folder.write(folder, self._texts)


def _text(file):
    with whole_files.opened(file) as opened:
        return opened.read().decode()
