"""Batches of images, as tf.data datasets.

This module handles arrays in memory; `image_files` does the same for images in
files.

A training batch is a function of (seed, step) only, which decide on its images
and their augmentation. A run resumed at a step continues exactly, and any
number of replicas sees the batches that a single replica would see.
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
class FedReplicas:
    """The replicas that a pipeline feeds, `local` ones of `total`.

    Attributes:
      total: number of all replicas.
      first: number of the first replica that is fed.
      local: number of replicas that are fed.
    """

    total: int
    first: int
    local: int

    @classmethod
    def of(cls, context: tf.distribute.InputContext | None) -> FedReplicas:
        """The replicas of a strategy's pipeline; a single one if None."""
        if context is None:
            return cls(1, 0, 1)
        total = context.num_replicas_in_sync
        local = total // context.num_input_pipelines
        return cls(total, context.input_pipeline_id * local, local)

    def share(self, batch_size: int) -> int:
        """The number of images or columns of a batch for each replica.

        Raises:
          RequestError: the replicas cannot share it evenly.
        """
        if batch_size % self.total:
            raise errors.RequestError(
                f"batch_size={batch_size}: expected a multiple of {self.total},"
                " the number of replicas that share it"
            )
        return batch_size // self.total


def steps_per_pass(
    setting: str, batch_size: int, images: int, replicas: int
) -> int:
    """The number of whole minibatches in a pass over the images.

    Args:
      setting: name of the setting with the minibatch size, for error messages.
      batch_size: images per minibatch, over all replicas together.
      images: number of images.
      replicas: number of replicas that share a minibatch.

    Raises:
      RequestError: there is no whole minibatch, or the replicas cannot share it
        evenly.
    """
    if not replicas <= batch_size <= images or batch_size % replicas:
        several = f", divisible by {replicas} devices" if replicas > 1 else ""
        remedy = f"set {setting}=0, and a size is chosen"
        if images < replicas:
            remedy = "give more images, or use fewer devices"
        raise errors.RequestError(
            f"{setting}: expected at most {images} images{several}, found "
            f"{batch_size}; {remedy}"
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
    """Endless batches for training; element k is the batch of start_step + k.

    The n // batch_size batches of an epoch do not overlap. The images left over
    at the end of an epoch differ from epoch to epoch.

    Args:
      split: the n images.
      data: the data set of the images, which says how to prepare them.
      batch_size: images per step, over all replicas together.
      seed: equal seeds give equal batches, different seeds independent ones.
      start_step: the step of the first batch, counted over all epochs.
      augment: how images are changed at random, an `Augmentation` of
        `settings/schema.py`, or None to leave them unchanged.
      input_context: the context from
        `strategy.distribute_datasets_from_function`. The elements are then the
        shares of the replicas that the pipeline feeds, in turn. The shares of
        all replicas, in order, make up the batch.

    Returns:
      A dataset of (images, labels): float32 [share, height, width, channels]
      with mean 0 and standard deviation 1, and int32 [share], where share is
      batch_size / replicas. Images of a split in files may still have to be
      finished and standardised by `image_files.finished`.

    Raises:
      RequestError: the batch is larger than the split, the replicas cannot
        share it evenly, or the images cannot be augmented as requested.
    """
    replicas = FedReplicas.of(input_context)
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
    """All images once, in order and unchanged; the last batch may be smaller.

    Returns:
      A dataset of (images, labels): float32 [b, height, width, channels] with
      mean 0 and standard deviation 1, and int32 [b], with b <= batch_size. It
      holds a copy of the images: create it once and iterate over it repeatedly.

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
    replicas: FedReplicas,
) -> tf.data.Dataset:
    """Endless (step, replica, indices [share]); shape: [replicas, share]."""
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


def standardise(
    images: tf.Tensor, data: ImageData, white: float = 255
) -> tf.Tensor:
    """Standardises images to mean 0 and standard deviation 1 by `data`.

    Args:
      images: [..., width, channels], 0 to `white`, with static width and
        channels.
      data: the data set of the images, or something else with its `mean` and
        its `stddev`.
      white: the largest value of a pixel.

    Returns:
      float32 of the shape of `images`.
    """
    width, channels = images.shape[-2:]
    mean, stddev = tf.constant(data.mean), tf.constant(data.stddev)
    # Scale whole rows: applying one factor per channel is three times slower.
    rows = tf.cast(tf.reshape(images, [-1, width * channels]), tf.float32)
    scale, shift = 1 / (white * stddev), mean / stddev
    rows = rows * tf.tile(scale, [width]) - tf.tile(shift, [width])
    return tf.ensure_shape(tf.reshape(rows, tf.shape(images)), images.shape)


def _gatherer(split: Split):
    # Arrays would become constants of the graph, which may not exceed 2 GiB, so
    # use tensors. By default they would lie in the accelerator's memory.
    with tf.device("CPU"):
        images, labels = tf.constant(split.images), tf.constant(split.labels)
    return lambda indices: (
        tf.gather(images, indices),
        tf.gather(labels, indices),
    )


def background(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """Prepares batches in advance, in order, on a single thread.

    The other threads are needed for training.
    """
    options = tf.data.Options()
    options.deterministic = True
    # Autotuning would only choose how many batches to prepare, which works
    # without it. On several devices its thread sleeps for up to a minute when
    # it ends.
    options.autotune.enabled = False
    options.threading.private_threadpool_size = 1
    options.threading.max_intra_op_parallelism = 1
    return dataset.prefetch(tf.data.AUTOTUNE).with_options(options)


def check_batch_size(batch_size: int, num_images: int) -> None:
    """Raises `RequestError` unless the images suffice for a batch."""
    if not 1 <= batch_size <= num_images:
        raise errors.RequestError(
            f"batch_size={batch_size}: expected 1 to {num_images}, the number "
            "of images in the split"
        )
