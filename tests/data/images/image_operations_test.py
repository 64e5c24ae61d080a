"""Image operations, against numbers worked out by hand."""

import numpy as np
import pytest
import tensorflow as tf

from ednas_tf.data.images import image_operations


def grey(rows):
    """One grey image with three equal channels, [1, height, width, 3]."""
    rows = np.array(rows, np.uint8)
    return np.repeat(rows[None, :, :, None], 3, axis=3)


def apply(name, level, images, sign=1.0):
    signs = tf.fill([len(images)], sign)
    found = image_operations.operation(name, level)(tf.constant(images), signs)
    assert found.dtype == tf.uint8
    assert found.shape == images.shape
    return found.numpy()


@pytest.mark.parametrize(
    "name, level, before, after",
    [
        ("Identity", 10, [0, 10, 255], [0, 10, 255]),
        ("Invert", 0, [0, 10, 255], [255, 245, 0]),
        # Threshold 256 - 51.
        ("Solarize", 2, [0, 204, 205, 255], [0, 204, 50, 0]),
        ("Solarize", 0, [0, 204, 255], [0, 204, 255]),
        ("Solarize", 10, [0, 204, 255], [255, 51, 0]),
        # These levels keep 4, 2 and 1 bits.
        ("Posterize", 0, [255, 130, 15], [240, 128, 0]),
        ("Posterize", 5, [255, 130, 63], [192, 128, 0]),
        ("Posterize", 10, [255, 130, 127], [128, 128, 0]),
        # Factors 0.1, 1 and 1.9.
        ("Brightness", 0, [0, 100, 200], [0, 10, 20]),
        ("Brightness", 5, [0, 100, 200], [0, 100, 200]),
        ("Brightness", 10, [0, 100, 200], [0, 190, 255]),
        # Contrast changes around the mean, 110.
        ("Contrast", 10, [100, 120], [91, 129]),
        ("Color", 10, [0, 100, 200], [0, 100, 200]),
        # 51 to 102 become 0 to 255.
        ("AutoContrast", 3, [51, 60, 102], [0, 45, 255]),
        ("AutoContrast", 3, [7, 7], [7, 7]),
    ],
)
def test_operations_on_pixel_values_by_hand(name, level, before, after):
    np.testing.assert_array_equal(
        apply(name, level, grey([before])), grey([after])
    )


def test_operations_on_separate_channels_by_hand():
    # The grey of red is 76: 76 + 0.1 (255 - 76) and 76 + 0.1 (0 - 76).
    red = np.array([[[[255, 0, 0]]]], np.uint8)
    np.testing.assert_array_equal(apply("Color", 0, red), [[[[93, 68, 68]]]])
    image = np.stack([[[51, 60, 102]], [[0, 85, 255]], [[9, 9, 9]]], axis=-1)
    np.testing.assert_array_equal(
        apply("AutoContrast", 0, image[None].astype(np.uint8))[0],
        np.stack([[[0, 45, 255]], [[0, 85, 255]], [[9, 9, 9]]], axis=-1),
    )


def test_sharpness_blends_with_the_smoothed_image():
    image = grey([[0, 0, 0], [0, 130, 0], [0, 0, 0]])
    # Smoothing gives 5/13 of 130 in the middle and keeps the border.
    for level, middle in ((0, 50 + 8), (5, 130), (10, 50 + 152)):
        expected = grey([[0, 0, 0], [0, middle, 0], [0, 0, 0]])
        np.testing.assert_array_equal(
            apply("Sharpness", level, image), expected
        )


def test_equalize_spreads_values_by_their_ranks():
    # Of 512 pixels, 128 are below 15 and 256 below 20, the last step.
    image = np.repeat([10, 15, 20, 20], 128).reshape(16, 32)
    expected = np.repeat([0, 128, 255, 255], 128).reshape(16, 32)
    np.testing.assert_array_equal(
        apply("Equalize", 0, grey(image)), grey(expected)
    )


def test_translation_grows_with_the_image_and_fills_with_grey():
    # int(10 * 4 / 32) is one pixel, int(9 * 3 / 32) none.
    image = np.arange(12).reshape(3, 4)
    left = [[1, 2, 3, 128], [5, 6, 7, 128], [9, 10, 11, 128]]
    right = [[128, 0, 1, 2], [128, 4, 5, 6], [128, 8, 9, 10]]
    found = apply("TranslateX", 10, grey(image))
    np.testing.assert_array_equal(found, grey(left))
    found = apply("TranslateX", 10, grey(image), -1.0)
    np.testing.assert_array_equal(found, grey(right))
    found = apply("TranslateY", 10, grey(image.T))
    np.testing.assert_array_equal(found, grey(np.transpose(left)))
    found = apply("TranslateY", 9, grey(image))
    np.testing.assert_array_equal(found, grey(image))


def test_shear_moves_three_tenths_of_a_pixel_per_line():
    image = np.tile([1, 2, 3, 4], [4, 1])
    sheared = [[1, 2, 3, 4], [1, 2, 3, 4], [2, 3, 4, 128], [2, 3, 4, 128]]
    back = [[1, 2, 3, 4], [1, 2, 3, 4], [128, 1, 2, 3], [128, 1, 2, 3]]
    found = apply("ShearX", 10, grey(image))
    np.testing.assert_array_equal(found, grey(sheared))
    found = apply("ShearX", 10, grey(image), -1.0)
    np.testing.assert_array_equal(found, grey(back))
    found = apply("ShearY", 10, grey(image.T))
    np.testing.assert_array_equal(found, grey(np.transpose(sheared)))


def test_rotation_keeps_the_centre():
    image = np.arange(25).reshape(5, 5)
    # By 24 degrees: the pixel at (2, 0) from the centre comes from
    # (1.83, 0.81), that is from the pixel (2, 1); the pixel at (0, -2) comes
    # from (0.81, -1.83); and a corner comes from outside of the image.
    found = apply("Rotate", 8, grey(image))[0, :, :, 0]
    assert found[2, 2] == 12
    assert found[2, 4] == image[3, 4]
    assert found[0, 2] == image[0, 3]
    assert found[0, 0] == 128
    found = apply("Rotate", 8, grey(image), -1.0)[0, :, :, 0]
    assert found[2, 2] == 12
    assert found[2, 4] == image[1, 4]
    assert found[0, 2] == image[0, 1]


def test_each_image_has_its_own_direction():
    image = grey(np.arange(12).reshape(3, 4))
    translate = image_operations.operation("TranslateX", 10)
    found = translate(tf.repeat(image, 2, axis=0), tf.constant([1.0, -1.0]))
    np.testing.assert_array_equal(found[0, 0, :, 0], [1, 2, 3, 128])
    np.testing.assert_array_equal(found[1, 0, :, 0], [128, 0, 1, 2])
