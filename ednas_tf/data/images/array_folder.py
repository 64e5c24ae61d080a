"""A data set of images in NumPy's files, in one folder.

arrays.json         version, names of the classes, white, digest
train_images.npy    uint8 [n, height, width, channels]
train_labels.npy    int32 [n], indices into the names of the classes
test_images.npy     the same of the test images
test_labels.npy
validation_images.npy, validation_labels.npy, if validation images are given
"""

import dataclasses
import functools
import hashlib
import json
import os
import pathlib

import numpy as np

from ednas_tf import array_files, errors, whole_files
from ednas_tf.data.images.image_data import Split

INDEX = "arrays.json"
VERSION = 1
SPLITS = ("train", "validation", "test")
#: Largest size of the index, in bytes: room for many thousand names of classes.
_MOST_BYTES = 2**22
#: Number of images that are hashed at a time, to hold no copy of all of them.
_PART = 1024


@dataclasses.dataclass(frozen=True, eq=False)
class Arrays:
    """Images in arrays.

    Attributes:
      train, test: the images of these splits.
      classes: the names of the classes.
      validation: validation images; None if a run is to draw them itself.
      white: the number that stood for white before the images were converted to
        uint8: 1 for floats from 0 to 1, else 255.
    """

    train: Split
    test: Split
    classes: tuple[str, ...]
    validation: Split | None = None
    white: int = 255

    @functools.cached_property
    def digest(self) -> str:
        """A hash of all of this, twelve hexadecimal digits."""
        digest = hashlib.sha256(json.dumps(self.classes).encode())
        digest.update(f"white {self.white}".encode())
        for name, split in self.splits().items():
            shape = list(map(int, split.images.shape))
            digest.update(f"{name} {shape}".encode())
            digest.update(np.ascontiguousarray(split.labels, "<i4"))
            for begin in range(0, len(split), _PART):
                part = split.images[begin : begin + _PART]
                digest.update(np.ascontiguousarray(part))
        return digest.hexdigest()[:12]

    def splits(self) -> dict[str, Split]:
        """The splits that there are, by name."""
        found = {name: getattr(self, name) for name in SPLITS}
        return {
            name: split for name, split in found.items() if split is not None
        }


def write(folder: pathlib.Path, arrays: Arrays) -> None:
    """Writes arrays to a folder, which is made if need be.

    The index is written first: what a killed process leaves is recognised as
    the folder of such arrays, and refused by `read` for its digest.

    Raises:
      OSError: a file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    index = {
        "version": VERSION,
        "classes": arrays.classes,
        "white": arrays.white,
        "digest": arrays.digest,
    }
    text = json.dumps(index, indent=2) + "\n"
    whole_files.write(folder / INDEX, text.encode())
    for name in SPLITS:
        split = arrays.splits().get(name)
        for kind in ("images", "labels"):
            file = folder / f"{name}_{kind}.npy"
            if split is None:
                file.unlink(missing_ok=True)
            else:
                _save(file, getattr(split, kind))


def _save(file, array):
    """Replaces a file, so that a process that has mapped it keeps its own."""
    with whole_files.replacing(file) as opened:
        np.save(opened, array, allow_pickle=False)


def written_digest(folder: pathlib.Path) -> str | None:
    """The digest in the index of a folder; None if there is no index.

    Raises:
      RequestError: the index is damaged.
    """
    if not (folder / INDEX).exists():
        return None
    return _read_index(folder).get("digest")


def read_white(folder: pathlib.Path) -> int:
    """The attribute `white` of the arrays in a folder; 255 without an index.

    Raises:
      RequestError: the index is damaged.
    """
    if not (folder / INDEX).exists():
        return 255
    return _read_index(folder).get("white", 255)


def read(folder: pathlib.Path) -> Arrays:
    """Reads the arrays in a folder; images stay on disk until they are used.

    Raises:
      RequestError: a file is missing, damaged or of another form, or the arrays
        do not have the digest in the index.
    """
    index = _read_index(folder)
    classes = tuple(index["classes"])
    splits = {name: _read_split(folder, name, len(classes)) for name in SPLITS}
    white = index.get("white", 255)
    found = Arrays(classes=classes, white=white, **splits)
    shapes = {name: each.image_shape for name, each in found.splits().items()}
    if len(set(shapes.values())) > 1:
        raise errors.RequestError(
            f"{folder}: expected images of one height, width and number of "
            f"channels, found {errors.shown(shapes)}; resize the images"
        )
    if index.get("digest", found.digest) != found.digest:
        raise errors.RequestError(
            f"{folder}: expected arrays with the digest {index['digest']} in "
            f"{INDEX}, found {found.digest}: files are damaged or were "
            "changed; restore them, or call ednas_tf.find with the same data "
            "again, which writes them anew"
        )
    return found


def _read_index(folder):
    file = folder / INDEX
    wanted = f"a folder with {INDEX}, as ednas_tf.find writes it"
    index = whole_files.read_json(file, wanted, _MOST_BYTES)
    classes = index.get("classes") if isinstance(index, dict) else None
    known = isinstance(classes, list) and len({*map(str, classes)}) > 1
    if not known or not all(isinstance(name, str) for name in classes):
        raise errors.RequestError(
            f"{file}: classes: expected a list of at least two names, found "
            f"{errors.shown(classes)}; give {wanted}"
        )
    if len(set(classes)) < len(classes):
        raise errors.RequestError(
            f"{file}: classes: expected distinct names, found one twice"
        )
    if index.get("white", 255) not in (1, 255):
        raise errors.RequestError(
            f"{file}: white: expected 1 or 255, found "
            f"{errors.shown(index['white'])}"
        )
    if index.get("version") != VERSION:
        raise errors.RequestError(
            f"{file}: version: expected {VERSION}, found "
            f"{errors.shown(index.get('version'))}; another version of "
            "ednas_tf wrote this folder"
        )
    return index


def _read_split(folder, name, classes):
    """One split; None if it is missing and need not be there."""
    files = [folder / f"{name}_{kind}.npy" for kind in ("images", "labels")]
    if name == "validation" and not any(map(os.path.lexists, files)):
        return None
    images, labels = map(_load, files)
    try:
        split = Split(images, np.array(labels))
    except ValueError as error:
        raise errors.RequestError(f"{folder}: {name}_{error}") from None
    if not len(split):
        raise errors.RequestError(
            f"{files[0]}: expected at least one image, found none"
        )
    least, most = split.labels.min(), split.labels.max()
    if least < 0 or most >= classes:
        raise errors.RequestError(
            f"{files[1]}: expected labels from 0 to {classes - 1}, as {INDEX} "
            f"has {classes} classes, found {least} to {most}"
        )
    return split


def _load(file):
    try:
        if not file.is_file():
            raise FileNotFoundError("there is no such file")
        return np.lib.format.open_memmap(file, mode="r")
    except array_files.UNREADABLE as error:
        raise errors.RequestError(
            f"{file}: expected an array in NumPy's .npy format, found "
            f"something else: {errors.first_line(error)}; give a folder as "
            "ednas_tf.find writes it"
        ) from None
