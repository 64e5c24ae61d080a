"""Where the contents of images come from, by number.

`Files` is one file an image; `image_records.Records` is another source.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from ednas_tf.lazy import tf


class Source(Protocol):
    """Where the contents of images lie, by number."""

    def __len__(self) -> int: ...

    def read(self, number: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """In a graph, the bytes of an image, a string; its label, int32."""

    def called(self, number: int) -> str:
        """What an image is called in errors."""


class Files:
    """A source: one file an image.

    Args:
      files: their paths.
      labels: int32 [files].
    """

    def __init__(self, files: Sequence[str], labels: np.ndarray):
        self._files = files
        with tf.device("CPU"):
            self._paths = tf.constant([os.fsencode(file) for file in files])
            self._labels = tf.constant(labels)

    def __len__(self) -> int:
        return len(self._files)

    def read(self, number: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        path = tf.gather(self._paths, number)
        return tf.io.read_file(path), tf.gather(self._labels, number)

    def called(self, number: int) -> str:
        return self._files[number]
