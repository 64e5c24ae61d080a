import json
import re

import numpy as np
import pytest

from ednas_tf import errors
from ednas_tf.data.images import array_folder, image_data
from ednas_tf.data.images.array_folder import Arrays
from ednas_tf.data.images.image_data import Split


def split(count, value=0):
    images = np.arange(value, value + count * 12, dtype=np.uint8)
    return Split(
        images.reshape(count, 2, 2, 3), np.arange(count, dtype=np.int32) % 2
    )


@pytest.fixture
def folder(tmp_path):
    arrays = Arrays(split(4), split(2, 100), ("cat", "dog"), split(3, 50))
    array_folder.write(tmp_path, arrays)
    return tmp_path


def load(folder):
    return image_data.load("arrays", folder and str(folder))


def test_arrays_are_read_as_they_were_written(folder):
    data = load(folder)
    assert data.labels == ("cat", "dog")
    for found, written in (
        (data.train, split(4)),
        (data.test, split(2, 100)),
        (data.validation, split(3, 50)),
    ):
        np.testing.assert_array_equal(found.images, written.images)
        np.testing.assert_array_equal(found.labels, written.labels)
    pixels = split(4).images / 255
    np.testing.assert_allclose(data.mean, pixels.mean((0, 1, 2)))
    assert data.flip and data.crop_padding == 1
    assert data.files_fingerprint == array_folder.written_digest(folder)
    assert data.summary == (
        "arrays: 4 training and 2 test images of 2 classes (cat, dog), "
        "2 x 2 x 3, held in memory"
    )


def test_an_archive_in_place_of_an_array_is_refused(folder):
    with open(folder / "train_images.npy", "wb") as file:
        np.savez(file, images=split(4).images)
    with pytest.raises(errors.RequestError, match="expected an array in NumPy"):
        load(folder)


def test_a_link_is_not_written_through(folder, tmp_path_factory):
    mine = tmp_path_factory.mktemp("mine") / "thesis"
    mine.write_text("mine")
    for name in ("train_images.npy", ".train_images.npy"):
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(mine)
    array_folder.write(folder, Arrays(split(4), split(2), ("a", "b")))
    assert mine.read_text() == "mine"
    np.testing.assert_array_equal(load(folder).train.images, split(4).images)


def test_writing_again_removes_validation_images(folder):
    array_folder.write(folder, Arrays(split(4), split(2), ("a", "b"), white=1))
    assert load(folder).validation is None
    assert array_folder.read_white(folder) == 1


def test_the_digest_is_one_of_everything():
    digests = {
        Arrays(split(4), split(2), ("a", "b")).digest,
        Arrays(split(4), split(2), ("a", "c")).digest,
        Arrays(split(4), split(2), ("a", "b"), white=1).digest,
        Arrays(split(4), split(2, 1), ("a", "b")).digest,
        Arrays(split(4), split(2), ("a", "b"), split(2)).digest,
    }
    assert len(digests) == 5


def change(name, value):
    def changed(folder):
        index = json.loads((folder / "arrays.json").read_text())
        (folder / "arrays.json").write_text(json.dumps(index | {name: value}))

    return changed


def save(name, array):
    return lambda folder: np.save(folder / f"{name}.npy", array)


@pytest.mark.parametrize(
    "damage, message",
    [
        (change("version", 2), "version: expected 1, found 2"),
        (change("classes", ["a"]), "classes: expected a list of at least two"),
        (change("classes", ["a", "a"]), "classes: expected a list of at lea"),
        (change("classes", 3), "classes: expected a list"),
        (change("white", 2), "white: expected 1 or 255, found 2"),
        (change("classes", ["a", "b"]), "found .*: files are damaged or were"),
        (
            save("test_images", np.zeros((2, 3, 2, 3), np.uint8)),
            "expected images of one height, width and number of channels",
        ),
        (
            save("train_images", np.zeros((4, 2, 2, 3))),
            "train_images: expected uint8 .* found float64",
        ),
        (
            save("train_labels", np.zeros(3, np.int32)),
            "train_labels: expected int32 .4., found int32 .3.",
        ),
        (
            save("test_labels", np.array([0, 2], np.int32)),
            "test_labels.npy: expected labels from 0 to 1, .* found 0 to 2",
        ),
        (
            save("test_labels", np.array([0, None])),
            "test_labels.npy: expected an array in NumPy's .npy format",
        ),
        (
            lambda folder: (folder / "train_images.npy").unlink(),
            "train_images.npy: expected an array .* there is no such file",
        ),
        (
            lambda folder: (folder / "arrays.json").unlink(),
            "arrays.json: cannot be read: No such file",
        ),
    ],
)
def test_damaged_files_are_refused(folder, damage, message):
    damage(folder)
    with pytest.raises(errors.RequestError, match=message) as raised:
        load(folder)
    assert re.match("[^\n]+$", str(raised.value))


def test_a_folder_is_needed():
    with pytest.raises(errors.RequestError, match="expected --data_dir"):
        load(None)
