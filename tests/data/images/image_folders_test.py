import hashlib
import os
import pathlib

import numpy as np
import pytest

from ednas_tf import errors
from ednas_tf.data.images import image_folders


@pytest.fixture
def tree(tmp_path):
    """Makes empty files; no image is opened."""

    def make(**classes):
        for name, files in classes.items():
            folder = tmp_path / name.replace("__", "/")
            folder.mkdir(parents=True, exist_ok=True)
            for file in files:
                (folder / file).touch()
        return str(tmp_path)

    return make


def names(count, suffix=".jpg"):
    return [f"{i:03}{suffix}" for i in range(count)]


def refusal(folder, test_share=0.2, **kwargs):
    with pytest.raises(errors.RequestError) as caught:
        image_folders.read(folder, "mine", test_share, **kwargs)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_classes_are_sorted_and_a_share_of_each_is_kept_for_the_test(tree):
    folder = tree(dog=names(10, ".JPG"), cat=names(20, ".png"), ant=names(5))
    found = image_folders.read(folder, "mine", 0.2)
    assert found.classes == ("ant", "cat", "dog")
    assert np.bincount(found.train.labels).tolist() == [4, 16, 8]
    assert np.bincount(found.test.labels).tolist() == [1, 4, 2]
    assert found.train.labels.dtype == np.int32
    everything = found.train.files + found.test.files
    assert len(set(everything)) == len(everything) == 35
    for listed in found[:2]:
        for file, label in zip(listed.files, listed.labels, strict=True):
            assert f"/{found.classes[label]}/" in file
    assert found.warnings == ()


def test_test_images_of_a_class_depend_on_that_class_alone(tree):
    folder = tree(cat=names(40), dog=names(40))

    def tested(share=0.25):
        files = image_folders.read(folder, "mine", share).test.files
        return {file for file in files if "/cat/" in file}

    before = tested()
    tree(ant=names(9))
    assert tested() == before
    assert tested(0.5) > before
    # Adding or removing one image keeps nearly all test images.
    tree(cat=["more.jpg"])
    assert len(tested() ^ before) <= 2
    (pathlib.Path(folder) / "cat" / "more.jpg").unlink()
    pathlib.Path(min(before)).unlink()
    assert before - {min(before)} < tested()
    numbers = sorted(int(file[-7:-4]) for file in before)
    assert numbers != list(range(10))


def test_the_draw_is_by_a_hash_of_class_and_file(tree):
    folder = tree(cat=names(10), dog=names(10))

    def drawn(name):
        files = (f"{name}/{file}" for file in names(10))
        order = sorted(files, key=lambda f: hashlib.sha256(f.encode()).digest())
        return [f"{folder}/{file}" for file in sorted(order[:2])]

    found = image_folders.read(folder, "mine", 0.2).test.files
    assert found == drawn("cat") + drawn("dog")


@pytest.mark.parametrize("test", ["test", "val", "valid", "validation"])
def test_a_prepared_split_is_used(tree, test):
    folder = tree(
        train__cat=names(3),
        train__dog=names(4),
        **{f"{test}__cat": ["a.jpeg"], f"{test}__dog": ["b.png", "c.png"]},
    )
    found = image_folders.read(folder, "mine", 0.2)
    assert found.classes == ("cat", "dog")
    assert found.train.labels.tolist() == [0, 0, 0, 1, 1, 1, 1]
    assert found.test.labels.tolist() == [0, 1, 1]
    assert [file[len(folder) :] for file in found.test.files] == [
        *(f"/{test}/cat/a.jpeg", f"/{test}/dog/b.png", f"/{test}/dog/c.png")
    ]


def test_a_second_folder_of_test_images_is_ignored_with_a_warning(tree):
    split = {
        f"{part}__{c}": [f"{part}.png"]
        for part in ("train", "val", "test")
        for c in "ab"
    }
    folder = tree(**split)
    found = image_folders.read(folder, "mine", 0.2)
    assert {file[-8:] for file in found.test.files} == {"test.png"}
    assert found.warnings == ("the folder val is ignored",)
    found = image_folders.read(folder, "mine", 0.2, ("val", "test"))
    assert {file[-7:] for file in found.test.files} == {"val.png"}


def test_a_folder_with_train_alone_is_split(tree):
    folder = tree(train__cat=names(10), train__dog=names(10))
    assert len(image_folders.read(folder, "mine", 0.5).test.files) == 10


def test_a_class_may_be_named_train(tree):
    folder = tree(train=names(4), bus=names(4))
    found = image_folders.read(folder, "mine", 0.5)
    assert found.classes == ("bus", "train")


def test_hidden_files_are_skipped_and_other_files_give_a_warning(tree):
    folder = tree(a=[*names(4), ".DS_Store", "notes.txt"], b=names(4))
    tree(**{".hidden": []})
    found = image_folders.read(folder, "mine", 0.5)
    assert found.classes == ("a", "b")
    assert found.warnings == ("ignored 1 file that is no image: 'notes.txt'",)
    (pathlib.Path(folder) / "readme.txt").write_text("")
    found = image_folders.read(folder, "mine", 0.5)
    assert found.warnings == (
        "ignored 2 files that are no images: 'readme.txt', 'notes.txt'",
    )


def test_other_files_beside_a_prepared_split_give_a_warning(tree):
    folder = tree(train__a=names(4), train__b=names(4), train=["notes.txt"])
    (pathlib.Path(folder) / "readme.txt").write_text("")
    found = image_folders.read(folder, "mine", 0.5)
    assert found.warnings == (
        "ignored 2 files that are no images: 'readme.txt', 'notes.txt'",
    )


@pytest.mark.parametrize("test", ["test", "test__unknown"])
def test_images_without_labels_are_not_tested(tree, test):
    classes = {"train__a": names(10), "train__b": names(10), test: names(5)}
    folder = tree(**classes)
    found = image_folders.read(folder, "mine", 0.5)
    warning = "the folder test is ignored because its images have no labels"
    assert (len(found.train.files), len(found.test.files)) == (10, 10)
    assert found.warnings == (warning,)
    tree(valid__a=names(3), valid__b=names(3), unlabelled=names(9))
    found = image_folders.read(folder, "mine", 0.5)
    assert (len(found.train.files), len(found.test.files)) == (20, 6)
    assert found.warnings == ("the folder unlabelled is ignored", warning)
    assert all("/valid/" in file for file in found.test.files)


def test_folders_that_programs_leave_are_skipped(tree):
    left = ("__MACOSX", "@eaDir", ".ipynb_checkpoints", "a__.ipynb_checkpoints")
    folder = tree(a=names(4), b=names(4), **{each: names(2) for each in left})
    found = image_folders.read(folder, "mine", 0.5)
    assert found.classes == ("a", "b")
    assert len(found.train.files + found.test.files) == 8
    assert found.warnings == ()


def test_what_is_no_plain_file_is_named_and_not_opened(tree, monkeypatch):
    folder = pathlib.Path(tree(a=names(4), b=names(4)))
    os.mkfifo(folder / "a" / "pipe.jpg")
    (folder / "a" / "zero.jpg").symlink_to("/dev/zero")
    (folder / "b" / "circle.jpg").symlink_to("circle.jpg")
    (folder / "c").symlink_to("c")
    with open(folder / "b" / "holes.jpg", "wb") as holes:
        holes.truncate(2**34)
    found = image_folders.read(str(folder), "mine", 0.5)
    assert found.classes == ("a", "b")
    assert len(found.train.files + found.test.files) == 8
    assert list(found.warnings) == [
        "c is a link to itself, and is left out",
        "a/pipe.jpg is not a plain file, and is left out",
        "a/zero.jpg is not a plain file, and is left out",
        "b/circle.jpg is a link to itself, and is left out",
        "b/holes.jpg has 17,179,869,184 bytes, more than 268,435,456, and is "
        "left out",
    ]


@pytest.mark.parametrize(
    "classes, message",
    [
        ({}, "expected folders of two or more classes, found none; the lay"),
        ({"a": names(4)}, "two or more classes, found 'a'; the layout is FOLD"),
        (
            {"photos__a": names(4), "photos__b": names(4)},
            "found 'photos' with further folders; give --data_dir=/",
        ),
        (
            {".": ["x.jpg"], "a": names(4), "b": names(4)},
            "no images beside them, found 'x.jpg'; move the images",
        ),
        (
            {"a": names(4), "b": names(4), "b__c": names(4)},
            "/b: expected the images of a class, found the folder 'c'; the lay",
        ),
        (
            {"Cat": names(4), "cat": names(4)},
            "differ by more than case, found Cat and cat; rename",
        ),
        ({"a": names(4), "b\n": names(4)}, r"can be printed, found 'b\n'"),
        (
            {"a": names(4), "b": ["x.bmp", "y.gif"]},
            "/b: expected files named .jpg, .jpeg, .png, found 'x.bmp', "
            "'y.gif'; convert",
        ),
        ({"a": names(4), "b": []}, "/b: expected files named"),
        (
            {
                "train__a": names(4),
                "train__b": names(4),
                "val__a": names(2),
                "val__c": names(2),
            },
            "expected the same classes in train and val, found 'b' in train on",
        ),
        (
            {
                "train__a": names(4),
                "train__b": names(4),
                "val__a": names(2),
                "val__b": names(2),
                "val__c": names(2),
            },
            "found 'c' in val only; add the folder to the other one, or move i",
        ),
        (
            {"OK": names(4), "NG": names(4), "test": names(4)},
            "expected folders of classes only, found 'test' beside NG, OK; mov",
        ),
        (
            {"a": names(4), "b": names(4), "Unlabeled_Data": names(4)},
            "found 'Unlabeled_Data' beside a, b; move it away, or rename it if",
        ),
        (
            {"a": names(4), "b": names(4), "holdout": names(4)},
            "found 'holdout' beside a, b; move it away, or rename it if it is",
        ),
        (
            {
                "train__a": names(4),
                "train__b": names(4),
                "train__val": names(4),
            },
            "/train: expected folders of classes only, found 'val' beside a, b",
        ),
        (
            {"train": names(4), "test": names(4)},
            "found no folders of classes in 'test', 'train'; move the images o",
        ),
        (
            {"test": names(4), "valid": names(4)},
            "found no folders of classes in 'test', 'valid'; move the images o",
        ),
        (
            {"Training__a": names(4), "Training__b": names(4), "Testing": []},
            "found the folder 'Training' with the folders 'a', 'b'; rename it",
        ),
        (
            {"train__a": names(4), "train__b": names(4), "test": []},
            "/test: expected a folder for each class, found none; move the tes",
        ),
        (
            {"train__a": names(4), "train__b": names(4), "test__a": names(1)},
            "expected the same classes in train and test, found 'b' in train o",
        ),
        (
            {"train__a": names(4), "train__b": names(4), "extra": []},
            "the folders train and test, val, valid or validation only, found "
            "'extra'; rename it or move it away",
        ),
    ],
)
def test_folders_without_the_expected_layout_are_refused(
    tree, classes, message
):
    found = refusal(tree(**classes))
    assert found.startswith("mine: ")
    assert message in found


@pytest.mark.parametrize("share, number", [(0.1, 3), (0.9, 3), (0.5, 1)])
def test_shares_that_leave_a_class_without_images_are_refused(
    tree, share, number
):
    found = refusal(tree(a=names(40), b=names(number)), share)
    assert found.startswith("data.test_share: expected a share that leaves")
    assert f"found {share} with {number} images of b in mine" in found


def test_a_missing_folder_or_a_file_is_refused(tmp_path):
    assert "No such file or directory" in refusal(str(tmp_path / "no"))
    (tmp_path / "file").touch()
    assert "Not a directory" in refusal(str(tmp_path / "file"))
