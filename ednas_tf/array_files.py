"""Reads files of numpy's savez that may come from anywhere."""

import math
import pathlib
import tokenize
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import numpy as np

from ednas_tf import errors, whole_files

#: What a missing or damaged file raises, a refused one among them.
UNREADABLE = (
    *(OSError, EOFError, ValueError, RuntimeError, OverflowError, KeyError),
    *(zipfile.BadZipFile, zlib.error, MemoryError, TypeError),
    # What numpy's parser of headers may raise.
    *(SyntaxError, tokenize.TokenError),
)
#: The most arrays in a file, and the most bytes of all of them together.
_MOST_ARRAYS, _MOST_BYTES = 1000, 2**31


class Header(NamedTuple):
    """What a file says of an array, before the array is read."""

    shape: tuple[int, ...]
    dtype: np.dtype

    @property
    def ndim(self) -> int:
        return len(self.shape)


def read(
    file: pathlib.Path,
    check: Callable[[Mapping[str, Header]], Iterable[str]] | None = None,
) -> dict[str, np.ndarray]:
    """Reads arrays of numbers; memory is only taken for what was checked.

    Args:
      file: path of the file.
      check: is given the headers by name, and returns the names of the arrays
        to read; by default all are read. What it raises passes through.

    Raises:
      ValueError: the file is missing or damaged, or holds something else.
    """
    try:
        with (
            whole_files.opened(file) as opened,
            zipfile.ZipFile(opened) as archive,
        ):
            members = _members(archive)
            headers = {
                name: _header(archive, member)
                for name, member in members.items()
            }
            names = headers if check is None else check(headers)
            return {name: _array(archive, members[name]) for name in names}
    except errors.RequestError:
        raise
    except UNREADABLE as error:
        raise ValueError(errors.first_line(error)) from None


def _members(archive):
    """The members by the names of their arrays."""
    found = archive.infolist()
    members = {each.filename.removesuffix(".npy"): each for each in found}
    sizes = sum(each.file_size for each in found)
    if len(members) < len(found) or len(found) > _MOST_ARRAYS:
        raise ValueError(f"{len(found)} arrays, or one name twice")
    if sizes > _MOST_BYTES:
        raise ValueError(f"{sizes} bytes, more than {_MOST_BYTES}")
    for each in found:
        plain = each.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
        # The lowest bit says that a member is encrypted.
        if not plain or each.flag_bits & 1:
            raise ValueError(f"{each.filename} is encrypted or packed")
        if not each.filename.endswith(".npy"):
            raise ValueError(f"{each.filename} is not an array")
    return members


def _header(archive, member):
    """The header of an array of numbers that has the size it says."""
    form = np.lib.format
    with archive.open(member) as stream:
        version = form.read_magic(stream)
        read_header = {
            (1, 0): form.read_array_header_1_0,
            (2, 0): form.read_array_header_2_0,
        }[version]
        shape, _, dtype = read_header(stream)
        size = member.file_size - stream.tell()
    if dtype.kind not in "biufSU" or any(n < 0 for n in shape):
        raise ValueError(f"{member.filename} has no numbers or texts")
    if math.prod(shape) * dtype.itemsize != size:
        raise ValueError(f"{member.filename} has {size} bytes for {shape}")
    return Header(shape, dtype)


def _array(archive, member):
    with archive.open(member) as stream:
        return np.lib.format.read_array(stream, allow_pickle=False)
