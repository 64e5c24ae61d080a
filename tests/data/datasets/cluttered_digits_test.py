import hashlib

import numpy as np
import pytest

from ednas_tf.data.datasets import cluttered_digits as made
from ednas_tf.data.images import image_data


@pytest.fixture(scope="module")
def digits():
    return image_data.load("cluttered_digits")


def test_sizes_types_and_labels(digits):
    assert digits.train.images.shape == (8000, 16, 16, 1)
    assert digits.test.images.shape == (2000, 16, 16, 1)
    assert digits.labels == tuple("0123456789")
    assert digits.form == image_data.Form((16, 16, 1), 10)
    for split, least in ((digits.train, 700), (digits.test, 150)):
        assert np.bincount(split.labels).min() > least


def test_the_images_are_the_same_everywhere(digits):
    content = digits.train.images[:50].tobytes()
    content += digits.test.labels.tobytes()
    found = hashlib.sha256(content).hexdigest()
    assert found[:16] == "47b3c883e2c0e17a"


def test_no_two_images_are_the_same(digits):
    images = np.concatenate([digits.train.images, digits.test.images])
    assert len(np.unique(images.reshape(len(images), -1), axis=0)) == 10_000


def test_a_digit_that_is_not_turned_or_moved_stays_what_it_is():
    images = np.arange(64, dtype=np.float32).reshape(1, 8, 8)
    rows, columns = np.meshgrid(np.arange(8.0), np.arange(8.0), indexing="ij")
    found = made._interpolated(images, rows[np.newaxis], columns[np.newaxis])
    np.testing.assert_allclose(found, images)


def test_between_pixels_it_is_their_mean_and_outside_it_is_black():
    images = np.array([[[2.0, 4.0], [6.0, 8.0]]], np.float32)
    rows = np.array([[[0.5, 0.0, -3.0, 1.5]]])
    columns = np.array([[[0.5, 0.25, 0.0, 1.0]]])
    found = made._interpolated(images, rows, columns)
    np.testing.assert_allclose(found, [[[5.0, 2.5, 0.0, 4.0]]], atol=1e-2)


def test_a_digit_stays_within_its_image():
    class Extreme:
        """Draws the largest scale, no angle, and the lowest right corner."""

        def uniform(self, low, high, size):
            if high == made._SCALES[1]:
                return np.full(size, high)
            return np.full(size, 1.0 if high == 1 else 0.0)

    whole = np.full((1, 8, 8), 200.0, np.float32)
    found = made._placed(whole, Extreme())[0]
    # 1.4 x 8 = 11.2 pixels at the lower right, with edges in between.
    assert (found[6:15, 6:15] > 199).all()
    assert (found[5:, 5:] > 0).all()
    assert found[:4].max() == found[:, :4].max() == 0


def test_a_piece_is_a_part_of_another_digit():
    images = np.arange(1, 65, dtype=np.float32).reshape(1, 8, 8)
    found = made._piece(images, np.random.default_rng(0))[0]
    rows, columns = np.nonzero(found)
    assert len(rows) == 25
    assert np.ptp(rows) == np.ptp(columns) == 4
    piece = found[rows.min() :, columns.min() :][:5, :5]
    assert (np.diff(piece, axis=1) == 1).all()
    assert (np.diff(piece, axis=0) == 8).all()


def test_a_folder_is_ignored_with_a_warning(tmp_path):
    found = image_data.load("cluttered_digits", str(tmp_path))
    assert found.warning.startswith("cluttered_digits: --data_dir=")
