import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from ednas_tf import errors
from ednas_tf.data.images import image_data, image_files, image_source, pipeline
from ednas_tf.data.images.broken_images import BrokenImages
from ednas_tf.settings import schema
from tests import printed
from tests.data import pictures

SHAPE = (24, 24, 3)
SEARCH = schema.Augmentation(cutout=0)
COUNT = 11


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """Image files; the label of each image is its number."""
    return write(tmp_path_factory.mktemp("images"), COUNT)


def write(folder, count):
    files = []
    for i in range(count):
        image = pictures.blocks(40 + i, 50 - i, seed=i)
        files.append(str(folder / f"{i:02}.jpg"))
        with open(files[-1], "wb") as file:
            file.write(pictures.encoded(image))
    return image_source.Files(files, np.arange(count, dtype=np.int32))


def image_set(source, allowed=0, plain_jpeg=True, **settings):
    split = image_files.of_source(
        source, SHAPE, BrokenImages("mine", allowed), plain_jpeg
    )
    names = tuple(map(str, range(len(source))))
    settings = {"flip": True, "colour": True} | settings
    values = (0.5, 0.4, 0.3), (0.2, 0.25, 0.3)
    return image_data.ImageData(
        "mine", split, split, names, *values, **settings
    )


def batches(data, count, batch_size=4, seed=1, augment=SEARCH, **settings):
    dataset = pipeline.training_batches(
        data.train, data, batch_size, seed, augment=augment, **settings
    )
    dataset = dataset.map(
        lambda images, labels: (image_files.finished(images, data), labels)
    )
    return list(dataset.take(count).as_numpy_iterator())


def assert_same(found, expected):
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one[0], other[0])
        np.testing.assert_array_equal(one[1], other[1])


def context(pipelines, pipeline, replicas):
    return tf.distribute.InputContext(pipelines, pipeline, replicas)


def test_an_epoch_repeats_no_image_and_skips_the_remainder(source):
    labels = [batch[1] for batch in batches(image_set(source), 6)]
    epochs = np.reshape(labels, [3, 8])
    assert all(len(set(epoch)) == 8 for epoch in epochs)
    assert len({tuple(sorted(epoch)) for epoch in epochs}) == 3


def test_a_later_start_continues_exactly(source):
    data = image_set(source)
    everything = batches(data, 5)
    assert_same(batches(data, 2, start_step=3), everything[3:])
    assert_same(batches(data, 5), everything)
    other = batches(data, 5, seed=2)
    assert any(
        (a[1] != b[1]).any() for a, b in zip(everything, other, strict=True)
    )


@pytest.mark.parametrize("pipelines, replicas", [(1, 2), (2, 4)])
def test_the_shares_of_all_replicas_make_up_the_batch_of_one(
    source, pipelines, replicas
):
    data = image_set(source)
    settings = {"start_step": 1, "augment": schema.Augmentation(cutout=6)}
    local = replicas // pipelines
    shares = [
        batches(
            data,
            3 * local,
            input_context=context(pipelines, i, replicas),
            **settings,
        )
        for i in range(pipelines)
    ]
    for step, batch in enumerate(batches(data, 3, **settings)):
        parts = [
            share
            for each in shares
            for share in each[step * local : (step + 1) * local]
        ]
        together = [np.concatenate(part) for part in zip(*parts, strict=True)]
        assert_same([together], [batch])


def test_images_and_their_changes_by_hand(source):
    """Without crop and colour changes, images are standardised and flipped."""
    data = image_set(source)
    augment = schema.Augmentation(crop=False, colour=0.0, cutout=0)
    expected = data.train.first(COUNT)
    assert expected.labels.tolist() == list(range(COUNT))
    flipped = 0
    for images, labels in batches(data, 4, augment=augment):
        assert (images.dtype, labels.dtype) == (np.float32, np.int32)
        for image, label in zip(images, labels, strict=True):
            wanted = (expected.images[label] / 255 - data.mean) / data.stddev
            if np.abs(image - wanted).max() > 0.02:
                flipped += 1
                wanted = wanted[:, ::-1]
            # `first` returns bytes, which are rounded.
            np.testing.assert_allclose(image, wanted, atol=0.02)
    assert 0 < flipped < 16


def test_an_image_is_cropped_and_coloured_anew_each_time(source):
    augment = schema.Augmentation(flip=False, cutout=0)
    one = image_set(source)
    one = dataclasses.replace(one, train=one.train.take([3]))
    images = [b[0][0] for b in batches(one, 6, 1, augment=augment)]
    images += [
        b[0][0]
        for b in batches(
            dataclasses.replace(one, colour=False), 6, 1, augment=augment
        )
    ]
    for i, image in enumerate(images):
        for other in images[:i]:
            assert np.abs(image - other).mean() > 0.01


def test_without_augmentation_images_are_as_in_an_evaluation(source):
    data = image_set(source)
    evaluated = np.concatenate(
        [b[0] for b in pipeline.evaluation_batches(data.test, data, 4)]
    )
    for images, labels in batches(data, 3, augment=None):
        np.testing.assert_array_equal(images, evaluated[labels])
    found = (data.test.first(COUNT).images / 255 - data.mean) / data.stddev
    np.testing.assert_allclose(evaluated, found, atol=1e-5)


def test_evaluation_covers_all_images_in_order(source):
    data = image_set(source)
    dataset = pipeline.evaluation_batches(data.test, data, 4)
    labels = [batch[1] for batch in dataset.as_numpy_iterator()]
    assert [len(each) for each in labels] == [4, 4, 3]
    assert np.concatenate(labels).tolist() == list(range(COUNT))


def test_shapes_are_static(source):
    data = image_set(source)
    dataset = pipeline.training_batches(
        data.train, data, 6, 0, augment=SEARCH, input_context=context(1, 0, 2)
    )
    images, labels = dataset.element_spec
    assert images.images == tf.TensorSpec([3, *SHAPE], tf.float32)
    assert images.matrices.shape[0] == images.gains.shape[0] == 3
    assert labels == tf.TensorSpec([3], tf.int32)
    dataset = pipeline.evaluation_batches(data.test, data, 6)
    assert dataset.element_spec[0] == tf.TensorSpec([None, *SHAPE], tf.float32)


def test_split_train_and_first_on_images_in_files(source):
    data = image_set(source)
    train, validation = image_data.split_train(data.train, 3, seed=1)
    assert (len(train), len(validation)) == (8, 3)
    assert train.image_shape == data.form.image_shape == SHAPE
    numbers = [*train.first(99).labels, *validation.first(99).labels]
    assert sorted(numbers) == list(range(COUNT))
    images = data.train.first(COUNT).images
    np.testing.assert_array_equal(
        validation.first(2).images, images[validation.numbers[:2]]
    )


def test_colour_changes_on_device_and_in_pipeline_agree(source):
    """The device changes colours unless cutout makes the pipeline do it."""
    data = image_set(source)
    left, within = (
        batches(data, 1, augment=schema.Augmentation(cutout=size))[0][0]
        for size in (0, 2)
    )
    blanked = (within == 0).all(-1)
    assert 0 < blanked.sum() <= 4 * 4
    np.testing.assert_allclose(
        left[~blanked], within[~blanked], rtol=1e-4, atol=1e-4
    )


def test_policies_apply_to_images_in_files(source):
    settings = {"policy": "rand_augment", "cutout": 4}
    found = batches(
        image_set(source), 1, 2, augment=schema.Augmentation(**settings)
    )
    assert found[0][0].shape == (2, *SHAPE)


def test_batch_sizes_that_are_too_large_or_cannot_be_shared(source):
    with pytest.raises(errors.RequestError, match="expected 1 to 11"):
        batches(image_set(source), 1, COUNT + 1)
    with pytest.raises(errors.RequestError, match="a multiple of 2"):
        batches(image_set(source), 1, 3, input_context=context(1, 0, 2))


# Broken images.


@pytest.fixture
def damaged(tmp_path):
    source = write(tmp_path, COUNT)
    content = (tmp_path / "02.jpg").read_bytes()
    (tmp_path / "02.jpg").write_bytes(content[: len(content) // 2])
    (tmp_path / "03.jpg").write_bytes(b"no image")
    (tmp_path / "07.jpg").unlink()
    return source


def test_the_next_image_takes_the_place_of_a_broken_one(damaged, capfd):
    data = image_set(damaged, allowed=3, plain_jpeg=False)
    found = data.train.first(COUNT)
    assert found.labels.tolist() == [0, 1, 4, 4, 4, 5, 6, 8, 8, 9, 10]
    np.testing.assert_array_equal(found.images[2], found.images[4])
    data.train.first(COUNT)
    told = printed.unbroken(capfd.readouterr().err).splitlines()
    warnings = [w for w in told if "mine" in w]
    assert len(warnings) == 3
    assert warnings[0].startswith("warning: mine: /")
    assert warnings[0].endswith(
        "02.jpg cannot be decoded and is left out (1 of 3 allowed)"
    )


def test_broken_images_change_neither_batch_size_nor_other_images(
    damaged, source
):
    whole = batches(image_set(source), 4)
    found = batches(image_set(damaged, allowed=3), 4)
    for one, other in zip(found, whole, strict=True):
        assert len(one[0]) == 4
        for i, label in enumerate(other[1]):
            if label in (2, 3, 7):
                assert one[1][i] not in (2, 3, 7)
            elif one[1][i] == label:
                np.testing.assert_allclose(one[0][i], other[0][i], atol=1e-5)
            else:
                raise AssertionError("another image where none was broken")
    again = batches(image_set(damaged, allowed=3), 2, start_step=2)
    assert_same(again, found[2:])


def test_batches_of_one_image_when_the_last_image_is_broken(tmp_path):
    source = write(tmp_path, 3)
    (tmp_path / "02.jpg").write_bytes(b"")
    data = image_set(source, allowed=1)
    labels = [batch[1][0] for batch in batches(data, 6, 1)]
    assert set(labels) == {0, 1} and labels.count(0) == 4


def test_too_many_broken_images_end_the_run_with_a_line_naming_some(damaged):
    data = image_set(damaged, allowed=2)
    with pytest.raises(Exception) as caught:
        data.train.first(COUNT)
    line = str(caught.value).partition("RunError: ")[2].partition("\n")[0]
    assert line.startswith(
        "mine: 3 images cannot be decoded, more than "
        "runtime.broken_images_allowed=2: /"
    )
    assert [f"{i:02}.jpg" in line for i in (2, 3, 7)] == [True] * 3
    assert line.endswith(
        "; repair them, raise the limit, or remove them and start a new run"
    )


def test_all_images_are_broken(tmp_path):
    source = write(tmp_path, 3)
    for i in range(3):
        (tmp_path / f"{i:02}.jpg").write_bytes(b"no image")
    data = image_set(source, allowed=10)
    with pytest.raises(Exception, match="none of 3 images can be decoded: /"):
        data.train.first(3)


def test_a_png_image_named_jpg_is_decoded(tmp_path):
    source = write(tmp_path, 4)
    image = pictures.blocks(24, 24, seed=9)
    (tmp_path / "01.jpg").write_bytes(pictures.encoded(image, "PNG"))
    for plain_jpeg in (True, False):
        data = image_set(source, plain_jpeg=plain_jpeg)
        np.testing.assert_array_equal(data.train.first(4).images[1], image)
        labels = [batch[1] for batch in batches(data, 1)]
        assert sorted(labels[0]) == [0, 1, 2, 3]


def test_real_images(shared_data_dir):
    folder = shared_data_dir / "imagenet_sample" / "val"
    files = sorted(map(str, folder.glob("*/*.jpg")))
    assert len(files) == 500
    labels = np.repeat(np.arange(10, dtype=np.int32), 50)
    source = image_source.Files(files, labels)
    data = image_set(source, flip=True)
    data = dataclasses.replace(
        data, mean=(0.485, 0.456, 0.406), stddev=(0.229, 0.224, 0.225)
    )
    images = np.concatenate([b[0] for b in batches(data, 3, 150)])
    assert np.abs(images.mean((0, 1, 2))).max() < 0.4
    assert 0.6 < images.std() < 1.4
    # Grey images are among them, which must become colour images.
    assert np.isfinite(images).all()
