"""The policies of every epoch, as one file that numpy reads."""

import io
import pathlib
import zipfile
import zlib

import numpy as np

from ednas_tf import errors

#: What numpy raises at a file that is missing, cut off or damaged.
_UNREADABLE = (OSError, EOFError, ValueError, zipfile.BadZipFile, zlib.error)


class PolicyHistory:
    """Rows of arrays, one row an epoch.

    Policies have one row more than there are epochs: the first is what they
    started from. What arrays there are is up to who adds rows; a search's are
    described in docs/report.md.

    Args:
      file: where the arrays are kept.
      write: (file, content) -> None, replaces the file.
    """

    def __init__(self, file: pathlib.Path, write):
        self.file = file
        self.write = write
        self.arrays: dict[str, np.ndarray] = {}

    def go_on(self, epochs: int) -> None:
        """Reads what the file holds of the first `epochs` epochs.

        Raises:
          RunError: the file lacks some of them.
        """
        try:
            with np.load(self.file) as arrays:
                self.arrays = {name: arrays[name] for name in arrays}
            if not self.arrays:
                raise ValueError("no arrays")
        except _UNREADABLE:
            raise errors.RunError(
                f"{self.file}: expected the policies of {epochs} epochs, "
                "found no such file, or a damaged one; start again in a new "
                "--model_dir"
            ) from None
        for name, array in self.arrays.items():
            rows = epochs if name.startswith("epoch/") else epochs + 1
            if len(array) < rows:
                raise errors.RunError(
                    f"{self.file}: {name}: expected {rows} rows, found "
                    f"{len(array)}; start again in a new --model_dir"
                )
            self.arrays[name] = array[:rows]

    def add(self, row: dict[str, np.ndarray]) -> None:
        """Appends a row to each of the arrays and writes the file."""
        for name, value in row.items():
            value = np.asarray(value)[np.newaxis]
            if name in self.arrays:
                value = np.concatenate([self.arrays[name], value])
            self.arrays[name] = value
        content = io.BytesIO()
        np.savez_compressed(content, **self.arrays)
        self.write(self.file, content.getvalue())
