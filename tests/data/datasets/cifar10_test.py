import time

import numpy as np
import pytest
import tensorflow_datasets as tfds

from ednas_tf import errors
from ednas_tf.data.images import image_data

LABELS = "airplane automobile bird cat deer dog frog horse ship truck"


@pytest.fixture(scope="module")
def tfds_dir(shared_data_dir):
    return shared_data_dir / "tfds"


@pytest.fixture(scope="module")
def cifar10(tfds_dir):
    return image_data.load("cifar10", str(tfds_dir))


@pytest.fixture
def no_builder(monkeypatch):
    """Forbids the part of TFDS that could use the network."""

    def builder(*args, **kwargs):
        raise AssertionError("tfds.builder was called")

    monkeypatch.setattr(tfds, "builder", builder)


def refusal(data_dir):
    with pytest.raises(errors.RequestError) as caught:
        image_data.load("cifar10", None if data_dir is None else str(data_dir))
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_sizes_types_and_labels(cifar10):
    assert cifar10.train.images.shape == (50000, 32, 32, 3)
    assert cifar10.test.images.shape == (10000, 32, 32, 3)
    assert np.bincount(cifar10.train.labels).tolist() == [5000] * 10
    assert np.bincount(cifar10.test.labels).tolist() == [1000] * 10
    assert cifar10.labels == tuple(LABELS.split())
    assert (cifar10.crop_padding, cifar10.flip) == (4, True)


def test_mean_and_stddev_are_those_of_the_original_pixels(cifar10):
    assert cifar10.mean == (0.4914, 0.4822, 0.4465)
    assert cifar10.stddev == (0.2470, 0.2435, 0.2616)


def test_the_channel_means_of_the_prepared_copy(cifar10):
    means = cifar10.train.images.mean(axis=(0, 1, 2)) / 255
    np.testing.assert_allclose(means, [0.4868, 0.4822, 0.4414], atol=5e-4)


def test_the_order_is_that_of_the_files(cifar10):
    assert cifar10.labels[cifar10.train.labels[0]] == "horse"
    assert cifar10.test.labels[:3].tolist() == [7, 0, 6]


def test_a_missing_folder_is_named(no_builder, tmp_path):
    missing = tmp_path / "nowhere"
    assert refusal(missing) == (
        f"cifar10: no prepared data in --data_dir={missing}: expected "
        "cifar10/VERSION/dataset_info.json, found no such folder; give the "
        "folder that contains cifar10 as --data_dir, or --download to fetch it"
    )


def test_the_contents_of_a_wrong_folder_are_named(no_builder, tmp_path):
    for name in ("mnist", "imagenet2012"):
        (tmp_path / name / "1.0.0").mkdir(parents=True)
    message = refusal(tmp_path)
    assert "found imagenet2012, mnist; give the folder" in message
    assert "or --download" in message


def test_an_empty_and_a_crowded_folder(no_builder, tmp_path):
    assert "found nothing; give" in refusal(tmp_path)
    for number in range(7):
        (tmp_path / f"set{number}").mkdir()
    assert "found set0, set1, set2, set3, set4 and 2 more;" in refusal(tmp_path)


def test_an_interrupted_preparation_does_not_count_as_prepared(
    no_builder, tmp_path
):
    (tmp_path / "cifar10" / "incomplete.1_3.0.2").mkdir(parents=True)
    assert "found incomplete.1_3.0.2 in cifar10;" in refusal(tmp_path)


@pytest.mark.parametrize("below", ["cifar10", "cifar10/3.0.2"])
def test_a_folder_that_is_too_deep_gets_a_hint(no_builder, tmp_path, below):
    folder = tmp_path / below / "3.0.2"
    folder.mkdir(parents=True)
    assert "(give a parent folder of this one)" in refusal(tmp_path / below)


def test_missing_data_are_reported_at_once_and_offline(
    no_builder, monkeypatch, tmp_path
):
    monkeypatch.setattr(tfds.core.constants, "DATA_DIR", str(tmp_path))
    start = time.monotonic()
    message = refusal(None)
    assert time.monotonic() - start < 2
    assert f"no prepared data in TFDS's default folder {tmp_path}" in message
    assert "give the folder that contains cifar10 as --data_dir" in message
    assert "or --download to fetch it" in message


@pytest.mark.parametrize(
    "file, contents",
    [
        ("cifar10-train.tfrecord-00000-of-00001", None),
        ("cifar10-train.tfrecord-00000-of-00001", b"no record"),
        ("dataset_info.json", b"{"),
    ],
)
def test_damaged_files_are_reported_in_one_line(
    tfds_dir, tmp_path, file, contents
):
    version = next((tfds_dir / "cifar10").iterdir())
    damaged = tmp_path / "cifar10" / version.name
    damaged.mkdir(parents=True)
    for source in version.iterdir():
        (damaged / source.name).symlink_to(source.resolve())
    # Replace the link by a file, so that its source stays intact.
    (damaged / file).unlink()
    if contents is not None:
        (damaged / file).write_bytes(contents)

    message = refusal(tmp_path)
    assert f"the data in {tmp_path / 'cifar10'} cannot be read" in message
    assert "move it away and prepare it again with --download" in message


class FakeBuilder:
    name = "cifar10"

    def download_and_prepare(self):
        raise ConnectionError("no route to host\nand many more lines")


def test_a_failed_download_fails_the_run(monkeypatch, tmp_path):
    monkeypatch.setattr(tfds, "builder", lambda *_, **__: FakeBuilder())
    with pytest.raises(errors.RunError) as caught:
        image_data.load("cifar10", str(tmp_path), download=True)
    assert str(caught.value) == (
        "cifar10: the download failed (ConnectionError: no route to host); "
        "try again, or give a folder that holds the prepared data as --data_dir"
    )


def test_prepared_data_are_not_fetched_again(tfds_dir, monkeypatch):
    def prepare(builder):
        raise AssertionError("prepared again")

    monkeypatch.setattr(
        tfds.core.GeneratorBasedBuilder, "_download_and_prepare", prepare
    )
    loaded = image_data.load("cifar10", str(tfds_dir), download=True)
    assert len(loaded.train) == 50000
