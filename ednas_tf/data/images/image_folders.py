"""Lists the files in folders of images, one folder per class.

The files are FOLDER/<class>/*.jpg, or, if the test images are chosen already,
FOLDER/train/<class>/*.jpg and FOLDER/test/<class>/*.jpg. No image is opened.
"""

import hashlib
import os
import pathlib
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ednas_tf import errors

SUFFIXES = (".jpg", ".jpeg", ".png")

TRAIN = "train"
#: Names of the folder of test images; if several exist, the first is used.
TESTS = ("test", "val", "valid", "validation")

_MOST_NAMED = 3


class FileList(NamedTuple):
    """The files of a split, class by class.

    Attributes:
      files: the paths of the files.
      labels: int32 [files], the number of each file's class.
    """

    files: list[str]
    labels: np.ndarray


class ImageFolder(NamedTuple):
    """The contents of a folder of images.

    Attributes:
      train, test: the files of the two splits.
      classes: names of the classes, sorted.
      warning: what was ignored, or an empty text.
    """

    train: FileList
    test: FileList
    classes: tuple[str, ...]
    warning: str


class _Entries(NamedTuple):
    folders: list[str]
    images: list[str]
    others: list[str]


def read(
    folder: str,
    name: str,
    test_share: float,
    tests: Sequence[str] = TESTS,
) -> ImageFolder:
    """Lists the images of all classes.

    If no test images are chosen, a share of each class is drawn for the test.
    The draw depends on the names of the files and on their number, not on the
    seed of a run or on any other files: otherwise training could be tested on
    images that a search had seen.

    Args:
      folder: the folder of the classes, or of `train` and one of `tests`.
      name: name of the data set, for error messages.
      test_share: share of each class's images to draw for the test, in (0, 1).
      tests: names of the folder of test images, the preferred one first.

    Raises:
      RequestError: the folder cannot be read, or its contents are not laid out
        in one of these two ways.
    """
    top = _entries(folder, name)
    if TRAIN in top.folders and _entries(_join(folder, TRAIN), name).folders:
        return _prepared(folder, name, top, test_share, tests)
    classes, listed, skipped = _classes(folder, name)
    train, test = _drawn(listed, name, test_share)
    return ImageFolder(train, test, classes, _skipped_warning(skipped))


def _prepared(folder, name, top, test_share, tests):
    """The contents of a folder that has a folder `train`."""
    unexpected = [f for f in top.folders if f != TRAIN and f not in tests]
    if unexpected or top.images:
        raise errors.RequestError(
            f"{name}: {folder}: expected the folders {TRAIN} and "
            f"{', '.join(tests[:-1])} or {tests[-1]} only, found "
            f"{_some(unexpected or top.images)}; rename it or move it away"
        )
    classes, train, skipped = _classes(_join(folder, TRAIN), name)
    given = [test for test in tests if test in top.folders]
    if not given:
        parts = _drawn(train, name, test_share)
        return ImageFolder(*parts, classes, _skipped_warning(skipped))
    test_classes, test, more = _classes(_join(folder, given[0]), name)
    if classes != test_classes:
        odd = sorted(set(classes) ^ set(test_classes))
        raise errors.RequestError(
            f"{name}: {folder}: expected the same classes in {TRAIN} and "
            f"{given[0]}, found {_some(odd)} in one of them only; add or "
            "remove it"
        )
    ignored = [f"the folder {each} is ignored" for each in given[1:]]
    skipped_warning = _skipped_warning(skipped + more)
    warning = "; ".join([*ignored, *filter(None, [skipped_warning])])
    return ImageFolder(_joined(train), _joined(test), classes, warning)


def _classes(folder, name):
    """Names of the classes, the files of each, and the files of other types.

    Raises:
      RequestError: see `read`.
    """
    top = _entries(folder, name)
    if top.images:
        raise errors.RequestError(
            f"{name}: {folder}: expected a folder for each class and no images "
            f"beside them, found {_some(top.images)}; move the images into the "
            "folder of their class"
        )
    if len(top.folders) < 2:
        raise errors.RequestError(
            f"{name}: {folder}: expected folders of two or more classes, found "
            f"{_some(top.folders)}; give the folder that contains them as "
            "--data_dir"
        )
    _check_names(folder, name, top.folders)
    listed, skipped = {}, []
    for each in top.folders:
        inside = _entries(_join(folder, each), name)
        _check_class(_join(folder, each), name, inside)
        listed[each] = [_join(folder, each, file) for file in inside.images]
        skipped += inside.others
    return tuple(top.folders), listed, skipped


def _check_names(folder, name, classes):
    seen = {}
    for each in classes:
        if not each.isprintable():
            raise errors.RequestError(
                f"{name}: {folder}: expected names of classes in UTF-8 that "
                f"can be printed, found {errors.shown(each)}; rename it"
            )
        # Some file systems would merge two such names into one class.
        same = unicodedata.normalize("NFC", each).casefold()
        if same in seen:
            raise errors.RequestError(
                f"{name}: {folder}: expected names that differ by more than "
                f"case, found {seen[same]} and {each}; rename or merge them"
            )
        seen[same] = each


def _check_class(folder, name, inside):
    if inside.folders:
        raise errors.RequestError(
            f"{name}: {folder}: expected the images of a class, found the "
            f"folder {_some(inside.folders)}; give the folder of the classes "
            "as --data_dir, or move the images up"
        )
    if not inside.images:
        raise errors.RequestError(
            f"{name}: {folder}: expected files named {', '.join(SUFFIXES)}, "
            f"found {_some(inside.others)}; convert or add images, or remove "
            "the folder"
        )


def _drawn(listed, name, test_share):
    """Draws the test files, a share of each class; returns train and test."""
    train, test = {}, {}
    for each, files in listed.items():
        count = round(test_share * len(files))
        if not 1 <= count < len(files):
            raise errors.RequestError(
                "data.test_share: expected a share that leaves each class "
                f"images for training and for testing, found {test_share} with "
                f"{len(files)} images of {each} in {name}; add images or "
                "change the share"
            )
        order = sorted(files, key=_draw)
        test[each] = sorted(order[:count])
        train[each] = sorted(order[count:])
    return _joined(train), _joined(test)


def _draw(file):
    """A sort key that depends only on the names of the file and its class."""
    name = os.sep.join(pathlib.PurePath(file).parts[-2:])
    return hashlib.sha256(os.fsencode(name)).digest()


def _joined(listed):
    counts = [len(files) for files in listed.values()]
    labels = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    return FileList(
        [file for files in listed.values() for file in files], labels
    )


def _entries(folder, name):
    """The sorted contents of a folder, without hidden files."""
    found = _Entries([], [], [])
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if entry.is_dir():
                    found.folders.append(entry.name)
                elif entry.name.lower().endswith(SUFFIXES):
                    found.images.append(entry.name)
                else:
                    found.others.append(entry.name)
    except OSError as error:
        raise errors.RequestError(
            f"{name}: {folder}: expected a folder of images, found: "
            f"{error.strerror}; give a readable folder as --data_dir"
        ) from None
    return _Entries(*map(sorted, found))


def _skipped_warning(skipped):
    if not skipped:
        return ""
    return f"files of other types are ignored: {_some(skipped)}"


def _some(names):
    shown = ", ".join(map(errors.shown, names[:_MOST_NAMED])) or "none"
    more = len(names) - _MOST_NAMED
    return f"{shown} and {more} more" if more > 0 else shown


def _join(*parts):
    return os.path.join(*parts)
