"""Checks that a data set of TFDS has images and labels that can be used."""

import numpy as np

from ednas_tf import errors

#: Of a split with more bytes, only the labels of this many images are checked
#: before a run; the others are checked when they are read.
_MOST_BYTES, _MOST_CHECKED = 2**30, 10_000


def check_features(dataset: str, builder) -> None:
    """Checks the splits, images and classes of a prepared data set.

    Args:
      dataset: name of the data set, for error messages.
      builder: its builder.

    Raises:
      RequestError: there is no split train, there are no features `image` and
        `label`, the images do not consist of bytes, or there are not several
        classes.
    """
    import tensorflow_datasets as tfds

    features = builder.info.features
    found = dict(features) if hasattr(features, "keys") else {}
    if not {"image", "label"} <= {*found}:
        raise _refusal(
            dataset,
            "features with the names image and label",
            ", ".join(sorted(found)) or "others",
        )
    image, label = found["image"], found["label"]
    if not isinstance(image, tfds.features.Image):
        raise _refusal(dataset, "an Image as the feature image", _kind(image))
    if not isinstance(label, tfds.features.ClassLabel):
        raise _refusal(
            dataset, "a ClassLabel as the feature label", _kind(label)
        )
    if image.np_dtype != np.uint8:
        raise _refusal(
            dataset,
            "images of uint8 as the feature image",
            np.dtype(image.np_dtype).name,
        )
    if label.num_classes < 2:
        raise _refusal(
            dataset, "two or more classes", errors.shown(label.names)
        )
    if "train" not in builder.info.splits:
        raise errors.RequestError(
            f"{dataset}: expected a data set with a split train, found "
            f"{', '.join(builder.info.splits) or 'none'}; choose a data set "
            "with training images"
        )


def has_labels(builder, split: str) -> bool:
    """Whether any image of a split has a label; TFDS writes -1 otherwise."""
    return bool((_labels(builder, split) >= 0).any())


def check_labels(dataset: str, builder, split: str) -> None:
    """Raises `RequestError` if an image of a split has no label."""
    found = _labels(builder, split)
    lacking = np.flatnonzero(found < 0)
    if len(lacking):
        raise errors.RequestError(
            f"{dataset}: expected a label for each image of the split {split}, "
            f"found none (-1) for {len(lacking)} of {len(found)} images, such "
            f"as number {lacking[0]}; prepare the data set without them"
        )


def _labels(builder, split) -> np.ndarray:
    """The labels of all images of a split, or of its first ones."""
    import tensorflow_datasets as tfds

    if builder.info.splits[split].num_bytes > _MOST_BYTES:
        split = f"{split}[:{_MOST_CHECKED}]"
    images = builder.as_dataset(
        split,
        shuffle_files=False,
        decoders={"image": tfds.decode.SkipDecoding()},
        read_config=tfds.ReadConfig(
            interleave_cycle_length=1, try_autocache=False
        ),
    )
    batches = images.map(lambda each: each["label"]).batch(_MOST_CHECKED)
    parts = list(tfds.as_numpy(batches))
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)


def _kind(feature):
    """The type of a feature, with that of its numbers."""
    found = np.dtype(feature.np_dtype).name if feature.shape is not None else ""
    return f"{type(feature).__name__} {found}".strip()


def _refusal(dataset, expected, found):
    return errors.RequestError(
        f"{dataset}: expected {expected}, found {found}; prepare the data set "
        "with such features, or choose another one"
    )
