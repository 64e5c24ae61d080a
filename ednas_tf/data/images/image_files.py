"""Images in files, and batches that decode them when needed.

A training batch is a function of (seed, step), as in `pipeline`. No buffer is
shuffled; the numbers of the images are. Random crops are drawn from the place
of an image in its batch. Memory holds only the names of the files and the
batches under construction.
"""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

import numpy as np

from ednas_tf import seeds
from ednas_tf.data import draws
from ednas_tf.data.images import (
    augmentation,
    image_decoding,
    image_pixels,
    pipeline,
)
from ednas_tf.data.images.broken_images import BrokenImages
from ednas_tf.data.images.image_data import ImageData, Split
from ednas_tf.data.images.image_source import Source
from ednas_tf.lazy import tf

#: Number of batches prepared in advance.
_AHEAD = 2
#: Number of images that `first` decodes at a time.
_AT_ONCE = 100


@dataclasses.dataclass(frozen=True, eq=False)
class FileSplit:
    """Images of a source; an implementation of `image_data.AnySplit`.

    Attributes:
      source: the source of the images.
      image_shape: height, width and channels that the images are resized to.
      broken: the record of images that cannot be decoded.
      numbers: int32 [n], the numbers of the split's images in the source.
      plain_jpeg: whether most images are JPEG files of at most twice the size
        that they are resized to. This only makes training faster: other images
        are decoded, too.
    """

    source: Source
    image_shape: tuple[int, int, int]
    broken: BrokenImages
    numbers: np.ndarray
    plain_jpeg: bool = False

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def labels(self) -> np.ndarray | None:
        """int32 [n]; None if only the images' files say them."""
        known = getattr(self.source, "labels", None)
        return None if known is None else np.asarray(known)[self.numbers]

    def take(self, indices: np.ndarray) -> FileSplit:
        """The images at these places, in this order."""
        return dataclasses.replace(self, numbers=self.numbers[indices])

    def first(self, count: int) -> Split:
        """The first images as evaluated, or all if there are fewer.

        Raises:
          RunError: more images than allowed cannot be decoded.
        """
        few = self.take(slice(count))
        parts = list(_evaluated(few, _AT_ONCE).as_numpy_iterator())
        images, labels = zip(*parts, strict=True)
        return Split(np.concatenate(images), np.concatenate(labels))


def of_source(
    source: Source,
    image_shape: tuple[int, int, int],
    broken: BrokenImages,
    plain_jpeg: bool = False,
) -> FileSplit:
    """All images of a source; see `FileSplit`."""
    numbers = np.arange(len(source), dtype=np.int32)
    return FileSplit(source, image_shape, broken, numbers, plain_jpeg)


@pipeline.training_batches.register(FileSplit)
def _training_batches(
    split: FileSplit,
    data: ImageData,
    batch_size: int,
    seed: int,
    start_step: int = 0,
    augment=None,
    input_context: tf.distribute.InputContext | None = None,
) -> tf.data.Dataset:
    """See `pipeline.training_batches`.

    An image is cropped to a random part, mirrored and recoloured, and then the
    policy and cutout are applied. Without `augment`, images look as in an
    evaluation. The images must be passed to `finished`.
    """
    replicas = pipeline.FedReplicas.of(input_context)
    pipeline.check_batch_size(batch_size, len(split))
    shape = [replicas.total, replicas.share(batch_size)]
    shares = pipeline.shares(len(split), shape, seed, start_step, replicas)
    if augment is not None:
        batch = _augmented(split, data, augment, seed, shape)
    else:
        decode = _central(split)

        def batch(step, replica, indices):
            return _standardised(_load(split, decode, indices), data)

    return _background(shares.map(batch, num_parallel_calls=tf.data.AUTOTUNE))


@pipeline.evaluation_batches.register(FileSplit)
def _evaluation_batches(
    split: FileSplit, data: ImageData, batch_size: int
) -> tf.data.Dataset:
    """See `pipeline.evaluation_batches`; images are cropped to their centre."""
    pipeline.check_batch_size(min(batch_size, len(split)), len(split))
    batches = _evaluated(split, batch_size)
    return _background(batches.map(lambda *batch: _standardised(batch, data)))


def _evaluated(split, batch_size):
    """Batches of (uint8 images, labels) in order."""
    decode = _central(split)
    indices = tf.data.Dataset.range(len(split), output_type=tf.int32)
    return indices.batch(batch_size).map(
        lambda indices: _load(split, decode, indices),
        num_parallel_calls=tf.data.AUTOTUNE,
    )


def _central(split):
    window = image_decoding.central(split.image_shape)

    def decode(content, plain_jpeg=False):
        del plain_jpeg  # An evaluation decodes all images in the same way.
        image = image_decoding.decode(content, window, split.image_shape)
        return image_pixels.as_uint8(image)

    return decode


def _standardised(batch, data):
    images, labels = batch
    return pipeline.standardise(images, data), labels


class ToRecolour(NamedTuple):
    """Images whose colours the consumer of the pipeline still has to change.

    Attributes:
      images: float32 [n, height, width, channels], 0 to 255.
      matrices, gains: the results of `image_decoding.colour_maps`.
    """

    images: tf.Tensor
    matrices: tf.Tensor
    gains: tf.Tensor


def finished(images: tf.Tensor | ToRecolour, data: ImageData) -> tf.Tensor:
    """Finishes and standardises the images of a batch.

    Arithmetic on every pixel is left to the device that computes the step,
    because the pipeline that reads files may be too slow to feed it.

    Args:
      images: images from a pipeline; finished ones are returned unchanged.
      data: the data set of the images.
    """
    if not isinstance(images, ToRecolour):
        return images
    offset = np.divide(data.mean, data.stddev)
    return image_decoding.recoloured(*images, offset)


def _augmented(split, data, augment, seed, shape):
    """Maps (step, replica, indices) to an augmented share."""
    others = dataclasses.replace(augment, crop=False, flip=False)
    augmenter = augmentation.Augmenter(
        others, data, split.image_shape, seed, shape
    )
    decode = _augmenting(split, data, augment, seed)
    height, width, channels = split.image_shape
    colour = augment.colour * data.colour
    has_policy = augment.policy != "none"
    # Policy and cutout run in the pipeline and need the colours changed before.
    left = not has_policy and not augment.cutout
    stddev = tuple(255 * np.array(data.stddev)) if left else (1.0,)

    def batch(step, replica, indices):
        first = (step * shape[0] + replica) * shape[1]
        images, labels = _load(
            split,
            decode,
            indices,
            first + tf.range(shape[1], dtype=tf.int64),
            draws.flips(seed, step, shape)[replica],
        )
        changes = colour * draws.colours(seed, step, shape)[replica]
        maps = image_decoding.colour_maps(
            changes, channels, height * width, stddev
        )
        if left:
            return ToRecolour(images, *maps), labels
        images = image_decoding.recoloured(images, *maps)
        if has_policy:
            images = image_pixels.as_uint8(images)
            images = augmenter.distort(images, step, replica)
        images = pipeline.standardise(images, data)
        return augmenter.blank(images, step, replica), labels

    return batch


def _augmenting(split, data, augment, seed):
    """A function that decodes, crops and mirrors one image."""
    shape = split.image_shape
    flips = data.flip and augment.flip
    crop_seed = seeds.derive(seed, "random part")
    whole = image_decoding.central(shape)

    def decode(content, place, flip, plain_jpeg=False):
        window = whole
        if augment.crop:
            window = image_decoding.random(tf.stack([crop_seed, place]))
        flip = flips and flip
        return image_decoding.decode(content, window, shape, flip, plain_jpeg)

    return decode


def _load(split, decode, indices, *drawn):
    """Decodes images, and replaces those that cannot be decoded by others.

    Args:
      split: the split that the images belong to.
      decode: (content, *drawn, plain_jpeg) -> image.
      indices: int32 [share], places in the split.
      *drawn: random numbers for each image, tensors [share, ...].

    Returns:
      Images [share, ...] and labels, int32 [share].
    """
    with tf.device("CPU"):
        numbers = tf.constant(split.numbers)
    count = len(split)
    tries = min(count, split.broken.allowed + 1)

    def one(index, *drawn, plain_jpeg=False):
        content, label = split.source.read(tf.gather(numbers, index))
        return decode(content, *drawn, plain_jpeg=plain_jpeg), label

    def this_or_next(index, *drawn):
        """The first image from this one on that can be decoded."""
        found = tf.data.Dataset.range(tries, output_type=tf.int32).map(
            lambda away: (away, *one((index + away) % count, *drawn))
        )
        # If none can be decoded, all images tried are reported: one too many.
        none = tf.nest.map_structure(
            lambda spec: tf.zeros(spec.shape, spec.dtype), found.element_spec
        )
        none = tf.data.Dataset.from_tensors((tries, *none[1:]))
        found = found.ignore_errors().concatenate(none)
        away, image, label = found.take(1).get_single_element()
        reported = tf.numpy_function(report, [index, away], [])
        with tf.control_dependencies([reported]):
            return tf.identity(image), label

    def report(index, away):
        broken = split.numbers[(index + np.arange(away)) % count]
        split.broken.record(split.source.name_of, broken, total=count)

    # Only datasets can skip errors. A batch that lacks an image is dropped, and
    # the whole batch is decoded once more, which is slow but rare.
    elements = tf.data.Dataset.from_tensor_slices((indices, *drawn))
    fast = elements.map(
        lambda *element: one(*element, plain_jpeg=split.plain_jpeg)
    )
    size = tf.size(indices, tf.int64)
    batches = fast.ignore_errors().batch(size, drop_remainder=True)
    batches = batches.concatenate(elements.map(this_or_next).batch(size))
    images, labels = batches.take(1).get_single_element()
    share = indices.shape[0]
    return (
        tf.ensure_shape(images, [share, *images.shape[1:]]),
        tf.ensure_shape(labels, [share]),
    )


def _background(dataset):
    """Prepares batches in advance, in order, with one thread per operation."""
    options = tf.data.Options()
    options.deterministic = True
    options.threading.max_intra_op_parallelism = 1
    # Each process must see a part of the images, not of some files.
    policy = tf.data.experimental.AutoShardPolicy.DATA
    options.experimental_distribute.auto_shard_policy = policy
    return dataset.prefetch(_AHEAD).with_options(options)
