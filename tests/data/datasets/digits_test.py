import numpy as np
import pytest

from ednas_tf.data.images import image_data


@pytest.fixture(scope="module")
def digits():
    return image_data.load("digits")


def test_sizes_types_and_labels(digits):
    assert digits.train.images.shape == (1437, 8, 8, 1)
    assert digits.test.images.shape == (360, 8, 8, 1)
    assert digits.train.images.dtype == digits.test.images.dtype == np.uint8
    assert digits.labels == tuple("0123456789")
    assert (digits.crop_padding, digits.flip) == (1, False)


def test_every_class_has_its_number_of_images(digits):
    train = np.bincount(digits.train.labels).tolist()
    test = np.bincount(digits.test.labels).tolist()
    assert train == [143, 146, 142, 146, 144, 145, 144, 143, 141, 143]
    assert test == [35, 36, 35, 37, 37, 37, 37, 36, 33, 37]


def test_seventeen_levels_of_grey_fill_the_range(digits):
    levels = [round(level * 255 / 16) for level in range(17)]
    assert levels[1] == 16 and levels[-1] == 255
    np.testing.assert_array_equal(np.unique(digits.train.images), levels)


def test_mean_and_stddev_are_those_of_the_training_images(digits):
    pixels = digits.train.images / 255
    assert digits.mean == (pytest.approx(pixels.mean()),)
    assert digits.stddev == (pytest.approx(pixels.std()),)
    assert digits.mean[0] == pytest.approx(0.30543, abs=5e-6)
    assert digits.stddev[0] == pytest.approx(0.37534, abs=5e-6)


def test_a_data_dir_is_ignored_with_a_warning(digits):
    found = image_data.load("digits", data_dir="anywhere", download=True)
    assert found.warning.startswith("digits: --data_dir=anywhere is ignored")
    assert digits.warning == ""
