"""The table of NAS-Bench-201: how well each of its 15,625 cells was trained.

The file is `cifar10.npz`, with a row for each architecture:

    ops                 uint8 [15625, 6], the operations of the edges 1<-0,
                        2<-0, 2<-1, 3<-0, 3<-1 and 3<-2: indices into op_names
    op_names            [5], the names of the operations
    valid_12            validation accuracy in percent after 12 epochs
    valid_200, test_200 accuracies after 200 epochs, means over the runs
    valid_200_runs      [15625, 3], the single runs; nan for a missing one
    train_seconds_200   simulated seconds of the training of 200 epochs

Other arrays in the file are not read.
"""

import dataclasses
import functools
import hashlib
import pathlib

import numpy as np

from ednas_tf import array_files, errors

#: The numbers of epochs of the trainings in the table.
EPOCHS = (12, 200)
FILE = "cifar10.npz"
_EDGES, _OPS = 6, 5
_ROWS = _OPS**_EDGES
#: Array -> its shape behind the rows, its least value and its largest one.
_NUMBERS = {
    "valid_12": ((), 0, 100),
    "valid_200": ((), 0, 100),
    "test_200": ((), 0, 100),
    "valid_200_runs": ((3,), 0, 100),
    "train_seconds_200": ((), 1e-3, 1e9),
}
_MOST_BYTES = 2**26


@dataclasses.dataclass(frozen=True, eq=False)
class BenchTable:
    """What is known of each architecture. Row i belongs to the code i.

    The code of an architecture are its operations as the digits of a number,
    those of the first edge first: 3 of 5 operations on the last edge, and the
    first operation on all others, have the code 3.

    Attributes:
      file: where the table was read from.
      ops: the names of the operations, in the order of the digits.
      validation: validation accuracies in [0, 1], [rows], for 12 and for 200
        epochs.
      test: test accuracies in [0, 1] after 200 epochs, [rows].
      runs: validation accuracies of the single runs of 200 epochs, [rows, 3];
        nan for a missing one.
      seconds_200: simulated seconds of a training of 200 epochs, [rows].
    """

    file: pathlib.Path
    ops: tuple[str, ...]
    validation: dict[int, np.ndarray]
    test: np.ndarray
    runs: np.ndarray
    seconds_200: np.ndarray

    def codes(self, ops: np.ndarray, names: tuple[str, ...]) -> np.ndarray:
        """The codes of architectures.

        Args:
          ops: [..., 6], the numbers of the operations of the edges.
          names: the names that these numbers stand for.
        """
        return self.digits(names)[ops] @ self.powers()

    def digits(self, names: tuple[str, ...]) -> np.ndarray:
        """The digit of each of these operations."""
        return np.array([self.ops.index(name) for name in names])

    @staticmethod
    def powers() -> np.ndarray:
        """What a digit counts at each edge, [6]."""
        return _OPS ** np.arange(_EDGES)[::-1]

    def all_ops(self) -> np.ndarray:
        """The digits of all architectures, [rows, 6]."""
        return np.arange(_ROWS)[:, None] // self.powers() % _OPS

    def rewards(self, epochs: int, run: int = 0) -> np.ndarray:
        """The validation accuracies that a search sees, [rows].

        Args:
          epochs: 12 or 200.
          run: 1, 2 or 3 for a single run of 200 epochs, where the mean stands
            in for a missing one; 0 for the mean over the runs.
        """
        mean = self.validation[epochs]
        if not run:
            return mean
        single = self.runs[:, run - 1]
        return np.where(np.isnan(single), mean, single)

    def seconds(self, epochs: int) -> np.ndarray:
        """Simulated seconds of each training of so many epochs, [rows]."""
        return self.seconds_200 * epochs / EPOCHS[-1]

    @functools.cached_property
    def ranks(self) -> np.ndarray:
        """Rank of each architecture by test accuracy, from 1 on, [rows].

        Equal ones have the same rank, the best among them.
        """
        ascending = np.sort(self.test)
        return 1 + _ROWS - np.searchsorted(ascending, self.test, "right")

    def fingerprint(self) -> str:
        """A digest of all numbers, 12 hexadecimal digits."""
        digest = hashlib.sha256(" ".join(self.ops).encode())
        parts = *self.validation.values(), self.test, self.runs
        for part in (*parts, self.seconds_200):
            digest.update(np.ascontiguousarray(part).tobytes())
        return digest.hexdigest()[:12]


def read(data_dir: str | pathlib.Path | None) -> BenchTable:
    """Reads the table.

    Args:
      data_dir: the folder of the file, or the folder above it.

    Raises:
      RequestError: there is no such file, or it holds another table.
    """
    file = _find(data_dir)
    arrays = _load(file)
    ops, names = arrays["ops"], tuple(map(str, arrays["op_names"].tolist()))
    codes = ops.astype(np.int64) @ BenchTable.powers()
    order = np.argsort(codes)
    if not np.array_equal(codes[order], np.arange(_ROWS)):
        raise _other(file, "ops", "each architecture once", "others")
    arrays = {name: arrays[name][order] for name in _NUMBERS}
    percent = {name: arrays[name] / 100 for name in _NUMBERS}
    return BenchTable(
        file=file,
        ops=names,
        validation={each: percent[f"valid_{each}"] for each in EPOCHS},
        test=percent["test_200"],
        runs=percent["valid_200_runs"],
        seconds_200=arrays["train_seconds_200"],
    )


def _find(data_dir):
    if not data_dir:
        raise errors.RequestError(
            "nas_bench_201: expected the folder of the table, found none; give "
            f"the folder with {FILE} as --data_dir"
        )
    folder = pathlib.Path(data_dir)
    for file in (folder / FILE, folder / "nas_bench_201" / FILE):
        if file.is_file():
            return file
    raise errors.RequestError(
        f"nas_bench_201: expected {FILE} in {folder}, found no such file; give "
        "the folder with the table as --data_dir"
    )


def _load(file):
    """Reads and checks the arrays of the file."""
    names = ("ops", "op_names", *_NUMBERS)

    def all_of_them(headers):
        for name in names:
            if name not in headers:
                raise _other(file, name, "this array", "none")
        return names

    if file.stat().st_size > _MOST_BYTES:
        raise _other(file, "size", f"at most {_MOST_BYTES} bytes", "more")
    try:
        found = array_files.read(file, all_of_them)
    except errors.RequestError:
        raise
    except ValueError:
        raise errors.RequestError(
            f"{file}: expected a file of numpy arrays, found a damaged file or "
            "another one; give the folder with the table as --data_dir"
        ) from None
    _check_ops(file, found["ops"], found["op_names"])
    for name, (shape, least, most) in _NUMBERS.items():
        _check_numbers(file, name, found[name], (_ROWS, *shape), least, most)
    return found


def _check_ops(file, ops, names):
    if names.shape != (_OPS,) or len(set(names.tolist())) != _OPS:
        raise _other(file, "op_names", f"{_OPS} names", _form(names))
    if names.dtype.kind not in "US":
        raise _other(file, "op_names", "texts", _form(names))
    if ops.shape != (_ROWS, _EDGES) or ops.dtype.kind not in "iu":
        expected = f"integers of the shape {(_ROWS, _EDGES)}"
        raise _other(file, "ops", expected, _form(ops))
    if ops.min() < 0 or ops.max() >= _OPS:
        found = f"{ops.min()} to {ops.max()}"
        raise _other(file, "ops", f"numbers from 0 to {_OPS - 1}", found)


def _check_numbers(file, name, array, shape, least, most):
    if array.shape != shape or array.dtype.kind not in "fiu":
        raise _other(file, name, f"numbers of the shape {shape}", _form(array))
    # A run may be missing.
    known = array[~np.isnan(array)] if len(shape) > 1 else array
    if not np.all((known >= least) & (known <= most)):
        expected = f"numbers from {least} to {most}"
        raise _other(file, name, expected, "others among them")


def _form(array):
    return f"{array.dtype} of the shape {array.shape}"


def _other(file, name, expected, found):
    return errors.RequestError(
        f"{file}: {name}: expected {expected}, found {found}; give the folder "
        "with the table of NAS-Bench-201 as --data_dir"
    )
