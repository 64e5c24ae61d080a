import numpy as np
import pytest
import tensorflow as tf

from ednas_tf import errors
from ednas_tf.data.images import image_data, image_files, image_sets, pipeline
from ednas_tf.settings import schema
from tests.data import pictures


def load(folder, name="images", **options):
    options = image_data.Options(**options)
    return image_data.load(name, str(folder), False, options)


def test_large_images_stay_in_their_files(tmp_path):
    pictures.folder(tmp_path, 10, sizes=((100, 80), (90, 120)))
    data = load(tmp_path)
    assert data.form == image_data.Form((224, 224, 3), 2)
    assert isinstance(data.train, image_files.FileSplit)
    assert (len(data.train), len(data.test)) == (16, 4)
    assert data.labels == ("cat", "dog")
    assert (data.mean, data.stddev) == (image_sets.MEAN, image_sets.STDDEV)
    assert (data.flip, data.colour, data.crop_padding) == (True, True, 0)
    assert data.summary == (
        "images: 16 training and 4 test images of 2 classes (cat, dog), "
        "224 x 224 x 3, decoded when needed"
    )
    assert load(tmp_path, image_size=96).form.image_shape == (96, 96, 3)


def test_small_images_are_held_in_memory(tmp_path):
    pictures.folder(tmp_path, 10, sizes=((32, 24), (32, 24), (40, 30)))
    data = load(tmp_path, test_share=0.3)
    assert data.form == image_data.Form((32, 24, 3), 2)
    assert data.train.images.shape == (14, 32, 24, 3)
    assert np.bincount(data.test.labels).tolist() == [3, 3]
    assert (data.flip, data.colour, data.crop_padding) == (True, False, 3)
    pixels = data.train.images / 255
    np.testing.assert_allclose(data.mean, pixels.mean((0, 1, 2)))
    np.testing.assert_allclose(data.stddev, pixels.std((0, 1, 2)))
    assert data.summary.endswith("32 x 24 x 3, held in memory")


def test_small_images_of_many_sizes_become_squares(tmp_path):
    sizes = ((20, 30), (22, 30), (24, 30), (26, 30))
    pictures.folder(tmp_path, 4, sizes=sizes)
    data = load(tmp_path)
    assert data.form.image_shape == (28, 28, 3)
    assert data.central
    # Four of six images, the majority, now have the same size.
    for i in range(2):
        image = pictures.encoded(pictures.blocks(20, 30, seed=i))
        for name in ("cat", "dog"):
            (tmp_path / name / f"{i}.jpg").write_bytes(image)
            (tmp_path / name / f"00{i + 2}.jpg").write_bytes(image)
    data = load(tmp_path)
    assert data.form.image_shape == (20, 30, 3)
    assert not data.central


def test_broken_small_images_are_left_out_not_replaced(tmp_path):
    pictures.folder(tmp_path, 10, sizes=((16, 16),))
    for name in ("cat/000.jpg", "dog/009.jpg"):
        (tmp_path / name).write_bytes(b"no image")
    data = load(tmp_path)
    assert len(data.train) + len(data.test) == 18
    every = np.concatenate([data.train.images, data.test.images])
    assert len(np.unique(every, axis=0)) == 18


def test_too_many_small_images_stay_in_their_files(tmp_path, monkeypatch):
    pictures.folder(tmp_path, 5, sizes=((16, 16),))
    monkeypatch.setattr(image_sets, "MOST_BYTES", 10 * 16 * 16 * 3 - 1)
    data = load(tmp_path)
    assert isinstance(data.train, image_files.FileSplit)
    assert data.form.image_shape == (16, 16, 3)
    monkeypatch.setattr(image_sets, "MOST_BYTES", 10 * 16 * 16 * 3)
    assert isinstance(load(tmp_path).train, image_data.Split)


def test_grey_images_have_one_channel(tmp_path):
    for name in "ab":
        (tmp_path / name).mkdir()
        for i in range(5):
            image = pictures.blocks(28, 28, seed=i)
            for kind, mode in (("PNG", "LA"), ("JPEG", "L")):
                file = tmp_path / name / f"{i}.{kind.lower()}"
                file.write_bytes(pictures.encoded(image, kind, mode))
    data = load(tmp_path)
    assert data.form.image_shape == (28, 28, 1)
    assert (len(data.mean), data.flip) == (1, False)
    larger = load(tmp_path, image_size=80)
    assert larger.form.image_shape == (80, 80, 1)
    assert (larger.mean, larger.flip) == (image_sets.GREY_MEAN, False)
    dataset = pipeline.training_batches(
        larger.train, larger, 2, 0, augment=schema.Augmentation(cutout=0)
    )
    assert next(iter(dataset))[0].images.shape == (2, 80, 80, 1)


def test_some_colour_makes_three_channels(tmp_path):
    pictures.folder(tmp_path, 5, sizes=((16, 16),))
    grey = pictures.encoded(pictures.blocks(16, 16), mode="L")
    (tmp_path / "cat" / "grey.jpg").write_bytes(grey)
    assert load(tmp_path).form.image_shape == (16, 16, 3)


def test_the_same_files_have_the_same_fingerprint(tmp_path):
    one, other = tmp_path / "one", tmp_path / "other"
    for folder in (one, other):
        pictures.folder(folder, 5, sizes=((16, 16),))
    before = load(one).files_fingerprint
    assert len(before) == 12
    assert load(other).files_fingerprint == before
    (other / "cat" / "more.jpg").write_bytes(
        (other / "cat" / "000.jpg").read_bytes()
    )
    assert load(other).files_fingerprint != before


def test_other_contents_have_another_fingerprint(tmp_path):
    pictures.folder(tmp_path, 5, sizes=((16, 16),))
    before = load(tmp_path)
    one, other = (tmp_path / "cat" / f"00{i}.jpg" for i in (1, 2))
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)
    after = load(tmp_path)
    assert after.files_fingerprint == before.files_fingerprint
    assert len(after.contents_fingerprint) == 12
    assert after.contents_fingerprint != before.contents_fingerprint


def test_missing_or_undecodable_images_are_refused(tmp_path):
    with pytest.raises(errors.RequestError, match="give a folder that"):
        image_data.load("images")
    with pytest.raises(errors.RequestError, match="expected images, found 'im"):
        load(tmp_path, "images:x")
    with pytest.raises(errors.RequestError, match="expected cifar10, found"):
        load(tmp_path, "cifar10:x")
    for name in "ab":
        (tmp_path / name).mkdir()
        for i in range(5):
            (tmp_path / name / f"{i}.png").write_bytes(b"nothing")
    with pytest.raises(errors.RequestError) as caught:
        load(tmp_path)
    assert "the inspected ones can be decoded, such as /" in str(caught.value)


def test_statistics_of_pixels_by_hand():
    images = np.array([[[[0], [255]], [[51], [102]]]], np.uint8)
    mean, stddev = image_sets.statistics(images)
    np.testing.assert_allclose(mean, [0.4])
    np.testing.assert_allclose(stddev, [np.std([0, 1, 0.2, 0.4])])
    assert image_sets.statistics(images * 0) == ((0.0,), (1 / 255,))


# ImageNet.


def test_imagenet_as_folders(shared_data_dir):
    folder = shared_data_dir / "imagenet_sample"
    data = load(folder, "imagenet2012")
    assert (len(data.train), len(data.test)) == (1500, 500)
    assert data.form == image_data.Form((224, 224, 3), 10)
    assert data.labels[:2] == ("n01440764", "n02102040")
    assert "10 classes, expected 1000" in data.warning
    assert data.train.plain_jpeg
    # Splitting puts each image in exactly one of the two splits.
    train, validation = image_data.split_train(data.train, 250, seed=3)
    both = np.concatenate([train.numbers, validation.numbers])
    assert sorted(both) == list(range(1500))
    again = image_data.split_train(data.train, 250, seed=3)[1]
    np.testing.assert_array_equal(again.numbers, validation.numbers)
    labels = data.test.first(120).labels
    assert labels.tolist() == [0] * 50 + [1] * 50 + [2] * 20


def test_a_search_opens_no_file_of_the_test_images(tmp_path, monkeypatch):
    pictures.folder(tmp_path / "train", 6, sizes=((100, 100),))
    pictures.folder(tmp_path / "val", 2, sizes=((100, 100),))
    for file in (tmp_path / "val").glob("*/*.jpg"):
        file.unlink()
        file.symlink_to("/nowhere")
    data = load(tmp_path, image_size=80, broken_images_allowed=0)
    dataset = pipeline.training_batches(
        data.train, data, 4, 0, augment=schema.Augmentation(cutout=0)
    )
    for images, _ in dataset.take(3):
        assert images.images.shape == (4, 80, 80, 3)
    with pytest.raises(tf.errors.OpError, match="cannot be decoded"):
        data.test.first(1)
