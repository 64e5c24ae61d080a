"""Batches of images, as tf.data datasets.

Here of arrays in memory; `image_files` does the same for images in files.

A training batch is a function of (seed, step) only: its images and how they
are augmented. A run resumed at a step continues exactly, and any number of
replicas sees the batches that one would see.
"""

from __future__ import annotations

import dataclasses
import functools
import math

from ednas_tf import errors
from ednas_tf.data import draws
from ednas_tf.data.images import augmentation
from ednas_tf.data.images.image_data import ImageData, Split
from ednas_tf.lazy import tf


@dataclasses.dataclass(frozen=True)
class Replicas:
    """All replicas, and which `local` ones of them a pipeline feeds."""

    total: int
    first: int
    local: int

    @classmethod
    def of(cls, context: tf.distribute.InputContext | None) -> Replicas:
        """Those of a strategy's pipeline; None: there is one, and it is fed."""
        if context is None:
            return cls(1, 0, 1)
        total = context.num_replicas_in_sync
        local = total // context.num_input_pipelines
        return cls(total, context.input_pipeline_id * local, local)

    def share(self, batch_size: int) -> int:
        """The part of a batch that a replica gets.

        Raises:
          RequestError: the replicas cannot share it evenly.
        """
        if batch_size % self.total:
            raise errors.RequestError(
                f"batch_size={batch_size}: expected a multiple of {self.total},"
                " the number of replicas that share it"
            )
        return batch_size // self.total


def steps_of_a_pass(
    setting: str, batch_size: int, images: int, replicas: int
) -> int:
    """Whole minibatches in so many images.

    Args:
      setting: that says how large a minibatch is, for the error.
      batch_size: images of a minibatch, of all replicas together.
      images: so many.
      replicas: that share a minibatch.

    Raises:
      RequestError: there is none, or it cannot be split over the replicas.
    """
    if not replicas <= batch_size <= images or batch_size % replicas:
        several = f", divisible by {replicas} devices" if replicas > 1 else ""
        raise errors.RequestError(
            f"{setting}: expected at most {images} images{several}, found "
            f"{batch_size}"
        )
    return images // batch_size


@functools.singledispatch
def training_batches(
    split: Split,
    data: ImageData,
    batch_size: int,
    seed: int,
    start_step: int = 0,
    augment=None,
    input_context: tf.distribute.InputContext | None = None,
) -> tf.data.Dataset:
    """Endless batches for training; element k is that of start_step + k.

    The batches of an epoch, n // batch_size of them, do not overlap. The
    images that are left over at its end are others in each epoch.

    Args:
      split: the n images.
      data: the data set that they are of, for how to prepare them.
      batch_size: images a step, of all replicas together.
      seed: batches of one seed are the same, of others independent.
      start_step: the step of the first batch, counted over all epochs.
      augment: how the images are changed at random, an `Augmentation` of
        `settings/schema.py`; None: they stay as they are.
      input_context: as `strategy.distribute_datasets_from_function` hands it
        over. The elements are then the shares of the replicas it feeds, in
        turn; the shares of all replicas in order make up the batch.

    Returns:
      A dataset of (images, labels): float32 [share, height, width, channels]
      of mean 0 and standard deviation 1, and int32 [share], with a share of
      batch_size / replicas. Of a split in files the images may be left for
      `image_files.finished` to finish, and are not standardised yet.

    Raises:
      RequestError: the batch is larger than the split, the replicas cannot
        share it evenly, or the images cannot be augmented so.
    """
    replicas = Replicas.of(input_context)
    check_batch_size(batch_size, len(split))
    gather = _gatherer(split)
    shape = [replicas.total, replicas.share(batch_size)]
    augmenter = None
    if augment is not None:
        augmenter = augmentation.Augmenter(
            augment, data, split.image_shape, seed, shape
        )

    def batch(step, replica, indices):
        images, labels = gather(indices)
        if not augmenter:
            return standardise(images, data), labels
        images = augmenter.distort(images, step, replica)
        images = standardise(images, data)
        return augmenter.blank(images, step, replica), labels

    indices = shares(len(split), shape, seed, start_step, replicas)
    return background(indices.map(batch))


@functools.singledispatch
def evaluation_batches(
    split: Split, data: ImageData, batch_size: int
) -> tf.data.Dataset:
    """All images once, in order and as they are; the last batch may be smaller.

    Returns:
      A dataset of (images, labels): float32 [b, height, width, channels] of
      mean 0 and standard deviation 1, and int32 [b], with b <= batch_size. It
      holds a copy of the images: make it once, iterate it often.

    Raises:
      RequestError: batch_size is not positive.
    """
    check_batch_size(min(batch_size, len(split)), len(split))
    gather = _gatherer(split)

    def batch(indices):
        images, labels = gather(indices)
        return standardise(images, data), labels

    indices = tf.data.Dataset.range(len(split)).batch(batch_size)
    return background(indices.map(batch))


def shares(
    num_images: int,
    shape: list[int],
    seed: int,
    start_step: int,
    replicas: Replicas,
) -> tf.data.Dataset:
    """Endless (step, replica, indices [share]), of shape [replicas, share]."""
    steps = num_images // math.prod(shape)
    local = replicas.local

    def epoch_shares(epoch):
        order = draws.order(seed, epoch, num_images)
        order = tf.reshape(order[: steps * math.prod(shape)], [steps, *shape])
        order = order[:, replicas.first : replicas.first + local]
        number = tf.range(steps * local, dtype=tf.int64)
        return tf.data.Dataset.from_tensor_slices(
            (
                epoch * steps + number // local,
                replicas.first + number % local,
                tf.reshape(order, [-1, shape[1]]),
            )
        )

    epochs = tf.data.Dataset.counter(start_step // steps)
    return epochs.flat_map(epoch_shares).skip(start_step % steps * local)


def standardise(images: tf.Tensor, data: ImageData) -> tf.Tensor:
    """Of 0 to 255, [..., width, channels]: mean 0, stddev 1 by `data`, float32.

    Width and channels must be known.
    """
    width, channels = images.shape[-2:]
    mean, stddev = tf.constant(data.mean), tf.constant(data.stddev)
    # Row by row: a factor for each channel alone is applied three times as
    # slowly.
    rows = tf.cast(tf.reshape(images, [-1, width * channels]), tf.float32)
    scale, shift = 1 / (255 * stddev), mean / stddev
    rows = rows * tf.tile(scale, [width]) - tf.tile(shift, [width])
    return tf.ensure_shape(tf.reshape(rows, tf.shape(images)), images.shape)


def _gatherer(split: Split):
    # Tensors, as arrays would become constants of the graph, which may not
    # exceed 2 GiB; by default they would lie in an accelerator's memory.
    with tf.device("CPU"):
        images, labels = tf.constant(split.images), tf.constant(split.labels)
    return lambda indices: (
        tf.gather(images, indices),
        tf.gather(labels, indices),
    )


def background(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """Makes batches ahead, in order, on one thread: the others must train."""
    options = tf.data.Options()
    options.deterministic = True
    # There is nothing to tune but how far ahead, which goes without. On several
    # devices the thread that tunes sleeps for up to a minute at its end.
    options.autotune.enabled = False
    options.threading.private_threadpool_size = 1
    options.threading.max_intra_op_parallelism = 1
    return dataset.prefetch(tf.data.AUTOTUNE).with_options(options)


def check_batch_size(batch_size: int, num_images: int) -> None:
    """Raises `RequestError` unless so many images make up a batch."""
    if not 1 <= batch_size <= num_images:
        raise errors.RequestError(
            f"batch_size={batch_size}: expected 1 to {num_images}, the number "
            "of images in the split"
        )
