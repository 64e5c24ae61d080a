"""Lists the files in folders of images, one folder per class.

The files are FOLDER/<class>/*.jpg, or, if the test images are chosen already,
FOLDER/train/<class>/*.jpg and FOLDER/test/<class>/*.jpg. No image is opened. A
folder with another layout is refused: a wrong guess would change the classes.
"""

import os
import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from ednas_tf import errors, wording
from ednas_tf.data.images import file_lists, image_entries
from ednas_tf.data.images.file_lists import FileList
from ednas_tf.data.images.image_entries import SUFFIXES, some

TRAIN = "train"
#: Names of the folder of test images; if several exist, the first is used.
TESTS = ("test", "val", "valid", "validation")

#: Other names of training images, and names that no class has.
_LIKE_TRAIN = re.compile(r"train(ing)?[ _-]?(set|data|images?)?", re.I)
_UNLABELLED = re.compile(r"unlabell?ed.*", re.I)
_NO_CLASS = re.compile(
    r"(tests?|testing|val|valid|validation|eval|evaluation|dev|unlabell?ed"
    r"|hold[ _-]?out|unsorted|submissions?|predict|predictions?|inference)"
    r"[ _-]?(set|data|images?|[0-9]*)",
    re.I,
)

_LAYOUT = (
    "FOLDER/CLASS/*.jpg, or FOLDER/train/CLASS/*.jpg and FOLDER/test/CLASS/"
    "*.jpg, with FOLDER as --data_dir"
)


class ImageFolder(NamedTuple):
    """The contents of a folder of images.

    Attributes:
      train, test: the files of the two splits.
      classes: names of the classes, sorted.
      warnings: sentences about what is ignored.
    """

    train: FileList
    test: FileList
    classes: tuple[str, ...]
    warnings: tuple[str, ...]


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
    return _Reader(folder, name, test_share, tests).read()


class _Reader:
    """Reads one folder; see `read` for the arguments."""

    def __init__(self, folder, name, test_share, tests):
        self._folder, self._name, self._tests = folder, name, tests
        self._test_share = test_share
        # Names of other files, and sentences, for the warning.
        self._others, self._warnings = [], []

    def read(self):
        top = self._entries()
        if TRAIN in top.folders and self._entries(TRAIN).folders:
            parts, classes = self._prepared(top)
        else:
            self._check_top(top)
            listed = self._classes()
            classes, parts = tuple(listed), self._drawn(listed)
        if self._others:
            many = wording.count(len(self._others), "file")
            are = "is no image" if len(self._others) == 1 else "are no images"
            warning = f"ignored {many} that {are}: {some(self._others)}"
            self._warnings.append(warning)
        return ImageFolder(*parts, classes, tuple(self._warnings))

    def _entries(self, *parts):
        return image_entries.read(
            os.path.join(self._folder, *parts), self._name
        )

    def _refusal(self, message, *parts):
        folder = os.path.join(self._folder, *parts)
        return errors.RequestError(f"{self._name}: {folder}: {message}")

    def _check_top(self, top):
        """Refuses folders of splits that contain no folders of classes."""
        for each in filter(_LIKE_TRAIN.fullmatch, top.folders):
            inside = self._entries(each)
            if inside.folders:
                raise self._refusal(
                    f"expected {_LAYOUT}, found the folder {each!r} with the "
                    f"folders {some(inside.folders)}; rename it to {TRAIN!r}, "
                    "and the folder of the test images to 'test'"
                )
        if top.folders and all(
            each == TRAIN or _NO_CLASS.fullmatch(each) for each in top.folders
        ):
            raise self._refusal(
                f"expected {_LAYOUT}, found no folders of classes in "
                f"{some(top.folders)}; move the images of each class into a "
                "folder that has the name of the class"
            )

    def _prepared(self, top):
        """The two splits and the classes of a folder that has `train`."""
        tests = self._tests
        self._note(top)
        ignored = [f for f in top.folders if _UNLABELLED.fullmatch(f)]
        self._warnings += [f"the folder {each} is ignored" for each in ignored]
        unexpected = [
            f for f in top.folders if f not in (TRAIN, *tests, *ignored)
        ]
        if unexpected or top.images:
            raise self._refusal(
                f"expected the folders {TRAIN} and {', '.join(tests[:-1])} or "
                f"{tests[-1]} only, found {some(unexpected or top.images)}; "
                "rename it or move it away"
            )
        train = self._classes(TRAIN)
        test = self._test(
            train, [each for each in tests if each in top.folders]
        )
        parts = (
            (file_lists.joined(train), file_lists.joined(test))
            if test
            else self._drawn(train)
        )
        return parts, tuple(train)

    def _test(self, train, given):
        """The files of the test images by class, or None without labels."""
        test = None
        for each in given:
            if test:
                self._warnings.append(f"the folder {each} is ignored")
            elif self._is_labelled(each, train):
                test = self._classes(each, least=1)
                self._check_same(train, test, each)
            else:
                self._warnings.append(
                    f"the folder {each} is ignored because its images have no "
                    "labels"
                )
        return test

    def _is_labelled(self, test, train):
        """Whether the images of a folder lie in folders of classes."""
        inside = self._entries(test)
        if not inside.folders and not inside.images:
            raise self._refusal(
                "expected a folder for each class, found none; move the test "
                "images there, or remove the folder",
                test,
            )
        # A program may need a folder, such as test/unknown, to find the images.
        return len(inside.folders) > 1 or inside.folders[:1] in (
            [each] for each in train
        )

    def _check_same(self, train, test, name):
        lacking = [each for each in train if each not in test]
        more = [each for each in test if each not in train]
        if lacking or more:
            where = TRAIN if lacking else name
            raise self._refusal(
                f"expected the same classes in {TRAIN} and {name}, found "
                f"{some(lacking or more)} in {where} only; add the folder to "
                "the other one, or move it away"
            )

    def _classes(self, *parts, least=2):
        """Maps each class in a folder to the paths of its images, sorted.

        Fewer classes than `least` are refused.
        """
        top = self._entries(*parts)
        self._note(top, *parts)
        if top.images:
            raise self._refusal(
                "expected a folder for each class and no images beside them, "
                f"found {some(top.images)}; move the images into the folder of "
                "their class",
                *parts,
            )
        if len(top.folders) < least:
            raise self._refusal(self._too_few(top, *parts), *parts)
        self._check_names(top.folders, *parts)
        return {each: self._images(*parts, each) for each in top.folders}

    def _too_few(self, top, *parts):
        """The message for fewer than two classes."""
        found = (
            "expected folders of two or more classes, found "
            f"{some(top.folders)}"
        )
        inside = [f for f in top.folders if self._entries(*parts, f).folders]
        if inside:
            below = os.path.join(self._folder, *parts, inside[0])
            return f"{found} with further folders; give --data_dir={below}"
        return f"{found}; the layout is {_LAYOUT}"

    def _check_names(self, classes, *parts):
        unexpected = [each for each in classes if _NO_CLASS.fullmatch(each)]
        if unexpected:
            others = [each for each in classes if each not in unexpected]
            raise self._refusal(
                f"expected folders of classes only, found {some(unexpected)} "
                f"beside {errors.listed(others)}; move it away, or rename it "
                "if it is a class",
                *parts,
            )
        seen = {}
        for each in classes:
            if not each.isprintable():
                raise self._refusal(
                    "expected names of classes in UTF-8 that can be printed, "
                    f"found {errors.shown(each)}; rename it",
                    *parts,
                )
            # Some file systems would merge two such names into one class.
            same = unicodedata.normalize("NFC", each).casefold()
            if same in seen:
                raise self._refusal(
                    "expected names that differ by more than case, found "
                    f"{seen[same]} and {each}; rename or merge them",
                    *parts,
                )
            seen[same] = each

    def _images(self, *parts):
        """The paths of the images of a class."""
        inside = self._entries(*parts)
        self._note(inside, *parts)
        if inside.folders:
            raise self._refusal(
                "expected the images of a class, found the folder "
                f"{some(inside.folders)}; the layout is {_LAYOUT}",
                *parts,
            )
        if not inside.images:
            raise self._refusal(
                f"expected files named {', '.join(SUFFIXES)}, found "
                f"{some(inside.others)}; convert or add images, or remove the "
                "folder",
                *parts,
            )
        return [os.path.join(self._folder, *parts, f) for f in inside.images]

    def _note(self, inside, *parts):
        """Notes what a folder contains besides images and folders."""
        self._others += inside.others
        for each in inside.unusable:
            file = os.path.join(*parts, each)
            self._warnings.append(f"{file}, and is left out")

    def _drawn(self, listed):
        return file_lists.drawn(listed, self._name, self._test_share)
