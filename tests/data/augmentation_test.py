import itertools

import numpy as np
import tensorflow as tf

from ednas_tf.data.augmentation import crop_and_flip


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
