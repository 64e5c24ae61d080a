"""What a Python program gives as data: arrays, or the name of a data set."""

import dataclasses
import os
import pathlib

import numpy as np

from ednas_tf import errors
from ednas_tf.api import datasets, labels, pixels
from ednas_tf.data.images import image_data
from ednas_tf.data.images.array_folder import Arrays
from ednas_tf.settings import resolve

#: Seed of the draw of test images. It is none of the settings, so that all runs
#: on the same arrays have the same test images.
_TEST_SEED = 20261130


@dataclasses.dataclass(frozen=True)
class Named:
    """A data set that is given by its name.

    Attributes:
      name: the name of a data set.
      folder: the folder of its images; empty for the data set's usual folder.
      has_config: whether `configs/` has a file of its settings.
    """

    name: str
    folder: str = ""
    has_config: bool = True


def named(x: object) -> Named | None:
    """The data set that a name or a path stands for; None for other data.

    Raises:
      RequestError: there is no such data set, and no such folder.
    """
    if not isinstance(x, str | os.PathLike):
        return None
    text, kind = os.fspath(x), str(x).partition(":")[0]
    if isinstance(x, str):
        if kind in resolve.dataset_names():
            return Named(text)
        if kind in image_data.names():
            return Named(text, has_config=False)
    if os.path.isdir(os.path.expanduser(text)):
        folder = pathlib.Path(text).expanduser().absolute()
        return Named("images", str(folder))
    if not isinstance(x, str) or os.sep in text:
        found = "a file" if os.path.isfile(text) else "no such folder"
        raise errors.RequestError(
            f"x: expected an existing folder of images, found {found}: "
            f"{errors.shown(text)}"
        )
    # These two are given as arrays or as a folder.
    known = {*image_data.names()} - {"arrays", "images"}
    raise errors.RequestError(
        "x: expected arrays, a tf.data.Dataset, an existing folder of images, "
        f"or the name of a data set of images, found {errors.shown(text)}"
        f"{errors.nearest(kind, known)}"
    )


@dataclasses.dataclass
class _Part:
    """Images and labels of one argument, before they are converted."""

    images: np.ndarray
    labels: np.ndarray
    where: tuple[str, str]
    names: tuple[str, ...] | None = None


def arrays(
    x: object,
    y: object,
    validation: object,
    test: object,
    classes: object,
    test_share: float,
) -> Arrays:
    """Checks arrays or datasets, and converts them to the form that runs take.

    Args:
      x, y: images and labels; or a tf.data.Dataset of both, and None.
      validation, test: a pair of images and labels, a tf.data.Dataset, or None.
      classes: number or names of the classes; None if they follow from y.
      test_share: share of the images of each class that are drawn for the test
        if there are no test images.

    Raises:
      RequestError: something is wrong with them.
    """
    train = _part((x, y), ("x", "y"))
    others = {
        name: _part(given, (f"{name}[0]", f"{name}[1]"))
        for name, given in (("validation", validation), ("test", test))
        if given is not None
    }
    shape = train.images.shape[1:]
    for part in others.values():
        if part.images.shape[1:] != shape:
            raise errors.RequestError(
                f"{part.where[0]}: expected images of the shape {list(shape)}, "
                f"as in x, found {list(part.images.shape[1:])}; resize them"
            )
    given = train.names if classes is None else classes
    names = labels.classes_of(train.labels, given, train.where[1])
    most = pixels.largest(train.images, train.where[0])
    pixels.warn_of_guess(train.images, most, train.where[0])
    pixels.check_contrast(train.images, train.where[0])
    splits = {
        name: _split(part, names, most)
        for name, part in {"train": train, **others}.items()
    }
    if "test" not in splits:
        splits["train"], splits["test"] = _hold_out(splits["train"], test_share)
    return Arrays(classes=names, white=most, **splits)


def _part(given, where):
    if isinstance(given, tuple | list) and len(given) == 2:
        images, found, names = *given, None
        if (
            found is None
            and isinstance(images, tuple | list)
            and len(images) == 2
        ):
            images, found = images
        if datasets.is_dataset(images):
            if found is not None:
                raise errors.RequestError(
                    f"{where[1]}: expected none with a tf.data.Dataset, which "
                    "has the labels, found labels; do not pass them"
                )
            given = images
        elif found is None:
            pixels.checked(images, where[0])
            raise errors.RequestError(
                f"{where[1]}: expected a label for each image, found none; "
                "pass the labels, too"
            )
    if datasets.is_dataset(given):
        images, found, names = datasets.read(given, where[0])
    elif not isinstance(given, tuple | list) or len(given) != 2:
        name = where[0].partition("[")[0]
        raise errors.RequestError(
            f"{name}: expected a pair (images, labels) or a tf.data.Dataset, "
            f"found {errors.shown(type(given))}"
        )
    images = pixels.checked(images, where[0])
    found = labels.checked(found, len(images), where[1])
    return _Part(images, found, where, names)


def _split(part, names, most):
    pixels.check_range(part.images, most, part.where[0])
    return image_data.Split(
        pixels.as_uint8(part.images, most),
        labels.numbered(part.labels, names, part.where[1]),
    )


def _hold_out(split, share):
    """Draws test images of each class; at least one image of it stays."""
    generator, drawn = np.random.default_rng(_TEST_SEED), []
    for label in np.unique(split.labels):
        places = generator.permutation(np.flatnonzero(split.labels == label))
        count = min(round(share * len(places)), len(places) - 1)
        drawn.extend(places[:count].tolist())
    if not drawn:
        most = max(np.unique(split.labels, return_counts=True)[1])
        raise errors.RequestError(
            f"x: expected enough images to keep a share of {share:g} of each "
            f"class for the test, found {len(split)} images, of one class at "
            f"most {most}; give more images, or test images as test="
        )
    is_test = np.zeros(len(split), bool)
    is_test[drawn] = True
    return split.take(~is_test), split.take(is_test)
