import itertools
from collections import Counter

import numpy as np
import pytest
import tensorflow as tf

from ednas_tf import errors
from ednas_tf.data.images import image_data, pipeline
from ednas_tf.settings import schema

CROP_AND_FLIP = schema.Augmentation(cutout=0)


def random_images(num_images=10, size=4, channels=1, **kwargs):
    """Random images; the label of each image is its number."""
    images = np.random.default_rng(0).integers(
        0, 256, [num_images, size, size, channels], dtype=np.uint8
    )
    split = image_data.Split(images, np.arange(num_images, dtype=np.int32))
    settings = {"mean": (0.25,) * channels, "stddev": (0.5,) * channels}
    return image_data.ImageData(
        "random", split, split, ("a", "b"), **{**settings, **kwargs}
    )


def batches(
    source, count, batch_size=3, seed=1, augment=CROP_AND_FLIP, **kwargs
):
    dataset = pipeline.training_batches(
        source.train, source, batch_size, seed, augment=augment, **kwargs
    )
    return list(dataset.take(count).as_numpy_iterator())


def order(num_images, epoch, seed=1):
    """The labels of one epoch in order of appearance, from a single batch."""
    source = random_images(num_images, size=1)
    return batches(source, 1, num_images, seed, start_step=epoch)[0][1]


def assert_same(found, expected):
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one[0], other[0])
        np.testing.assert_array_equal(one[1], other[1])


def context(pipelines, pipeline, replicas):
    return tf.distribute.InputContext(pipelines, pipeline, replicas)


def test_each_epoch_is_another_permutation():
    source = random_images(12)
    labels = np.stack([batch[1] for batch in batches(source, 12)])
    epochs = labels.reshape(3, 12)
    for epoch in epochs:
        assert sorted(epoch) == list(range(12))
    assert len({tuple(epoch) for epoch in epochs}) == 3


def test_images_left_out_differ_between_epochs():
    labels = np.stack([batch[1] for batch in batches(random_images(10), 60)])
    left_out = Counter()
    for epoch in labels.reshape(20, 9):
        assert len(set(epoch)) == 9
        left_out.update(set(range(10)) - set(epoch))
    assert left_out.total() == 20
    assert len(left_out) > 5


def test_orders_of_epochs_and_seeds_are_uncorrelated():
    # The standard error of a correlation over 10,000 images is 0.01.
    orders = [order(10000, epoch) for epoch in (0, 1, 2, 3)]
    orders.append(order(10000, epoch=0, seed=2))
    correlation = np.corrcoef(orders) - np.eye(5)
    assert abs(correlation).max() < 0.05
    neighbours = [np.corrcoef(o[:-1], o[1:])[0, 1] for o in orders]
    assert np.abs(neighbours).max() < 0.05


def test_every_permutation_comes_equally_often():
    epochs = batches(random_images(3, size=1), 300, batch_size=3)
    found = Counter(tuple(labels) for _, labels in epochs)
    assert len(found) == 6
    chi_square = sum((n - 50) ** 2 / 50 for n in found.values())
    assert chi_square < 20.5  # 0.1 % of true random draws exceed it.


@pytest.mark.parametrize("start_step", [1, 3, 4, 8])
def test_a_later_start_continues_exactly(start_step):
    source = random_images(crop_padding=1, flip=True)
    assert_same(
        batches(source, 10 - start_step, start_step=start_step),
        batches(source, 10)[start_step:],
    )


def test_order_and_augmentation_depend_on_the_seed():
    source = random_images(crop_padding=1, flip=True)
    same, again = batches(source, 4, seed=7), batches(source, 4, seed=7)
    other = batches(source, 4, seed=8)
    assert_same(same, again)
    assert any((a[1] != b[1]).any() for a, b in zip(same, other, strict=True))


def test_exactly_the_valid_crops_and_flips_occur():
    source = random_images(
        num_images=2,
        size=3,
        mean=(0.0,),
        stddev=(1 / 255,),
        crop_padding=1,
        flip=True,
    )
    versions = {}
    for label, image in enumerate(source.train.images):
        padded = np.pad(image, [(1, 1), (1, 1), (0, 0)])
        for row, column in itertools.product(range(3), range(3)):
            crop = padded[row : row + 3, column : column + 3]
            versions[crop.tobytes()] = (label, row, column, False)
            versions[crop[:, ::-1].tobytes()] = (label, row, column, True)
    assert len(versions) == 36

    found = Counter()
    for images, labels in batches(source, 900, batch_size=2):
        for image, label in zip(images, labels, strict=True):
            version = versions[np.rint(image).astype(np.uint8).tobytes()]
            assert version[0] == label
            found[version] += 1
    assert len(found) == 36
    # 50 are expected for each version; allow 5 standard deviations.
    assert 15 < min(found.values()) and max(found.values()) < 85


@pytest.mark.parametrize(
    "augment, settings",
    [
        (None, {"crop_padding": 2, "flip": True}),
        (
            schema.Augmentation(crop=False, flip=False, cutout=0),
            {"crop_padding": 2, "flip": True},
        ),
        (CROP_AND_FLIP, {}),
    ],
)
def test_images_are_unchanged_without_augmentation(augment, settings):
    source = random_images(**settings)
    for images, labels in batches(source, 6, augment=augment):
        expected = (source.train.images[labels] / 255 - 0.25) / 0.5
        np.testing.assert_allclose(images, expected, atol=1e-6)


def test_standardisation_by_hand():
    images = np.array([[[[0, 51, 255]]]], np.uint8)
    split = image_data.Split(images, np.array([7], np.int32))
    source = image_data.ImageData(
        "one", split, split, (), mean=(0.5, 0.2, 0.4), stddev=(0.25, 0.5, 0.3)
    )
    for dataset in (
        pipeline.training_batches(split, source, batch_size=1, seed=0),
        pipeline.evaluation_batches(split, source, batch_size=1),
    ):
        images, labels = next(iter(dataset))
        assert (images.dtype, labels.dtype) == (tf.float32, tf.int32)
        np.testing.assert_allclose(images, [[[[-2, 0, 2]]]], atol=1e-6)
        np.testing.assert_array_equal(labels, [7])


@pytest.mark.parametrize("start_step", [0, 4])
@pytest.mark.parametrize("pipelines, replicas", [(1, 2), (2, 2), (2, 4)])
def test_the_shares_of_all_replicas_make_up_the_batch_of_one(
    pipelines, replicas, start_step
):
    source = random_images(13, crop_padding=1, flip=True)
    settings = {
        "batch_size": 4,
        "start_step": start_step,
        "augment": schema.Augmentation(cutout=2),
    }
    expected = batches(source, 5, **settings)
    local = replicas // pipelines
    shares = [
        batches(
            source,
            5 * local,
            input_context=context(pipelines, pipeline, replicas),
            **settings,
        )
        for pipeline in range(pipelines)
    ]
    for step, batch in enumerate(expected):
        parts = [
            share
            for pipeline in shares
            for share in pipeline[step * local : (step + 1) * local]
        ]
        assert len(parts) == replicas
        together = [np.concatenate(part) for part in zip(*parts, strict=True)]
        assert_same([together], [batch])


def test_a_context_with_one_replica_changes_nothing():
    source = random_images(crop_padding=1, flip=True)
    assert_same(
        batches(source, 5, input_context=context(1, 0, 1)), batches(source, 5)
    )


def test_the_shape_of_a_share_is_static():
    source = random_images(channels=3, crop_padding=1)
    dataset = pipeline.training_batches(
        source.train, source, 6, seed=0, input_context=context(1, 0, 2)
    )
    images, labels = dataset.element_spec
    assert images == tf.TensorSpec([3, 4, 4, 3], tf.float32)
    assert labels == tf.TensorSpec([3], tf.int32)


@pytest.mark.parametrize("batch_size, sizes", [(4, [4, 4, 2]), (99, [10])])
def test_evaluation_covers_all_images_in_order(batch_size, sizes):
    source = random_images(crop_padding=1, flip=True)
    dataset = pipeline.evaluation_batches(source.test, source, batch_size)
    images, labels = zip(*dataset.as_numpy_iterator(), strict=True)
    assert [len(batch) for batch in labels] == sizes
    np.testing.assert_array_equal(np.concatenate(labels), np.arange(10))
    expected = (source.test.images / 255 - 0.25) / 0.5
    np.testing.assert_allclose(np.concatenate(images), expected, atol=1e-6)


@pytest.mark.parametrize("batch_size", [0, -1, 11])
def test_a_batch_must_fit_the_split(batch_size):
    with pytest.raises(errors.RequestError) as caught:
        batches(random_images(10), 1, batch_size)
    assert str(caught.value) == (
        f"batch_size={batch_size}: expected 1 to 10, the number of images in "
        "the split"
    )


def test_replicas_must_share_a_batch_evenly():
    with pytest.raises(errors.RequestError) as caught:
        batches(random_images(10), 1, 3, input_context=context(1, 0, 2))
    assert str(caught.value) == (
        "batch_size=3: expected a multiple of 2, the number of replicas that "
        "share it"
    )


def test_evaluation_needs_a_batch_size_too():
    source = random_images()
    with pytest.raises(errors.RequestError, match="batch_size=0: expected 1"):
        pipeline.evaluation_batches(source.test, source, 0)


@pytest.mark.parametrize(
    "batch_size, replicas, message",
    [
        (101, 1, ", found 101; set a=0, and a size is chosen"),
        (
            9,
            2,
            ", divisible by 2 devices, found 9; set a=0, and a size is chosen",
        ),
        (
            2,
            4,
            ", divisible by 4 devices, found 2; set a=0, and a size is chosen",
        ),
        (
            101,
            101,
            ", divisible by 101 devices, found 101; give more images, or use "
            "fewer devices",
        ),
    ],
)
def test_impossible_minibatches_are_refused(batch_size, replicas, message):
    with pytest.raises(errors.RequestError) as raised:
        pipeline.steps_per_pass("a", batch_size, 100, replicas)
    assert str(raised.value) == f"a: expected at most 100 images{message}"


def test_a_pass_has_whole_minibatches_only():
    for size, steps in ((2, 50), (30, 3), (100, 1)):
        assert pipeline.steps_per_pass("a", size, 100, 2) == steps
