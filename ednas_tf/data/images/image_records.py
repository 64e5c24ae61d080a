"""Reads single images from TFRecord files by number.

A TFRecord file has no index. The start of each record is found by walking from
one length to the next, which takes seconds for all of ImageNet and reads
nothing else. A record is then read as the only fixed-length record between a
header and a footer, which are the rest of its file. This allows any order of
images, without a copy of the data, at the price of opening a file per image.
"""

from __future__ import annotations

import os
import struct

import numpy as np

from ednas_tf import errors
from ednas_tf.lazy import tf

# Each record follows its length and a checksum; another checksum follows it.
_LENGTH = struct.Struct("<Q")
_BEFORE, _AFTER = 12, 4
# A little more than the size of a typical image.
_BUFFER = 2**16


class Records:
    """An `image_source.Source` with one image per TFDS record.

    Args:
      files: paths of TFRecord files.
      numbers: numbers of the records to use, counted over all files; by default
        all records are used.

    Raises:
      RequestError: a file is truncated.
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
        """A source of some of the records.

        Args:
          numbers: int64 [n], numbers of the records, counted over all files.
        """
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
        label = parsed["label"]
        # Drops an image without label like one that cannot be decoded.
        has_label = tf.debugging.assert_non_negative(label, "no label")
        with tf.control_dependencies([has_label]):
            return parsed["image"], tf.cast(label, tf.int32)

    def head(self, number: int) -> bytes:
        """Nothing: TFDS itself encodes the images, as JPEG or PNG."""
        del number
        return b""

    def name_of(self, number: int) -> str:
        if self._numbers is not None:
            number = self._numbers[number]
        file = int(self._file_of[number])
        first = int(tf.argmax(self._file_of == file))
        return f"record {number - first} of {self._names[file]}"


def _records(file):
    """The offsets and the lengths of a file's records, two int64 arrays."""
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
            if not length:
                # A file full of holes would have a billion of them.
                raise errors.RequestError(
                    f"{file}: expected records with images, found an empty one "
                    f"at byte {at}; prepare the data set again"
                )
            begins.append(at + _BEFORE)
            lengths.append(length)
            at += _BEFORE + length + _AFTER
    return np.array(begins, np.int64), np.array(lengths, np.int64)
