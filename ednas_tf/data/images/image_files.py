"""Images in files, and batches of them that are decoded as they are needed.

A training batch is a function of (seed, step), as in `pipeline`: no buffer is
shuffled, but the numbers of the images, and an image is cropped by numbers that
are drawn for its place. In memory are the names of the files and the batches
that are being made.
"""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

import numpy as np

from ednas_tf import seeds
from ednas_tf.data import draws
from ednas_tf.data.images import augmentation, image_decoding, pipeline
from ednas_tf.data.images.broken_images import BrokenImages
from ednas_tf.data.images.image_data import ImageData, Split
from ednas_tf.data.images.image_source import Source
from ednas_tf.lazy import tf

#: Batches that are made before they are asked for.
_AHEAD = 2
#: Images that `first` decodes at once.
_AT_ONCE = 100


@dataclasses.dataclass(frozen=True, eq=False)
class FileSplit:
    """Images of a source, as `image_data.AnySplit` says.

    Attributes:
      source: of the images.
      image_shape: height, width and channels that they are given.
      broken: those that cannot be decoded.
      numbers: int32 [n], which images of the source.
      plain: whether they are, as a rule, JPEG files of up to twice the size
        that they are given: then training is faster. All others do, too.
    """

    source: Source
    image_shape: tuple[int, int, int]
    broken: BrokenImages
    numbers: np.ndarray
    plain: bool = False

    def __len__(self) -> int:
        return len(self.numbers)

    def take(self, indices: np.ndarray) -> FileSplit:
        """The images of these places, in their order."""
        return dataclasses.replace(self, numbers=self.numbers[indices])

    def first(self, count: int) -> Split:
        """The first images as they are evaluated, or all if there are fewer.

        Raises:
          RunError: too many cannot be decoded.
        """
        few = self.take(slice(count))
        parts = list(_evaluated(few, _AT_ONCE).as_numpy_iterator())
        images, labels = zip(*parts, strict=True)
        return Split(np.concatenate(images), np.concatenate(labels))


def of_source(
    source: Source,
    image_shape: tuple[int, int, int],
    broken: BrokenImages,
    plain: bool = False,
) -> FileSplit:
    """All images of a source; see `FileSplit`."""
    numbers = np.arange(len(source), dtype=np.int32)
    return FileSplit(source, image_shape, broken, numbers, plain)


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

    An image is cropped to a random part, mirrored and recoloured; then come
    policy and cutout. Without `augment` it is as in an evaluation. The images
    are for `finished`.
    """
    replicas = pipeline.Replicas.of(input_context)
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
    """See `pipeline.evaluation_batches`; of each image the central part."""
    pipeline.check_batch_size(min(batch_size, len(split)), len(split))
    batches = _evaluated(split, batch_size)
    return _background(batches.map(lambda *batch: _standardised(batch, data)))


def _evaluated(split, batch_size):
    """Batches of (uint8 images, labels), in order."""
    decode = _central(split)
    indices = tf.data.Dataset.range(len(split), output_type=tf.int32)
    return indices.batch(batch_size).map(
        lambda indices: _load(split, decode, indices),
        num_parallel_calls=tf.data.AUTOTUNE,
    )


def _central(split):
    window = image_decoding.central(split.image_shape)

    def decode(content, plain=False):
        del plain  # It is evaluated as those are that are not.
        image = image_decoding.decode(content, window, split.image_shape)
        return image_decoding.as_uint8(image)

    return decode


def _standardised(batch, data):
    images, labels = batch
    return pipeline.standardise(images, data), labels


class ToRecolour(NamedTuple):
    """Images whose colours are changed where they are used.

    Attributes:
      images: float32 [n, height, width, channels], 0 to 255.
      matrices, gains: as `image_decoding.colour_maps` has them.
    """

    images: tf.Tensor
    matrices: tf.Tensor
    gains: tf.Tensor


def finished(images: tf.Tensor | ToRecolour, data: ImageData) -> tf.Tensor:
    """The images of a batch, standardised.

    What takes arithmetic for every pixel is left to the device that computes
    the step, as one that reads files may be too slow to feed it.

    Args:
      images: as a pipeline gives them; if they are finished, so they stay.
      data: of the images.
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
    # What follows in the pipeline wants to have colours before it.
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
            images = image_decoding.as_uint8(images)
            images = augmenter.distort(images, step, replica)
        images = pipeline.standardise(images, data)
        return augmenter.blank(images, step, replica), labels

    return batch


def _augmenting(split, data, augment, seed):
    """Decodes, crops and mirrors."""
    shape = split.image_shape
    flips = data.flip and augment.flip
    crop_seed = seeds.derive(seed, "random part")
    whole = image_decoding.central(shape)

    def decode(content, place, flip, plain=False):
        window = whole
        if augment.crop:
            window = image_decoding.random(tf.stack([crop_seed, place]))
        flip = flips and flip
        return image_decoding.decode(content, window, shape, flip, plain)

    return decode


def _load(split, decode, indices, *drawn):
    """Decodes images, and others in place of those that cannot be.

    Args:
      split: of the images.
      decode: (content, *drawn, plain) -> image.
      indices: int32 [share], places in the split.
      *drawn: tensors [share, ...].

    Returns:
      Images [share, ...] and labels, int32 [share].
    """
    with tf.device("CPU"):
        numbers = tf.constant(split.numbers)
    count = len(split)
    tries = min(count, split.broken.allowed + 1)

    def one(index, *drawn, plain=False):
        content, label = split.source.read(tf.gather(numbers, index))
        return decode(content, *drawn, plain=plain), label

    def this_or_next(index, *drawn):
        """The next of the split, from this one on, that can be decoded."""
        found = tf.data.Dataset.range(tries, output_type=tf.int32).map(
            lambda away: (away, *one((index + away) % count, *drawn))
        )
        # If none can be, all that were tried are told of, and one too many.
        none = tf.nest.map_structure(
            lambda spec: tf.zeros(spec.shape, spec.dtype), found.element_spec
        )
        none = tf.data.Dataset.from_tensors((tries, *none[1:]))
        found = found.ignore_errors().concatenate(none)
        away, image, label = found.take(1).get_single_element()
        told = tf.numpy_function(tell, [index, away], [])
        with tf.control_dependencies([told]):
            return tf.identity(image), label

    def tell(index, away):
        broken = split.numbers[(index + np.arange(away)) % count]
        split.broken.meet(split.source.called, broken, of=count)

    # Errors can be passed over by datasets alone. A batch that lacks an image
    # is dropped, and all of it is made once more, which is slow and seldom.
    elements = tf.data.Dataset.from_tensor_slices((indices, *drawn))
    fast = elements.map(lambda *element: one(*element, plain=split.plain))
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
    """Makes batches ahead, in order, each operation on one thread."""
    options = tf.data.Options()
    options.deterministic = True
    options.threading.max_intra_op_parallelism = 1
    # Each process is to see a part of the images, not of any files.
    policy = tf.data.experimental.AutoShardPolicy.DATA
    options.experimental_distribute.auto_shard_policy = policy
    return dataset.prefetch(_AHEAD).with_options(options)
