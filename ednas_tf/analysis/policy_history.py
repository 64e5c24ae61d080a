"""The history of a search: arrays with a row for each epoch, in one file."""

import io
import pathlib
from collections.abc import Callable, Mapping

import numpy as np

from ednas_tf import array_files, errors
from ednas_tf.analysis import history_names, policy_checks


class PolicyHistory:
    """Arrays that grow by one row in every epoch, kept in a file for numpy.

    An array whose name begins with "epoch/" has a row for each epoch. All
    others have one more: their first row is the state before the first epoch.
    The caller decides which arrays there are; docs/report.md describes those
    of a search.

    Args:
      file: where the arrays are kept.
      write: a function (file, content) that replaces the file.
      labels: arrays without epochs, which are written with the others.
    """

    def __init__(
        self,
        file: pathlib.Path,
        write: Callable[[pathlib.Path, bytes], None],
        labels: Mapping[str, np.ndarray] | None = None,
    ):
        self.file = file
        self.write = write
        self.labels = labels or {}
        self.arrays: dict[str, np.ndarray] = {}

    def go_on(self, epochs: int) -> None:
        """Reads the first `epochs` epochs from the file, and drops the rest.

        Raises:
          RunError: the file is damaged or lacks some of these epochs.
        """
        try:
            self.arrays = {
                name: array
                for name, array in array_files.read(self.file).items()
                if history_names.has_epochs(name)
            }
            # Before the first epoch a searcher may have nothing to keep.
            if epochs and not self.arrays:
                raise ValueError("no arrays")
        except ValueError:
            raise errors.RunError(
                f"{self.file}: expected the history of {epochs} epochs, found "
                "no such file, or a damaged one; start again in a new "
                "--model_dir"
            ) from None
        for name, array in self.arrays.items():
            rows = epochs if name.startswith("epoch/") else epochs + 1
            found = len(array) if array.ndim else 0
            if found < rows:
                raise errors.RunError(
                    f"{self.file}: {name}: expected {rows} rows, found "
                    f"{found}; start again in a new --model_dir"
                )
            self.arrays[name] = array[:rows]

    def add(self, row: dict[str, np.ndarray]) -> None:
        """Appends a row to each of the named arrays, and writes the file.

        An array that has no row any more is dropped: an older version may have
        kept more.
        """
        self.arrays = {
            name: self.arrays[name] for name in self.arrays if name in row
        }
        for name, value in row.items():
            value = np.asarray(value)[np.newaxis]
            if name in self.arrays:
                value = np.concatenate([self.arrays[name], value])
            self.arrays[name] = value
        content = io.BytesIO()
        np.savez_compressed(content, **self.labels, **self.arrays)
        self.write(self.file, content.getvalue())


def check_version(file: pathlib.Path) -> None:
    """Checks that this version of ednas_tf wrote a history.

    A file that cannot be read passes; `PolicyHistory.go_on` refuses it.

    Raises:
      RequestError: another version wrote it.
    """
    try:
        arrays = array_files.read(file)
    except ValueError:
        return
    policy_checks.check_version(arrays, file)


def number_of_epochs(file: pathlib.Path) -> int:
    """The number of epochs in the history of a search.

    Raises:
      RequestError: the file is damaged, or another version of ednas_tf wrote
        it.
    """
    try:
        arrays = array_files.read(file)
    except ValueError as error:
        raise errors.RequestError(
            f"{file}: expected the history of a search, found something else: "
            f"{errors.first_line(error)}; restore it, or choose another "
            "--model_dir"
        ) from None
    policy_checks.check_version(arrays, file)
    rows = [
        len(array)
        for name, array in arrays.items()
        if name.startswith("epoch/") and array.ndim
    ]
    return max(rows, default=0)
