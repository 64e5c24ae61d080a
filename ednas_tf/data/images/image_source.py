"""Sources that read the encoded bytes of an image by its number.

`Files` has one file per image; `image_records.Records` is another source.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from ednas_tf.data import image_formats
from ednas_tf.lazy import tf


class Source(Protocol):
    """A numbered collection of encoded images with their labels."""

    def __len__(self) -> int: ...

    def read(self, number: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Reads an image in a graph: its bytes (a string) and int32 label."""

    def head(self, number: int) -> bytes:
        """The first bytes of an image, or none if they cannot be read."""

    def name_of(self, number: int) -> str:
        """The name of an image in error messages."""


class Files:
    """A source with one file per image.

    Args:
      files: the paths of the images.
      labels: int32 [files], the class of each image.

    Attributes:
      labels: the labels.
    """

    def __init__(self, files: Sequence[str], labels: np.ndarray):
        self._files, self.labels = files, labels
        with tf.device("CPU"):
            self._paths = tf.constant([os.fsencode(file) for file in files])
            self._labels = tf.constant(labels)

    def __len__(self) -> int:
        return len(self._files)

    def read(self, number: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        path = tf.gather(self._paths, number)
        return tf.io.read_file(path), tf.gather(self._labels, number)

    def head(self, number: int) -> bytes:
        try:
            with open(self._files[number], "rb", buffering=0) as opened:
                return opened.read(image_formats.HEAD)
        except OSError:
            return b""

    def name_of(self, number: int) -> str:
        return self._files[number]
