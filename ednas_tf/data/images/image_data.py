"""The image data set: its images, and how to prepare them.

A data set is a function of (data_dir, download) that returns an `ImageData` and
is registered by the decorator `dataset`. If it depends on settings too, it is a
function of a `DatasetRequest`, registered by `dataset_of_request`.
"""

import dataclasses
import hashlib
import json
from typing import Protocol

import numpy as np

from ednas_tf import errors, registry

# Keeps the draw of the validation images apart from all other draws of the same
# seed.
_SPLIT_STREAM = 1


@dataclasses.dataclass(frozen=True, eq=False)
class Split:
    """Images and their labels.

    Attributes:
      images: uint8 [n, height, width, channels].
      labels: int32 [n], indices into the names of the classes.

    Raises:
      ValueError: the arrays are not of these types and shapes.
    """

    images: np.ndarray
    labels: np.ndarray

    def __post_init__(self):
        images, labels = self.images, self.labels
        if images.dtype != np.uint8 or images.ndim != 4:
            raise ValueError(
                "images: expected uint8 [n, height, width, channels], found "
                f"{images.dtype} {list(images.shape)}"
            )
        if labels.dtype != np.int32 or labels.shape != images.shape[:1]:
            raise ValueError(
                f"labels: expected int32 [{len(images)}], found "
                f"{labels.dtype} {list(labels.shape)}"
            )

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of an image."""
        return self.images.shape[1:]

    def take(self, indices: np.ndarray) -> "Split":
        """The images at these places, in this order."""
        return Split(self.images[indices], self.labels[indices])

    def first(self, count: int) -> "Split":
        """The first images, or all if there are fewer."""
        return Split(self.images[:count], self.labels[:count])


class AnySplit(Protocol):
    """Images and their labels, in memory (`Split`) or in files.

    The functions of `pipeline` make batches of either.
    """

    image_shape: tuple[int, int, int]
    labels: np.ndarray | None

    def __len__(self) -> int: ...

    def take(self, indices: np.ndarray) -> "AnySplit": ...

    def first(self, count: int) -> Split: ...


@dataclasses.dataclass(frozen=True)
class Form:
    """What a network needs to know about a data set.

    Attributes:
      image_shape: height, width and channels of an image.
      num_classes: number of classes.
    """

    image_shape: tuple[int, int, int]
    num_classes: int


@dataclasses.dataclass(frozen=True, eq=False)
class ImageData:
    """An image classification data set.

    Attributes:
      name: the name of the data set.
      train, test: the images of the two splits.
      labels: the names of the classes.
      mean, stddev: mean and standard deviation per channel, for pixels scaled
        to [0, 1].
      crop_padding: rows and columns of black pixels added on each side before a
        training image is cropped to its size again; 0 disables the crop.
      flip: whether training images are mirrored left to right at random.
      colour: whether brightness, contrast and saturation of training images are
        changed at random; only for images in files.
      central: whether images of another size are cropped to their central part
        before resizing, as in `image_decoding`; otherwise they are used whole.
      warning: a warning for the person who requested the data, printed when a
        run begins, or an empty text.
      summary: a description of the data found, printed when a run begins if
        settings follow from it, or an empty text.
      files_fingerprint: a fingerprint of the names of the files, or of the
        arrays, if these can change, or an empty text.
      contents_fingerprint: a fingerprint of the contents of the files, or an
        empty text.
      validation: validation images that came with the data set: a search scores
        architectures on all of them, and a training validates on them. None:
        both draw theirs from the training images.
    """

    name: str
    train: AnySplit
    test: AnySplit
    labels: tuple[str, ...]
    mean: tuple[float, ...]
    stddev: tuple[float, ...]
    crop_padding: int = 0
    flip: bool = False
    colour: bool = False
    central: bool = False
    warning: str = ""
    summary: str = ""
    files_fingerprint: str = ""
    contents_fingerprint: str = ""
    validation: AnySplit | None = None

    def __post_init__(self):
        for name in ("train", "test"):
            split = getattr(self, name)
            if not hasattr(split, "image_shape"):
                raise TypeError(
                    f"{name}: expected a Split of images and labels, found "
                    f"{type(split).__name__}"
                )

    @property
    def form(self) -> Form:
        """What a network needs to know about the data set."""
        return Form(self.train.image_shape, len(self.labels))

    def classes_fingerprint(self) -> str:
        """A hash of the ordered class names, twelve hexadecimal digits."""
        text = json.dumps(self.labels)
        return hashlib.sha256(text.encode()).hexdigest()[:12]


@dataclasses.dataclass(frozen=True)
class Options:
    """Settings for images in files; see `schema.Data` and `schema.Runtime`."""

    image_size: int = 0
    test_share: float = 0.2
    broken_images_allowed: int = 10

    @classmethod
    def of(cls, settings) -> "Options":
        """The options in a `schema.Settings`."""
        return cls(
            settings.data.image_size,
            settings.data.test_share,
            settings.runtime.broken_images_allowed,
        )


@dataclasses.dataclass(frozen=True)
class DatasetRequest:
    """A request for a data set.

    Attributes:
      name: the requested name, such as "tfds:beans".
      data_dir: the folder of the files, or None for the default folder.
      download: whether missing files may be downloaded.
      options: settings for images in files.
    """

    name: str
    data_dir: str | None
    download: bool
    options: Options

    @property
    def suffix(self) -> str:
        """The text after the colon in the name, or an empty text."""
        return self.name.partition(":")[2]


_DATASETS = registry.IMAGES
_FORMS: dict[str, Form] = {}

#: The names of all known data sets, sorted.
names = _DATASETS.names

#: Registers the decorated (request) -> ImageData under a name, which may be
#: followed by a colon and any text.
dataset_of_request = _DATASETS.register


def dataset(
    name: str,
    image_shape: tuple[int, int, int] | None = None,
    num_classes: int | None = None,
):
    """Registers the decorated (data_dir, download) -> ImageData as `name`.

    If the form is given, a network can be checked and counted before, and
    without, reading the images.
    """
    if image_shape and num_classes:
        register_form(name, image_shape, num_classes)
    register = dataset_of_request(name)

    def registered(function):
        def of_request(request):
            check_no_suffix(request)
            return function(request.data_dir, request.download)

        register(of_request)
        return function

    return registered


def check_no_suffix(request: DatasetRequest) -> None:
    """Raises `RequestError` if the name has a colon."""
    if ":" in request.name:
        name = request.name.partition(":")[0]
        raise errors.RequestError(
            f"--dataset: expected {name}, found {errors.shown(request.name)}"
        )


def register_form(
    name: str, image_shape: tuple[int, int, int], num_classes: int
) -> None:
    """Registers the form of a data set, whether or not its files exist."""
    _FORMS[name] = Form(image_shape, num_classes)


def form(name: str) -> Form | None:
    """The form of the data set `name` if it is registered, otherwise None."""
    if name in names():
        # The form is registered in the same file.
        _DATASETS.get(name)
    return _FORMS.get(name)


def check(name: str) -> None:
    """Raises `RequestError` unless a data set has this name; reads none."""
    _DATASETS.get(name.partition(":")[0])


def load(
    name: str,
    data_dir: str | None = None,
    download: bool = False,
    options: Options | None = None,
) -> ImageData:
    """Loads the data set `name`: its images, or the names of their files.

    Args:
      name: one of `names()`, some of which allow a colon and more text.
      data_dir: the folder of the files, or None for the default folder.
      download: whether missing files may be downloaded.
      options: settings for images in files, by default those of `Options`.

    Raises:
      RequestError: no data set has this name, or its files cannot be used.
      RunError: the download failed.
    """
    make = _DATASETS.get(name.partition(":")[0])
    return make(DatasetRequest(name, data_dir, download, options or Options()))


def split_train(
    split: AnySplit,
    num_validation: int,
    seed: int,
    setting: str = "data.validation_images",
    fold: int = 0,
) -> tuple[AnySplit, AnySplit]:
    """Splits the training images at random into training and validation images.

    Args:
      split: n images.
      num_validation: number of validation images, 1 to n - 1.
      seed: 0 or more; equal seeds give equal splits.
      setting: name of the setting with this number, for error messages.
      fold: which of the n // num_validation equal parts of the shuffled images
        becomes the validation images.

    Returns:
      The training split and the validation split.

    Raises:
      RequestError: one of the two splits would be empty.
    """
    if not 1 <= num_validation < len(split):
        raise errors.RequestError(
            f"{setting}: expected 1 to {len(split) - 1}, because there are "
            f"{len(split)} training images, found {num_validation}; set it to "
            f"a fifth of them, {max(1, len(split) // 5)}"
        )
    generator = np.random.default_rng([seed, _SPLIT_STREAM])
    order = generator.permutation(len(split))
    begin, end = fold * num_validation, (fold + 1) * num_validation
    train = np.concatenate([order[:begin], order[end:]])
    return split.take(train), split.take(order[begin:end])
