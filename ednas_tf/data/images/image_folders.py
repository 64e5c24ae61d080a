"""Folders of images, one folder a class: which files there are.

FOLDER/<class>/*.jpg, or, where the test images are chosen already,
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
#: Folders of test images; where there are several, the first is taken.
TESTS = ("test", "val", "valid", "validation")

_MOST_NAMED = 3


class Listed(NamedTuple):
    """The files of a split, class after class.

    Attributes:
      files: their paths.
      labels: int32 [files], numbers of the classes.
    """

    files: list[str]
    labels: np.ndarray


class Folders(NamedTuple):
    """What a folder holds.

    Attributes:
      train, test: the files.
      classes: names of the classes, sorted.
      remark: what was not read, or an empty text.
    """

    train: Listed
    test: Listed
    classes: tuple[str, ...]
    remark: str


class _Entries(NamedTuple):
    folders: list[str]
    images: list[str]
    others: list[str]


def read(
    folder: str,
    name: str,
    test_share: float,
    tests: Sequence[str] = TESTS,
) -> Folders:
    """Lists the images of all classes.

    Where no test images are chosen, a share of each class is drawn. What is
    drawn depends on the names of the files alone, and not on the seed of a
    run, or on which other files there are, but for their number: otherwise a
    training could be tested on what a search had seen.

    Args:
      folder: of the classes, or of the folders `train` and one of `tests`.
      name: of the data set, for errors.
      test_share: of the images of each class, in (0, 1).
      tests: names of the folder of test images, the preferred one first.

    Raises:
      RequestError: the folder cannot be read, or is no such folder.
    """
    top = _entries(folder, name)
    if TRAIN in top.folders and _entries(_join(folder, TRAIN), name).folders:
        return _prepared(folder, name, top, test_share, tests)
    classes, listed, skipped = _classes(folder, name)
    return Folders(*_drawn(listed, name, test_share), classes, _told(skipped))


def _prepared(folder, name, top, test_share, tests):
    """Those of a folder with `train`."""
    strange = [f for f in top.folders if f != TRAIN and f not in tests]
    if strange or top.images:
        raise errors.RequestError(
            f"{name}: {folder}: expected the folders {TRAIN} and "
            f"{', '.join(tests[:-1])} or {tests[-1]} only, found "
            f"{_some(strange or top.images)}; rename it or move it away"
        )
    classes, train, skipped = _classes(_join(folder, TRAIN), name)
    given = [test for test in tests if test in top.folders]
    if not given:
        parts = _drawn(train, name, test_share)
        return Folders(*parts, classes, _told(skipped))
    test_classes, test, more = _classes(_join(folder, given[0]), name)
    if classes != test_classes:
        odd = sorted(set(classes) ^ set(test_classes))
        raise errors.RequestError(
            f"{name}: {folder}: expected the same classes in {TRAIN} and "
            f"{given[0]}, found {_some(odd)} in one of them only; add or "
            "remove it"
        )
    unread = [f"the folder {each} is not read" for each in given[1:]]
    remark = "; ".join([*unread, *filter(None, [_told(skipped + more)])])
    return Folders(_joined(train), _joined(test), classes, remark)


def _classes(folder, name):
    """Names of the classes, the files of each, and what other files lie there.

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
            f"{_some(top.folders)}; give --data_dir, the folder that has them"
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
        # What some file systems take for one name would become one class.
        same = unicodedata.normalize("NFC", each).casefold()
        if same in seen:
            raise errors.RequestError(
                f"{name}: {folder}: expected names that differ by more than "
                f"case, found {seen[same]} and {each}; rename or join them"
            )
        seen[same] = each


def _check_class(folder, name, inside):
    if inside.folders:
        raise errors.RequestError(
            f"{name}: {folder}: expected the images of a class, found the "
            f"folder {_some(inside.folders)}; give --data_dir, the folder of "
            "the classes, or move its images up"
        )
    if not inside.images:
        raise errors.RequestError(
            f"{name}: {folder}: expected files named {', '.join(SUFFIXES)}, "
            f"found {_some(inside.others)}; convert or add images, or remove "
            "the folder"
        )


def _drawn(listed, name, test_share):
    """Training and test files: a share of each class is drawn."""
    train, test = {}, {}
    for each, files in listed.items():
        count = round(test_share * len(files))
        if not 1 <= count < len(files):
            raise errors.RequestError(
                f"data.test_share: expected a share that leaves each class "
                f"images to train and to test on, found {test_share} with "
                f"{len(files)} images of {each} in {name}; add images or "
                "change it"
            )
        order = sorted(files, key=_draw)
        test[each] = sorted(order[:count])
        train[each] = sorted(order[count:])
    return _joined(train), _joined(test)


def _draw(file):
    """A number that depends on the names of file and class alone."""
    name = os.sep.join(pathlib.PurePath(file).parts[-2:])
    return hashlib.sha256(os.fsencode(name)).digest()


def _joined(listed):
    counts = [len(files) for files in listed.values()]
    labels = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    return Listed([file for files in listed.values() for file in files], labels)


def _entries(folder, name):
    """What lies in a folder, sorted, hidden files left out."""
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
            f"{error.strerror}; give --data_dir, a folder that can be read"
        ) from None
    return _Entries(*map(sorted, found))


def _told(skipped):
    if not skipped:
        return ""
    return f"files of other kinds are not read: {_some(skipped)}"


def _some(names):
    shown = ", ".join(map(errors.shown, names[:_MOST_NAMED])) or "none"
    more = len(names) - _MOST_NAMED
    return f"{shown} and {more} more" if more > 0 else shown


def _join(*parts):
    return os.path.join(*parts)
