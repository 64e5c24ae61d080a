"""Data sets of images in files: of what size, and how they are read.

Where most images are small, all are decoded once, to arrays in memory, and
augmented as CIFAR-10 is. Else they are decoded as they are needed, cropped at
random and recoloured, as ImageNet is.
"""

import collections
import dataclasses

import numpy as np

from ednas_tf import errors
from ednas_tf.data.images import image_data, image_files, image_source
from ednas_tf.data.images.broken_images import BrokenImages
from ednas_tf.lazy import tf

#: Up to so many pixels a side an image is small.
SMALL = 64
#: Height and width that larger images are given.
USUAL = 224
#: Bytes that decoded images may take in memory.
MOST_BYTES = 2**29
#: Of each channel of ImageNet's images, and of their grey.
MEAN, STDDEV = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
GREY_MEAN, GREY_STDDEV = (0.449,), (0.226,)

#: Images that are looked at to learn what they are like.
_LOOKED_AT = 100


@dataclasses.dataclass(frozen=True)
class Looks:
    """What images are like, by some of them.

    Attributes:
      shape: height, width and channels that they are to be given.
      small: whether they are of no more than `SMALL` pixels a side.
      plain: see `image_files.FileSplit`.
      resized: whether half of them or more are of another size than that.
    """

    shape: tuple[int, int, int]
    small: bool
    plain: bool
    resized: bool


def look(source: image_source.Source, request: image_data.Request) -> Looks:
    """Looks at images that are spread over all of a source.

    They have one channel if all that are looked at do. Small images keep their
    size where more than half of them have the same; else they become squares.

    Raises:
      RequestError: none of them can be decoded.
    """
    step = max(1, len(source) // _LOOKED_AT)
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
            f"{request.name}: expected JPEG or PNG images, found none that can "
            f"be decoded, as {source.called(0)}; give another --data_dir"
        )
    shape = _shape_for(sizes, request.options.image_size)
    # Grey with and without transparency.
    depth = 1 if max(channels) <= 2 else 3
    plain = all(jpegs) and np.median(np.min(sizes, 1)) <= 2 * min(shape)
    resized = not _is_usual(shape, sizes)
    return Looks((*shape, depth), max(shape) <= SMALL, bool(plain), resized)


def _shape_for(sizes, side):
    """Height and width that images of these are given; `side` if not 0."""
    if side:
        return side, side
    if np.median(np.max(sizes, 1)) > SMALL:
        return USUAL, USUAL
    usual = collections.Counter(sizes).most_common(1)[0][0]
    return usual if _is_usual(usual, sizes) else (int(np.median(sizes)),) * 2


def _is_usual(shape, sizes):
    return 2 * sizes.count(shape) > len(sizes)


def make(
    request: image_data.Request,
    train: image_source.Source,
    test: image_source.Source,
    labels: tuple[str, ...],
    looks: Looks,
    **others,
) -> image_data.ImageData:
    """Makes a data set of files.

    Images are mirrored if they are in colour: grey ones are often of letters
    and digits.

    Args:
      request: for it.
      train, test: the files.
      labels: names of the classes.
      looks: of the images.
      **others: of `image_data.ImageData`.

    Raises:
      RunError: small images are read, and too many cannot be decoded.
    """
    allowed = request.options.broken_images_allowed
    broken = BrokenImages(request.name, allowed)
    splits = [
        image_files.of_source(source, looks.shape, broken, looks.plain)
        for source in (train, test)
    ]
    bytes_of_all = (len(train) + len(test)) * int(np.prod(looks.shape))
    if looks.small and bytes_of_all <= MOST_BYTES:
        splits = [_decoded(split) for split in splits]
        others["central"] = looks.resized
        return in_memory(request, *splits, labels, **others)
    colourful = looks.shape[2] == 3
    return image_data.ImageData(
        request.name,
        *splits,
        labels,
        mean=MEAN if colourful else GREY_MEAN,
        stddev=STDDEV if colourful else GREY_STDDEV,
        flip=colourful,
        colour=True,
        central=True,
        told=_told(request, *splits, labels, "decoded as they are needed"),
        **others,
    )


def _decoded(split):
    """Those images of a split that can be decoded, as arrays."""
    arrays = split.first(len(split))
    intact = ~split.broken.among(split.source.called, split.numbers)
    return arrays if intact.all() else arrays.take(np.flatnonzero(intact))


def in_memory(
    request: image_data.Request,
    train: image_data.Split,
    test: image_data.Split,
    labels: tuple[str, ...],
    **others,
) -> image_data.ImageData:
    """Makes a data set of arrays; see `make`.

    Images are cropped from a border of an eighth of their side. Mean and
    standard deviation are those of all training pixels.
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
        told=_told(request, train, test, labels, "held in memory"),
        **others,
    )


def statistics(
    images: np.ndarray,
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation of each channel, of images as of 0 to 1.

    Args:
      images: uint8 [n, height, width, channels].
    """
    mean, stddev = [], []
    values = np.arange(256) / 255
    for channel in range(images.shape[-1]):
        # Counts, as sums of all pixels would take eight times the memory.
        counts = np.zeros(256)
        for part in np.array_split(images[..., channel], 100):
            counts += np.bincount(part.ravel(), minlength=256)
        shares = counts / counts.sum()
        centre = shares @ values
        mean.append(float(centre))
        # Images of one colour have none.
        spread = np.sqrt(shares @ (values - centre) ** 2)
        stddev.append(max(float(spread), 1 / 255))
    return tuple(mean), tuple(stddev)


def _told(request, train, test, labels, how):
    shape = " x ".join(map(str, train.image_shape))
    return (
        f"{request.name}: {len(train):,} training and {len(test):,} test "
        f"images of {len(labels)} classes, {shape}, {how}"
    )


def _shape(content):
    """Height, width and channels of an image as it is stored."""
    if tf.io.is_jpeg(content):
        return tf.io.extract_jpeg_shape(content).numpy()
    image = tf.io.decode_image(content, expand_animations=False)
    return image.shape
