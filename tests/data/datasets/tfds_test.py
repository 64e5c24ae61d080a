import os
import shutil

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds

from ednas_tf import errors
from ednas_tf.data.datasets import tfds as tfds_images
from ednas_tf.data.images import (
    image_data,
    image_files,
    image_records,
    pipeline,
)
from tests.data import pictures

COUNT = 12


class TinyPhotos(tfds.core.GeneratorBasedBuilder):
    """JPEG images of different sizes, and no test images."""

    VERSION = tfds.core.Version("1.0.0")
    SPLITS = ("train",)

    def _info(self):
        features = {
            "image": tfds.features.Image(encoding_format="jpeg"),
            "label": tfds.features.ClassLabel(names=["cat", "dog", "emu"]),
        }
        return self.dataset_info_from_configs(
            features=tfds.features.FeaturesDict(features)
        )

    def _split_generators(self, manager):
        return {split: self._generate_examples() for split in self.SPLITS}

    def _generate_examples(self):
        for i in range(COUNT):
            image = pictures.blocks(90 + i, 110, seed=i)
            yield i, {"image": image, "label": i % 3}


class TinySecrets(TinyPhotos):
    """The images of the split test have no labels."""

    SPLITS = ("train", "test", "validation")

    def _split_generators(self, manager):
        return {split: self._generate_split(split) for split in self.SPLITS}

    def _generate_split(self, split):
        for key, example in self._generate_examples():
            if split == "test":
                example["label"] = -1
            yield key, example


class TinyShorts(TinyPhotos):
    """Images of 16 bits."""

    def _info(self):
        features = tfds.features.FeaturesDict(self._features())
        return self.dataset_info_from_configs(features=features)

    def _features(self):
        return {
            "image": tfds.features.Image(
                shape=(8, 8, 1), dtype=np.uint16, encoding_format="png"
            ),
            "label": tfds.features.ClassLabel(names=["cat", "dog", "emu"]),
        }

    def _generate_examples(self):
        image = self._features()["image"]
        for i in range(COUNT):
            pixels = np.full(image.shape, i, image.np_dtype)
            yield i, {"image": pixels, "label": i % 3}


class TinyFloats(TinyShorts):
    """Images of floats, which TFDS writes as PNG images of four bytes."""

    def _features(self):
        image = tfds.features.Image(shape=(8, 8, 1), dtype=np.float32)
        return super()._features() | {"image": image}


class TinyNumbers(TinyShorts):
    """Labels that are plain integers."""

    def _features(self):
        image = tfds.features.Image(shape=(8, 8, 1))
        label = tfds.features.Scalar(np.int64)
        return {"image": image, "label": label}


class TinyAlike(TinyShorts):
    """Images that are all the same, of a single class."""

    NAMES = ("cat",)
    SPLITS = ("train", "test")

    def _features(self):
        image = tfds.features.Image(shape=(8, 8, 1))
        label = tfds.features.ClassLabel(names=list(self.NAMES))
        return {"image": image, "label": label}

    def _generate_examples(self):
        for i in range(COUNT):
            yield i, {"image": np.zeros((8, 8, 1), np.uint8), "label": 0}


class TinyTwins(TinyAlike):
    """Images that are all the same, of two classes."""

    NAMES = ("cat", "dog")


class TinyGaps(TinyPhotos):
    """Some training images have no label."""

    def _generate_examples(self):
        for key, example in super()._generate_examples():
            yield key, example | {"label": -1 if key in (4, 7) else key % 3}


class TinyTexts(tfds.core.GeneratorBasedBuilder):
    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        features = tfds.features.FeaturesDict({"text": tfds.features.Text()})
        return self.dataset_info_from_configs(features=features)

    def _split_generators(self, manager):
        return {"train": iter([("a", {"text": "a"})])}

    def _generate_examples(self):
        return iter(())


class TinyKinds(TinyPhotos):
    """Two configurations; the second has test images only."""

    BUILDER_CONFIGS = tuple(
        tfds.core.BuilderConfig(name=name) for name in ("whole", "tested")
    )

    def _split_generators(self, manager):
        split = "train" if self.builder_config.name == "whole" else "test"
        return {split: self._generate_examples()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder in which all data sets are prepared."""
    made = tmp_path_factory.mktemp("tfds")
    for kind in (
        *(TinyPhotos, TinySecrets, TinyTexts, TinyShorts, TinyFloats),
        *(TinyNumbers, TinyAlike, TinyTwins, TinyGaps),
    ):
        kind(data_dir=str(made)).download_and_prepare()
    for config in ("whole", "tested"):
        TinyKinds(config=config, data_dir=str(made)).download_and_prepare()
    return str(made)


def load(name, folder, **options):
    return image_data.load(name, folder, False, image_data.Options(**options))


def test_records_are_read_by_number(folder):
    builder = tfds.builder("tiny_photos", data_dir=folder)
    paths = [str(path) for path in builder.info.splits["train"].filepaths]
    records = image_records.Records(paths)
    expected = list(tf.data.TFRecordDataset(paths).as_numpy_iterator())
    assert len(records) == len(expected) == COUNT
    for number in (5, 0, 11, 5):
        parsed = tf.train.Example.FromString(expected[number])
        content, label = records.read(tf.constant(number))
        feature = parsed.features.feature
        assert content.numpy() == feature["image"].bytes_list.value[0]
        assert label.numpy() == feature["label"].int64_list.value[0]
    part = records.part(np.array([7, 2]))
    assert len(part) == 2
    assert part.read(tf.constant(1))[0] == records.read(tf.constant(2))[0]
    assert part.name_of(1) == f"record 2 of {paths[0]}"


def test_a_truncated_file_is_refused(folder, tmp_path):
    builder = tfds.builder("tiny_photos", data_dir=folder)
    content = builder.info.splits["train"].filepaths[0].read_bytes()
    file = tmp_path / "a.tfrecord"
    for length in (len(content) - 1, len(content) - 10**4, 5):
        file.write_bytes(content[:length])
        with pytest.raises(errors.RequestError, match="cut off at byte"):
            image_records.Records([str(file)])


def test_images_of_many_sizes_are_read_from_their_records(folder):
    data = load("tfds:tiny_photos", folder, test_share=0.25, image_size=48)
    assert data.form == image_data.Form((48, 48, 3), 3)
    assert data.labels == ("cat", "dog", "emu")
    assert (len(data.train), len(data.test)) == (9, 3)
    assert isinstance(data.train, image_data.Split)
    data = load("tfds:tiny_photos", folder, test_share=0.25)
    assert data.form.image_shape == (224, 224, 3)
    assert isinstance(data.train, image_files.FileSplit)
    train, test = data.train.first(99), data.test.first(99)
    labels = np.concatenate([train.labels, test.labels])
    assert np.bincount(labels).tolist() == [4, 4, 4]
    dataset = pipeline.training_batches(data.train, data, 9, 0)
    images, labels = next(iter(dataset))
    order = np.argsort(labels, kind="stable")
    assert images.shape == (9, 224, 224, 3)
    assert sorted(train.labels) == labels.numpy()[order].tolist()


@pytest.fixture(params=[True, False], ids=["builder", "files alone"])
def is_known(request, monkeypatch):
    """Whether TFDS has a builder for TinyKinds, or only prepared files."""
    if not request.param:
        registered = tfds.core.registered._DATASET_REGISTRY
        monkeypatch.delitem(registered, "tiny_kinds")
    return request.param


def test_configurations(folder, is_known):
    for name in ("whole",) if not is_known else ("whole", None):
        asked = "tfds:tiny_kinds" + (f"/{name}" if name else "")
        data = load(asked, folder, test_share=0.25, image_size=48)
        assert (len(data.train), len(data.test)) == (9, 3)
        assert data.form == image_data.Form((48, 48, 3), 3)


def test_unknown_configurations_are_refused(folder, is_known):
    expected = (
        "--dataset: expected tfds:tiny_kinds/CONFIG with one of tested, whole, "
        "found 'tiny_kinds/"
    )
    whole = refusal("tfds:tiny_kinds/whale", folder)
    assert whole == f"{expected}whale', did you mean whole?"
    assert refusal("tfds:tiny_kinds/", folder) == f"{expected}'"
    assert refusal("tfds:tiny_kinds/whole/1.0.0", folder).startswith(expected)
    assert refusal("tfds:tiny_kinds/../tiny_kinds", folder).startswith(expected)
    if not is_known:
        assert refusal("tfds:tiny_kinds", folder) == f"{expected[:-1]}'"
    assert refusal("tfds:tiny_photos/whole", folder) == (
        "--dataset: expected tfds:tiny_photos, which has no configurations, "
        "found 'tiny_photos/whole'"
    )


def test_a_split_without_labels_is_ignored_with_a_warning(folder):
    data = load("tfds:tiny_secrets", folder, image_size=48)
    assert (len(data.train), len(data.test)) == (12, 12)
    assert set(data.test.labels) == {0, 1, 2}
    assert data.warning == (
        "tfds:tiny_secrets: the split test is ignored because its images have "
        "no labels"
    )


def test_a_data_set_without_training_images_is_refused(folder):
    assert refusal("tfds:tiny_kinds/tested", folder) == (
        "tfds:tiny_kinds/tested: expected a data set with a split train, found "
        "test; choose a data set with training images"
    )


def test_cifar10_through_tfds_has_the_same_images(shared_data_dir):
    folder = str(shared_data_dir / "tfds")
    data = load("tfds:cifar10", folder)
    assert data.train.images.shape == (50000, 32, 32, 3)
    assert (data.crop_padding, data.flip) == (4, True)
    np.testing.assert_allclose(data.mean, [0.4868, 0.4822, 0.4414], atol=5e-5)
    np.testing.assert_allclose(data.stddev, [0.2451, 0.2425, 0.2605], atol=5e-5)


def refusal(name, folder):
    with pytest.raises(errors.RequestError) as caught:
        load(name, folder)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_unknown_names_are_refused_with_a_suggestion(folder):
    assert refusal("tfds:tiny_photo", folder).startswith(
        "--dataset: expected tfds:NAME of a data set of TensorFlow Datasets, "
        "found 'tiny_photo', did you mean tiny_photos"
    )
    assert "did you mean cifar10" in refusal("tfds:cifar11", folder)
    assert "found ''" in refusal("tfds", folder)


def test_other_or_unprepared_data_sets_are_refused(folder):
    assert refusal("tfds:tiny_texts", folder) == (
        "tfds:tiny_texts: expected features with the names image and label, "
        "found text; prepare the data set with such features, or choose "
        "another one"
    )
    assert "no prepared data in" in refusal("tfds:mnist", folder)


def test_a_format_without_offsets_is_refused(folder, monkeypatch):
    monkeypatch.setattr(tfds_images, "_FORMAT", "other")
    assert refusal("tfds:tiny_photos", folder) == (
        "tfds:tiny_photos: expected files in the format other, found "
        "tfrecord; prepare the data set with file_format='other'"
    )


@pytest.mark.parametrize(
    "name, message",
    [
        ("shorts", "expected images of uint8 as the feature image, found uint"),
        ("floats", "expected images of uint8 as the feature image, found floa"),
        ("numbers", "expected a ClassLabel as the feature label, found Scalar"),
        ("alike", "expected two or more classes, found ['cat']; "),
        ("twins", "found the same pixels in all of 12 inspected images, such"),
        (
            "gaps",
            "expected a label for each image of the split train, found none "
            "(-1) for 2 of 12 images, such as number ",
        ),
    ],
)
def test_data_sets_that_would_lose_their_meaning_are_refused(
    name, message, folder
):
    found = refusal(f"tfds:tiny_{name}", folder)
    assert message in found
    assert "delete" not in found and "--download" not in found


def test_records_without_a_label_are_not_read(folder):
    builder = tfds.builder("tiny_gaps", data_dir=folder)
    paths = [str(path) for path in builder.info.splits["train"].filepaths]
    records = image_records.Records(paths)
    lacking = 0
    for number in range(COUNT):
        try:
            records.read(tf.constant(number))
        except tf.errors.InvalidArgumentError:
            lacking += 1
    assert lacking == 2


def test_a_file_of_holes_is_refused_at_once(tmp_path):
    file = tmp_path / "a.tfrecord"
    with file.open("wb") as opened:
        opened.truncate(2**34)
    with pytest.raises(errors.RequestError, match="an empty one at byte 0"):
        image_records.Records([str(file)])


def test_a_pipe_among_the_prepared_files_is_refused(folder, tmp_path):
    shutil.copytree(f"{folder}/tiny_photos", tmp_path / "tiny_photos")
    info = tmp_path / "tiny_photos" / "1.0.0" / "dataset_info.json"
    info.unlink()
    os.mkfifo(info)
    assert refusal("tfds:tiny_photos", str(tmp_path)) == (
        f"tiny_photos: {info}: expected a plain file, found something else, "
        "such as a pipe or a device; remove it"
    )


def test_damaged_data_are_to_be_prepared_again(folder, tmp_path):
    shutil.copytree(f"{folder}/tiny_twins", tmp_path / "tiny_twins")
    for file in (tmp_path / "tiny_twins" / "1.0.0").glob("*train*"):
        file.write_bytes(b"x" * 100)
    found = refusal("tfds:tiny_twins", str(tmp_path))
    assert "cannot be read (DataLossError: " in found
    assert "delete" not in found
