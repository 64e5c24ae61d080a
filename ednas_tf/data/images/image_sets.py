"""Data sets of image files: the size of their images and how they are read.

If most images are small, all of them are decoded once into arrays in memory and
augmented like CIFAR-10. Otherwise images are decoded when needed, cropped at
random and recoloured like ImageNet.
"""

from collections.abc import Sequence

import numpy as np

from ednas_tf import errors
from ednas_tf.data.images import image_data, image_files, image_source
from ednas_tf.data.images.broken_images import BrokenImages
from ednas_tf.data.inspection import other_formats
from ednas_tf.data.inspection.traits import ImageTraits

#: Maximum size in bytes of all decoded images for holding them in memory.
MOST_BYTES = 2**29
#: Channel means and standard deviations of ImageNet, in colour and in grey.
MEAN, STDDEV = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
GREY_MEAN, GREY_STDDEV = (0.449,), (0.226,)


def make(
    request: image_data.DatasetRequest,
    train: image_source.Source,
    test: image_source.Source,
    labels: tuple[str, ...],
    traits: ImageTraits,
    warnings: Sequence[str] = (),
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
      warnings: sentences for the warning of the data set.
      **others: further arguments for `image_data.ImageData`.

    Raises:
      RequestError: see `other_formats.leave_out`.
      RunError: small images are loaded into memory, and more of them than
        allowed cannot be decoded.
    """
    allowed = request.options.broken_images_allowed
    broken = BrokenImages(request.name, allowed)
    warnings = [
        *warnings,
        *traits.warnings,
        *other_formats.leave_out((train, test), broken),
    ]
    splits = [
        image_files.of_source(source, traits.shape, broken, traits.plain_jpeg)
        for source in (train, test)
    ]
    bytes_of_all = (len(train) + len(test)) * int(np.prod(traits.shape))
    if traits.small and bytes_of_all <= MOST_BYTES:
        splits = [_decoded(split) for split in splits]
        others["central"] = traits.resized
        return in_memory(request, *splits, labels, warnings, **others)
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
        warning=_warning(request, warnings),
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
    warnings: Sequence[str] = (),
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
        warning=_warning(request, warnings),
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


def _warning(request, warnings):
    return f"{request.name}: {'; '.join(warnings)}" if warnings else ""
