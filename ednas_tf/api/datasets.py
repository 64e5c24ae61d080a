"""Reads a tf.data.Dataset of images and labels into arrays."""

from __future__ import annotations

import sys

import numpy as np

from ednas_tf import errors
from ednas_tf.lazy import tf

_FORM = "a tf.data.Dataset of pairs (image, label)"


def is_dataset(given: object) -> bool:
    """Whether this is a tf.data.Dataset; does not import TensorFlow to tell."""
    return "tensorflow" in sys.modules and isinstance(given, tf.data.Dataset)


def read(
    dataset: tf.data.Dataset, where: str
) -> tuple[np.ndarray, np.ndarray, tuple[str, ...] | None]:
    """Reads all images and labels of a dataset, batched or not.

    Args:
      dataset: pairs of an image [height, width(, channels)] and a label, or of
        batches of them.
      where: the argument, to name in errors.

    Returns:
      The images, [n, height, width(, channels)]; the labels, [n, ...]; and the
      names of the classes if the dataset has them, as those of
      `keras.utils.image_dataset_from_directory` do.

    Raises:
      RequestError: it has another form, no end or an unknown number of
        elements, or images of several sizes.
    """
    batched = _is_batched(dataset.element_spec, where)
    _check_size(dataset, where)
    elements = list(dataset.as_numpy_iterator())
    if not elements:
        raise errors.RequestError(f"{where}: expected images, found none")
    join = np.concatenate if batched else np.stack
    images, labels = zip(*elements, strict=True)
    try:
        found = join(images), join(labels)
    except ValueError as error:
        raise errors.RequestError(
            f"{where}: expected images of one size, found several: "
            f"{errors.first_line(error)}; resize them by dataset.map"
        ) from None
    return *found, _class_names(dataset)


def _is_batched(spec, where):
    """Whether the elements are batches, by the rank of the images."""
    is_pair = isinstance(spec, tuple) and len(spec) == 2
    if not is_pair or not all(isinstance(s, tf.TensorSpec) for s in spec):
        raise errors.RequestError(
            f"{where}: expected {_FORM}, found elements of the form "
            f"{errors.shown(spec)}; use dataset.map, or as_supervised=True "
            "with TensorFlow Datasets"
        )
    image, label = spec
    ranks = image.shape.rank, label.shape.rank
    if None in ranks:
        raise errors.RequestError(
            f"{where}: expected images and labels of known rank, found "
            f"{errors.shown(spec)}; set their shapes by dataset.map"
        )
    # A batch of grey images without a channel has the rank of one image.
    grey = ranks == (3, 1) and image.shape[0] == label.shape[0]
    if ranks[0] == 4 or grey:
        return True
    if ranks[0] in (2, 3) and ranks[1] == 0:
        return False
    raise errors.RequestError(
        f"{where}: expected {_FORM}, an image [height, width, channels] and a "
        f"label without dimensions, or batches of them, found "
        f"{errors.shown(spec)}; use dataset.map"
    )


def _check_size(dataset, where):
    found = int(dataset.cardinality())
    for number, name, advice in (
        (
            tf.data.INFINITE_CARDINALITY,
            "one without end",
            "omit repeat(), or add take(n)",
        ),
        (
            tf.data.UNKNOWN_CARDINALITY,
            "one of unknown size, which may have no end",
            "add apply(tf.data.experimental.assert_cardinality(n))",
        ),
    ):
        if found == number:
            raise errors.RequestError(
                f"{where}: expected a dataset with a known number of elements, "
                f"found {name}; {advice}"
            )


def _class_names(dataset):
    names = getattr(dataset, "class_names", None)
    return tuple(map(str, names)) if names else None
