"""What an image data set is: its images, and how to prepare them.

A data set is a function of (data_dir, download) that returns an `ImageData`,
made known by the decorator `dataset`; or a function of a `Request`, by
`dataset_of_request`, where it depends on settings, too.
"""

import dataclasses
import hashlib
import json
from typing import Protocol

import numpy as np

from ednas_tf import errors, registry

# Keeps the split of the training images apart from whatever else is drawn
# from the same seed.
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
        """The images of these places, in their order."""
        return Split(self.images[indices], self.labels[indices])

    def first(self, count: int) -> "Split":
        """The first images, or all if there are fewer."""
        return Split(self.images[:count], self.labels[:count])


class AnySplit(Protocol):
    """Images and their labels, in memory (`Split`) or in files.

    The functions of `pipeline` make batches of either.
    """

    image_shape: tuple[int, int, int]

    def __len__(self) -> int: ...

    def take(self, indices: np.ndarray) -> "AnySplit": ...

    def first(self, count: int) -> Split: ...


@dataclasses.dataclass(frozen=True)
class Form:
    """What a network has to know of a data set.

    Attributes:
      image_shape: height, width and channels of an image.
      num_classes: so many.
    """

    image_shape: tuple[int, int, int]
    num_classes: int


@dataclasses.dataclass(frozen=True, eq=False)
class ImageData:
    """An image classification data set.

    Attributes:
      name: what it is known as.
      train, test: the images.
      labels: the names of the classes.
      mean, stddev: of each channel, of images scaled to [0, 1].
      crop_padding: rows and columns of black pixels added on each side before
        a training image is cropped to its size again; 0: no crop.
      flip: whether training images are mirrored left to right at random.
      colour: whether their brightness, contrast and saturation are changed at
        random, for images in files only.
      central: whether an image of another size is made one of these of its
        central part, as in `image_decoding`; else of all of it.
      remark: a warning for who asked for the data, given when a run begins.
      told: what was found, where settings follow from it, told then, too.
      files_fingerprint: of which files the images are, where that can change.
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
    remark: str = ""
    told: str = ""
    files_fingerprint: str = ""

    @property
    def form(self) -> Form:
        """What a network has to know of it."""
        return Form(self.train.image_shape, len(self.labels))

    def classes_fingerprint(self) -> str:
        """Twelve hexadecimal digits of the names of the classes, in order."""
        text = json.dumps(self.labels)
        return hashlib.sha256(text.encode()).hexdigest()[:12]


@dataclasses.dataclass(frozen=True)
class Options:
    """Settings of images in files; see `schema.Data` and `schema.Runtime`."""

    image_size: int = 0
    test_share: float = 0.2
    broken_images_allowed: int = 10

    @classmethod
    def of(cls, settings) -> "Options":
        """Those of a `schema.Settings`."""
        return cls(
            settings.data.image_size,
            settings.data.test_share,
            settings.runtime.broken_images_allowed,
        )


@dataclasses.dataclass(frozen=True)
class Request:
    """What a data set is asked for with.

    Attributes:
      name: as it was asked for, such as "tfds:beans".
      data_dir: where its files are; None: the place usual for it.
      download: whether what is missing may be fetched from the network.
      options: settings.
    """

    name: str
    data_dir: str | None
    download: bool
    options: Options

    @property
    def part(self) -> str:
        """What follows the colon of the name, or an empty text."""
        return self.name.partition(":")[2]


_DATASETS = registry.Registry(
    "dataset",
    "ednas_tf.data.datasets",
    ("image_data.dataset", "image_data.dataset_of_request"),
)
_FORMS: dict[str, Form] = {}

#: The names of all known data sets, sorted.
names = _DATASETS.names

#: Makes the decorated (request) -> ImageData known by a name, and by that with
#: a colon and any text behind it.
dataset_of_request = _DATASETS.register


def dataset(
    name: str,
    image_shape: tuple[int, int, int] | None = None,
    num_classes: int | None = None,
):
    """Makes the decorated (data_dir, download) -> ImageData known as `name`.

    Where its form is given, a network can be checked and counted before, and
    without, reading its images.
    """
    if image_shape and num_classes:
        known(name, image_shape, num_classes)
    register = dataset_of_request(name)

    def registered(function):
        def of_request(request):
            check_no_part(request)
            return function(request.data_dir, request.download)

        register(of_request)
        return function

    return registered


def check_no_part(request: Request) -> None:
    """Raises `RequestError` if the name has a colon."""
    if ":" in request.name:
        name = request.name.partition(":")[0]
        raise errors.RequestError(
            f"--dataset: expected {name}, found {errors.shown(request.name)}"
        )


def known(
    name: str, image_shape: tuple[int, int, int], num_classes: int
) -> None:
    """Tells the form of a data set, whether or not it can be read."""
    _FORMS[name] = Form(image_shape, num_classes)


def form(name: str) -> Form | None:
    """The form of the data set `name`, if it is known without reading it."""
    if name in names():
        # The form stands in the same file.
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
      name: one of `names()`, of which some take a colon and a text behind it.
      data_dir: where its files are; None: the place usual for it.
      download: whether what is missing may be fetched from the network.
      options: settings, by default those of `Options`.

    Raises:
      RequestError: no data set has this name, or its files cannot be used.
      RunError: the download failed.
    """
    make = _DATASETS.get(name.partition(":")[0])
    return make(Request(name, data_dir, download, options or Options()))


def split_train(
    split: AnySplit,
    num_validation: int,
    seed: int,
    setting: str = "data.validation_images",
) -> tuple[AnySplit, AnySplit]:
    """Parts a split at random in one to train on and one to validate on.

    Args:
      split: n images.
      num_validation: how many images the second part gets, 1 to n - 1.
      seed: 0 or more; the same seed parts alike.
      setting: that says how many, for the error.

    Raises:
      RequestError: a part would be empty.
    """
    if not 1 <= num_validation < len(split):
        raise errors.RequestError(
            f"{setting}: expected 1 to {len(split) - 1}, as "
            f"there are {len(split)} training images, found {num_validation}"
        )
    generator = np.random.default_rng([seed, _SPLIT_STREAM])
    order = generator.permutation(len(split))
    validation, train = np.split(order, [num_validation])
    return split.take(train), split.take(validation)
