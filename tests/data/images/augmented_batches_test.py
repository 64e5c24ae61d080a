"""Batches with every kind of augmentation."""

import numpy as np
import pytest
import tensorflow as tf

from ednas_tf import errors
from ednas_tf.data.images import image_data, pipeline
from ednas_tf.settings import schema

KINDS = {
    "cutout": {"cutout": 5},
    "rand_augment": {"policy": "rand_augment", "rand_augment_magnitude": 6.0},
    "auto_augment": {"policy": "auto_augment"},
}


def random_images(num_images=12, size=8, channels=3):
    """Random images; the label of each image is its number."""
    images = np.random.default_rng(0).integers(
        0, 256, [num_images, size, size, channels], dtype=np.uint8
    )
    split = image_data.Split(images, np.arange(num_images, dtype=np.int32))
    return image_data.ImageData(
        "random",
        split,
        split,
        ("a", "b"),
        mean=(0.25,) * channels,
        stddev=(0.5,) * channels,
        crop_padding=1,
        flip=True,
    )


def batches(source, steps, start_step=0, replicas=1, **augment):
    """Steps of 8 images, joined over all replicas: (images, labels)."""
    dataset = pipeline.training_batches(
        source.train,
        source,
        batch_size=8,
        seed=1,
        start_step=start_step,
        augment=schema.Augmentation(**{"cutout": 0, **augment}),
        input_context=tf.distribute.InputContext(1, 0, replicas),
    )
    images, labels = zip(
        *dataset.take(steps * replicas).as_numpy_iterator(), strict=True
    )
    assert {len(share) for share in labels} == {8 // replicas}
    return [
        (
            np.concatenate(images[k : k + replicas]),
            np.concatenate(labels[k : k + replicas]),
        )
        for k in range(0, steps * replicas, replicas)
    ]


def pixels(images):
    """Undoes the standardisation, which gives whole numbers from 0 to 255."""
    values = (images * 0.5 + 0.25) * 255
    np.testing.assert_allclose(values, np.rint(values), atol=1e-3)
    return np.rint(values).astype(int)


@pytest.fixture(scope="module", params=KINDS)
def augmented(request):
    """Settings, and four steps with them; a policy takes seconds to trace."""
    settings = KINDS[request.param]
    return settings, batches(random_images(size=24), 4, **settings)


@pytest.mark.parametrize("replicas", [1, 2, 4])
def test_a_resumed_run_on_any_number_of_replicas_sees_the_same_batches(
    augmented, replicas
):
    settings, expected = augmented
    found = batches(random_images(size=24), 2, 2, replicas, **settings)
    for one, other in zip(found, expected[2:], strict=True):
        np.testing.assert_array_equal(one[0], other[0])
        np.testing.assert_array_equal(one[1], other[1])


def test_images_change_within_their_range_and_labels_do_not(augmented):
    plain = batches(random_images(size=24), 4)
    changed = 0
    for before, after in zip(plain, augmented[1], strict=True):
        np.testing.assert_array_equal(before[1], after[1])
        assert after[0].dtype == np.float32
        changed += np.sum((after[0] != before[0]).any(axis=(1, 2, 3)))
        # Zeros from cutout equal the mean and are no pixel's value.
        values = pixels(np.where(after[0] == 0, before[0], after[0]))
        assert 0 <= values.min() and values.max() <= 255
    # 32 images in all; AutoAugment leaves 22 % of the images unchanged.
    assert changed >= 20


def test_cutout_blanks_squares_in_the_cropped_and_flipped_images():
    source = random_images()
    heights = set()
    plain, changed = batches(source, 40), batches(source, 40, cutout=5)
    for (before, labels), (after, others) in zip(plain, changed, strict=True):
        np.testing.assert_array_equal(labels, others)
        # No standardised pixel is 0 without cutout: the mean is 63.75.
        assert (before != 0).all()
        np.testing.assert_array_equal(
            after, np.where(after == 0, np.float32(0), before)
        )
        for blanked in (after == 0).all(axis=-1):
            rows, columns = blanked.any(axis=1), blanked.any(axis=0)
            np.testing.assert_array_equal(blanked, np.outer(rows, columns))
            heights.add(rows.sum())
    # A centre at the upper or lower border leaves three blanked rows.
    assert heights == {3, 4, 5}


@pytest.mark.parametrize("off", [{"crop": False}, {"flip": False}])
def test_crop_and_flip_can_be_turned_off(off):
    source = random_images()
    images = source.train.images.astype(int)
    padded = np.pad(images, [(0, 0), (1, 1), (1, 1), (0, 0)])
    flipped = shifted = 0
    for found, labels in batches(source, 12, **off):
        for image, label in zip(pixels(found), labels, strict=True):
            versions = {
                (row, column, flip): padded[
                    label, row : row + 8, column : column + 8
                ][:, :: -1 if flip else 1]
                for row in range(3)
                for column in range(3)
                for flip in (False, True)
            }
            (version,) = (
                key for key, v in versions.items() if (v == image).all()
            )
            shifted += version[:2] != (1, 1)
            flipped += version[2]
    assert (shifted > 0) == ("crop" not in off)
    assert (flipped > 0) == ("flip" not in off)


def test_settings_that_do_not_fit_the_images_are_refused():
    with pytest.raises(errors.RequestError, match="3 channels, found 1"):
        batches(random_images(channels=1), 1, policy="rand_augment")
    with pytest.raises(errors.RequestError, match="expected 0 to 8"):
        batches(random_images(), 1, cutout=9)
