"""Images in TFRecord files, read by number.

A TFRecord has no index. Where each record begins is found by walking from one
length to the next, which takes seconds for all of ImageNet and reads nothing
else; a record is then read as the only one of fixed length between a header and
a footer, the rest of its file. So that any order of images can be had, at the
price of opening a file an image, and no copy of the data is made.
"""

from __future__ import annotations

import os
import struct

import numpy as np

from ednas_tf import errors
from ednas_tf.lazy import tf

# A length and its checksum come before the record, one more checksum after.
_LENGTH = struct.Struct("<Q")
_BEFORE, _AFTER = 12, 4
# Little more than an image.
_BUFFER = 2**16


class Records:
    """A source, as `image_source.Source`: a record of TFDS an image.

    Args:
      files: TFRecord files.
      numbers: which records, counted over all files; by default all.

    Raises:
      RequestError: a file is cut off.
    """

    def __init__(self, files: list[str], numbers: np.ndarray | None = None):
        self._names, self._numbers = files, numbers
        found = [_records(file) for file in files]
        counts = [len(begins) for begins, _ in found]
        with tf.device("CPU"):
            self._files = tf.constant([os.fsencode(file) for file in files])
            sizes = list(map(os.path.getsize, files))
            self._sizes = tf.constant(sizes, tf.int64)
            self._file_of = tf.constant(
                np.repeat(np.arange(len(files)), counts)
            )
            self._begins, self._lengths = (
                tf.constant(np.concatenate(parts))
                for parts in zip(*found, strict=True)
            )
            if numbers is not None:
                self._chosen = tf.constant(numbers)

    def __len__(self) -> int:
        if self._numbers is None:
            return len(self._begins)
        return len(self._numbers)

    def part(self, numbers: np.ndarray) -> Records:
        """Some of the records; int64 [n], counted over all files."""
        return Records(self._names, numbers)

    def read(self, number: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        if self._numbers is not None:
            number = tf.gather(self._chosen, number)
        file = tf.gather(self._file_of, number)
        begin = tf.gather(self._begins, number)
        length = tf.gather(self._lengths, number)
        record = tf.data.FixedLengthRecordDataset(
            tf.gather(self._files, file),
            record_bytes=length,
            header_bytes=begin,
            footer_bytes=tf.gather(self._sizes, file) - begin - length,
            buffer_size=_BUFFER,
        ).get_single_element()
        features = {
            "image": tf.io.FixedLenFeature([], tf.string),
            "label": tf.io.FixedLenFeature([], tf.int64),
        }
        parsed = tf.io.parse_single_example(record, features)
        return parsed["image"], tf.cast(parsed["label"], tf.int32)

    def called(self, number: int) -> str:
        if self._numbers is not None:
            number = self._numbers[number]
        file = int(self._file_of[number])
        first = int(tf.argmax(self._file_of == file))
        return f"record {number - first} of {self._names[file]}"


def _records(file):
    """Where the records of a file begin, and their lengths, int64 arrays."""
    begins, lengths = [], []
    size, at = os.path.getsize(file), 0
    with open(file, "rb", buffering=_BEFORE) as opened:
        while at < size:
            opened.seek(at)
            before = opened.read(_BEFORE)
            if len(before) == _BEFORE:
                (length,) = _LENGTH.unpack_from(before)
            if len(before) < _BEFORE or at + _BEFORE + length + _AFTER > size:
                raise errors.RequestError(
                    f"{file}: expected whole records, found one cut off at "
                    f"byte {at}; prepare the data set again"
                )
            begins.append(at + _BEFORE)
            lengths.append(length)
            at += _BEFORE + length + _AFTER
    return np.array(begins, np.int64), np.array(lengths, np.int64)
