"""Random numbers for batches, as functions of the seed and the epoch or step.

Each step draws numbers for all replicas, even if a process uses only some of
them. All draws use the Philox generator, which gives the same numbers on every
device.
"""

from __future__ import annotations

from ednas_tf import seeds
from ednas_tf.lazy import tf

# Draws that use the seed itself; all others derive a seed of their own.
_ORDER, _CROP, _FLIP = range(3)


def _uniform(shape, seed, **options):
    return tf.random.stateless_uniform(shape, seed, alg="philox", **options)


def _integers(shape, seed, maxval):
    return _uniform(shape, seed, minval=0, maxval=maxval, dtype=tf.int32)


def order(seed: int, epoch: tf.Tensor, num_images: int) -> tf.Tensor:
    """A permutation of the images, int32 [num_images]."""
    # `index_shuffle` would need no array, but for the seeds of successive
    # epochs it gives correlated orders, and soon repeats them.
    return tf.random.experimental.stateless_shuffle(
        tf.range(num_images), _seed(seed, epoch, _ORDER), alg="philox"
    )


def offsets(
    seed: int, step: tf.Tensor, shape: list[int], most: int
) -> tf.Tensor:
    """Pairs of integers from 0 to `most` for `crop_and_flip`.

    Returns:
      int32 [*shape, 2].
    """
    return _integers([*shape, 2], _seed(seed, step, _CROP), maxval=most + 1)


def flips(seed: int, step: tf.Tensor, shape: list[int]) -> tf.Tensor:
    """Fair coin flips, bool with the given shape."""
    return _integers(shape, _seed(seed, step, _FLIP), maxval=2) == 1


def pixels(
    seed: int, step: tf.Tensor, shape: list[int], height: int, width: int
) -> tf.Tensor:
    """Uniformly drawn pixel positions (row, column), int32 [*shape, 2]."""
    own = seeds.derive(seed, "cutout")
    pixel = _integers(shape, _own_seed(own, step), maxval=height * width)
    return tf.stack([pixel // width, pixel % width], axis=-1)


def fractions(seed: int, step: tf.Tensor, shape: list[int]) -> tf.Tensor:
    """Uniform numbers in [0, 1) for the augmentation policy, float32."""
    return _uniform(shape, _own_seed(seeds.derive(seed, "policy"), step))


def colours(seed: int, step: tf.Tensor, shape: list[int]) -> tf.Tensor:
    """Uniform numbers in [-1, 1) for the three changes of colour.

    Returns:
      float32 [*shape, 3].
    """
    own = _own_seed(seeds.derive(seed, "colour"), step)
    return _uniform([*shape, 3], own, minval=-1.0, maxval=1.0)


def short(
    seed: int, epoch: tf.Tensor, num_windows: int, share: float
) -> tf.Tensor:
    """Whether each window of text is short, bool [num_windows].

    Each window is short with probability `share`.
    """
    own = seeds.derive(seed, "short windows")
    return _uniform([num_windows], _own_seed(own, epoch)) < share


def normals(seed: int, epoch: tf.Tensor, num_windows: int) -> tf.Tensor:
    """Standard normal numbers for the lengths of the windows.

    Returns:
      float64 [num_windows].
    """
    own = seeds.derive(seed, "lengths of windows")
    return tf.random.stateless_normal(
        [num_windows], _own_seed(own, epoch), dtype=tf.float64, alg="philox"
    )


def _seed(seed: int, index: tf.Tensor, purpose: int) -> tf.Tensor:
    return tf.stack([tf.constant(seed, tf.int64), 3 * index + purpose])


def _own_seed(seed: int, step: tf.Tensor) -> tf.Tensor:
    return tf.stack([tf.constant(seed, tf.int64), step])
