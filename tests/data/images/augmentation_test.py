import itertools

import numpy as np
import pytest
import tensorflow as tf

from ednas_tf import errors
from ednas_tf.data.images import augmentation
from ednas_tf.data.images.augmentation import crop_and_flip, cutout
from ednas_tf.settings import schema


def test_every_crop_and_flip_against_slices_of_the_padded_image():
    height, width, padding = 3, 4, 2
    image = np.arange(1, 1 + height * width * 2, dtype=np.uint8)
    image = image.reshape(height, width, 2)
    padded = np.pad(image, [(padding, padding), (padding, padding), (0, 0)])
    choices = list(
        itertools.product(
            range(2 * padding + 1), range(2 * padding + 1), [False, True]
        )
    )
    rows, columns, flips = zip(*choices, strict=True)

    found = crop_and_flip(
        tf.constant(np.stack([image] * len(choices))),
        tf.stack([rows, columns], axis=1),
        tf.constant(flips),
        padding,
    )

    assert found.dtype == tf.uint8
    assert found.shape == (50, height, width, 2)
    for one, (row, column, flip) in zip(found, choices, strict=True):
        crop = padded[row : row + height, column : column + width]
        crop = crop[:, ::-1] if flip else crop
        np.testing.assert_array_equal(one, crop)


def test_no_padding_and_no_flip_change_nothing():
    images = np.random.default_rng(0).integers(0, 256, [5, 4, 3, 2])
    found = crop_and_flip(
        tf.constant(images), tf.zeros([5, 2], tf.int32), tf.fill([5], False), 0
    )
    np.testing.assert_array_equal(found, images)


def zeros_of(centre, side, height=5, width=6):
    """The rows and columns that cutout blanks in an image of ones."""
    images = tf.ones([1, height, width, 2])
    found = cutout(images, tf.constant([centre]), side).numpy()[0]
    assert set(found.ravel()) <= {0.0, 1.0}
    np.testing.assert_array_equal(found[..., 0], found[..., 1])
    rows, columns = np.nonzero(found[..., 0] == 0)
    assert len(rows) == len(set(rows)) * len(set(columns))
    return sorted(set(rows)), sorted(set(columns))


@pytest.mark.parametrize(
    "centre, side, rows, columns",
    [
        ((2, 3), 2, [1, 2], [2, 3]),
        ((2, 3), 3, [1, 2, 3], [2, 3, 4]),
        ((2, 3), 1, [2], [3]),
        ((0, 0), 4, [0, 1], [0, 1]),
        ((4, 5), 4, [2, 3, 4], [3, 4, 5]),
        ((0, 5), 5, [0, 1, 2], [3, 4, 5]),
        ((2, 0), 5, [0, 1, 2, 3, 4], [0, 1, 2]),
    ],
)
def test_cutout_by_hand(centre, side, rows, columns):
    assert zeros_of(centre, side) == (rows, columns)


def test_cutout_of_32_pixels_as_in_the_paper():
    rows, columns = zeros_of((20, 3), 16, 32, 32)
    assert rows == list(range(12, 28))
    assert columns == list(range(11))


def test_cutout_keeps_all_other_pixels_and_blanks_a_square_per_image():
    images = np.random.default_rng(0).normal(size=[2, 3, 3, 1])
    images = images.astype(np.float32)
    found = cutout(tf.constant(images), tf.constant([[0, 0], [1, 2]]), 1)
    expected = images.copy()
    expected[0, 0, 0] = expected[1, 1, 2] = 0
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    "settings, shape",
    [
        ({"cutout": 16}, (16, 20, 1)),
        ({"cutout": 0}, (1, 1, 1)),
        ({"cutout": 0, "policy": "rand_augment"}, (8, 8, 3)),
        ({"cutout": 8, "policy": "auto_augment"}, (8, 8, 3)),
    ],
)
def test_settings_that_fit_the_images_are_accepted(settings, shape):
    augmentation.check(schema.Augmentation(**settings), shape)


@pytest.mark.parametrize(
    "settings, shape, message",
    [
        (
            {"policy": "rand_augment"},
            (28, 28, 1),
            "train.augmentation.policy: 'rand_augment' needs images with 3 "
            "channels, found 1; set it to none",
        ),
        (
            {"cutout": 17},
            (20, 16, 3),
            "train.augmentation.cutout: expected 0 to 16, because the images "
            "are 20 x 16 pixels, found 17; use at most half of that, or 0 for "
            "no cutout",
        ),
    ],
)
def test_settings_that_do_not_fit_the_images_are_refused(
    settings, shape, message
):
    with pytest.raises(errors.RequestError) as caught:
        augmentation.check(schema.Augmentation(**settings), shape)
    assert str(caught.value) == message
