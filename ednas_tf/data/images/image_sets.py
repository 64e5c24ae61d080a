"""Data sets of image files: the size of their images and how they are read.

If most images are small, all of them are decoded once into arrays in memory and
augmented like CIFAR-10. Otherwise images are decoded when needed, cropped at
random and recoloured like ImageNet.
"""

import collections
import dataclasses

import numpy as np

from ednas_tf import errors
from ednas_tf.data.images import image_data, image_files, image_source
from ednas_tf.data.images.broken_images import BrokenImages
from ednas_tf.lazy import tf

#: Images of at most this many pixels per side count as small.
SMALL = 64
#: Height and width to which larger images are resized.
USUAL = 224
#: Maximum size in bytes of all decoded images for holding them in memory.
MOST_BYTES = 2**29
#: Channel means and standard deviations of ImageNet, in colour and in grey.
MEAN, STDDEV = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
GREY_MEAN, GREY_STDDEV = (0.449,), (0.226,)

#: Number of images inspected to learn what the images of a source are like.
_NUM_INSPECTED = 100


@dataclasses.dataclass(frozen=True)
class ImageTraits:
    """Traits of a source's images, found by inspecting some of them.

    Attributes:
      shape: height, width and channels that the images are resized to.
      small: whether that shape has at most `SMALL` pixels per side.
      plain_jpeg: see `image_files.FileSplit`.
      resized: whether at least half of the images have another size than that.
    """

    shape: tuple[int, int, int]
    small: bool
    plain_jpeg: bool
    resized: bool


def inspect_images(
    source: image_source.Source, request: image_data.DatasetRequest
) -> ImageTraits:
    """Inspects images that are spread evenly over a source.

    Images get one channel if all inspected images are grey. Small images keep
    their size if more than half of them share it; otherwise they are resized to
    squares.

    Raises:
      RequestError: none of the inspected images can be decoded.
    """
    step = max(1, len(source) // _NUM_INSPECTED)
    sizes, channels, jpegs = [], [], []
    for number in range(0, len(source), step):
        try:
            content, _ = source.read(tf.constant(number))
            jpegs.append(bool(tf.io.is_jpeg(content)))
            *size, depth = _shape(content)
        except tf.errors.OpError:
            continue
        sizes.append(tuple(map(int, size)))
        channels.append(depth)
    if not sizes:
        raise errors.RequestError(
            f"{request.name}: expected JPEG or PNG images, but none of the "
            f"inspected ones can be decoded, such as {source.name_of(0)}; give "
            "another --data_dir"
        )
    shape = _shape_for(sizes, request.options.image_size)
    # Grey images have one channel, or two with transparency.
    depth = 1 if max(channels) <= 2 else 3
    plain_jpeg = all(jpegs) and np.median(np.min(sizes, 1)) <= 2 * min(shape)
    resized = not _is_usual(shape, sizes)
    return ImageTraits(
        (*shape, depth), max(shape) <= SMALL, bool(plain_jpeg), resized
    )


def _shape_for(sizes, side):
    """Height and width for images of the given sizes; `side` unless it is 0."""
    if side:
        return side, side
    if np.median(np.max(sizes, 1)) > SMALL:
        return USUAL, USUAL
    usual = collections.Counter(sizes).most_common(1)[0][0]
    return usual if _is_usual(usual, sizes) else (int(np.median(sizes)),) * 2


def _is_usual(shape, sizes):
    return 2 * sizes.count(shape) > len(sizes)


def make(
    request: image_data.DatasetRequest,
    train: image_source.Source,
    test: image_source.Source,
    labels: tuple[str, ...],
    traits: ImageTraits,
    **others,
) -> image_data.ImageData:
    """Makes a data set from image files.

    Images in colour are mirrored at random. Grey images are not, because they
    often show letters or digits.

    Args:
      request: the request for the data set.
      train, test: the sources of the two splits.
      labels: names of the classes.
      traits: traits of the images.
      **others: further arguments for `image_data.ImageData`.

    Raises:
      RunError: small images are loaded into memory, and more of them than
        allowed cannot be decoded.
    """
    allowed = request.options.broken_images_allowed
    broken = BrokenImages(request.name, allowed)
    splits = [
        image_files.of_source(source, traits.shape, broken, traits.plain_jpeg)
        for source in (train, test)
    ]
    bytes_of_all = (len(train) + len(test)) * int(np.prod(traits.shape))
    if traits.small and bytes_of_all <= MOST_BYTES:
        splits = [_decoded(split) for split in splits]
        others["central"] = traits.resized
        return in_memory(request, *splits, labels, **others)
    colourful = traits.shape[2] == 3
    return image_data.ImageData(
        request.name,
        *splits,
        labels,
        mean=MEAN if colourful else GREY_MEAN,
        stddev=STDDEV if colourful else GREY_STDDEV,
        flip=colourful,
        colour=True,
        central=True,
        summary=_summary(request, *splits, labels, "decoded when needed"),
        **others,
    )


def _decoded(split):
    """The images of a split that can be decoded, as arrays."""
    arrays = split.first(len(split))
    intact = ~split.broken.contains(split.source.name_of, split.numbers)
    return arrays if intact.all() else arrays.take(np.flatnonzero(intact))


def in_memory(
    request: image_data.DatasetRequest,
    train: image_data.Split,
    test: image_data.Split,
    labels: tuple[str, ...],
    **others,
) -> image_data.ImageData:
    """Makes a data set of images in memory; see `make` for the arguments.

    Training images are padded by an eighth of their shorter side before they
    are cropped. Mean and standard deviation are those of all training pixels.
    """
    height, width, channels = train.image_shape
    mean, stddev = statistics(train.images)
    return image_data.ImageData(
        request.name,
        train,
        test,
        labels,
        mean=mean,
        stddev=stddev,
        crop_padding=max(1, min(height, width) // 8),
        flip=channels == 3,
        summary=_summary(request, train, test, labels, "held in memory"),
        **others,
    )


def statistics(
    images: np.ndarray,
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation per channel, with pixels scaled to [0, 1].

    Args:
      images: uint8 [n, height, width, channels].
    """
    mean, stddev = [], []
    values = np.arange(256) / 255
    for channel in range(images.shape[-1]):
        # Count the values: a sum over all pixels would need eight times the
        # memory.
        counts = np.zeros(256)
        for part in np.array_split(images[..., channel], 100):
            counts += np.bincount(part.ravel(), minlength=256)
        shares = counts / counts.sum()
        centre = shares @ values
        mean.append(float(centre))
        # The deviation of images of a single colour is 0; do not divide by it.
        spread = np.sqrt(shares @ (values - centre) ** 2)
        stddev.append(max(float(spread), 1 / 255))
    return tuple(mean), tuple(stddev)


def _summary(request, train, test, labels, how):
    shape = " x ".join(map(str, train.image_shape))
    return (
        f"{request.name}: {len(train):,} training and {len(test):,} test "
        f"images of {len(labels)} classes ({errors.listed(labels)}), {shape}, "
        f"{how}"
    )


def _shape(content):
    """Height, width and channels of an encoded image, as it is stored."""
    if tf.io.is_jpeg(content):
        return tf.io.extract_jpeg_shape(content).numpy()
    image = tf.io.decode_image(content, expand_animations=False)
    return image.shape
