"""Derives independent seeds for different purposes from the seed of a run."""

from __future__ import annotations

import hashlib

from ednas_tf.lazy import tf


def derive(seed: int, purpose: str) -> int:
    """The seed for a purpose, in [0, 2**31), the same in every process."""
    digest = hashlib.sha256(f"{seed} {purpose}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1


def at_step(seed: int, step: tf.Tensor) -> tf.Tensor:
    """The stateless seed, int32 [2], of a step."""
    return tf.stack([tf.constant(seed, tf.int32), tf.cast(step, tf.int32)])
