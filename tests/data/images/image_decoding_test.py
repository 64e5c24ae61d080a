import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from ednas_tf.data.images import image_decoding
from tests.data import pictures


def decode(content, shape, window=None, **settings):
    window = window or image_decoding.central(shape)
    # In a graph, as in a pipeline, so that conditions become part of it.
    function = tf.function(
        lambda content: image_decoding.decode(
            content, window, shape, **settings
        ),
        autograph=False,
    )
    return function(tf.constant(content)).numpy()


def test_an_image_of_the_requested_size_is_unchanged():
    image = pictures.blocks(48, 32)
    found = decode(pictures.encoded(image, "PNG"), (48, 32, 3))
    np.testing.assert_array_equal(found, image)


@pytest.mark.parametrize(
    "size, shape, part",
    [
        # 0.875 of the shorter side.
        ((200, 160), (70, 70, 3), (30, 10, 140, 140)),
        ((80, 160), (70, 70, 3), (5, 45, 70, 70)),
        # 0.875 of the largest part that has the shape of the result.
        ((160, 160), (70, 35, 3), (10, 45, 140, 70)),
        ((70, 35), (70, 35, 3), (0, 0, 70, 35)),
        ((1, 1), (70, 35, 3), (0, 0, 1, 1)),
    ],
)
def test_central_parts_by_hand(size, shape, part):
    found = image_decoding.central(shape)(tf.constant(size))
    assert tuple(found.numpy()) == part


def test_random_parts_lie_within_the_image_and_cover_their_ranges():
    size = np.array([150, 200])
    parts = np.array(
        [
            image_decoding.random(tf.constant([3, i], tf.int64))(size)
            for i in range(300)
        ]
    )
    begin, extent = parts[:, :2], parts[:, 2:]
    assert (begin >= 0).all() and (begin + extent <= size).all()
    area = extent.prod(1) / size.prod()
    aspect = extent[:, 1] / extent[:, 0]
    assert 0.07 < area.min() < 0.12 and 0.85 < area.max() <= 1
    assert 0.72 < aspect.min() < 0.8 and 1.25 < aspect.max() < 1.4
    assert len({tuple(part) for part in parts}) > 290


@pytest.mark.parametrize("times", [1, 2, 3, 5, 9])
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_large_images_are_averaged_and_not_sampled(kind, times):
    # Stripes one pixel wide become grey; sampling would give black or white.
    small = pictures.blocks(32, 32, side=8)
    side = 32 * times + 4 * times
    large = np.kron(small, np.ones((times, times, 1))).astype(np.uint8)
    image = np.full((side, side, 3), 7, np.uint8)
    image[: 32 * times, : 32 * times] = large
    found = decode(
        pictures.encoded(image, kind),
        (32, 32, 3),
        lambda size: tf.constant([0, 0, 32 * times, 32 * times]),
    )
    assert np.abs(found - small).mean() < 6


def test_fine_stripes_become_grey():
    image = np.zeros((256, 256, 3), np.uint8)
    image[::2] = 255
    for kind in ("JPEG", "PNG"):
        found = decode(pictures.encoded(image, kind), (32, 32, 3))
        assert 100 < found.min() and found.max() < 155


def test_plain_jpeg_decoding_gives_the_same_pixels():
    content = pictures.encoded(pictures.blocks(60, 50))
    np.testing.assert_array_equal(
        decode(content, (32, 32, 3), plain_jpeg=True),
        decode(content, (32, 32, 3)),
    )


@pytest.mark.parametrize("plain_jpeg", [False, True])
def test_flip_mirrors_left_to_right(plain_jpeg):
    content = pictures.encoded(pictures.blocks(60, 50))
    found = decode(
        content, (32, 32, 3), flip=tf.constant(True), plain_jpeg=plain_jpeg
    )
    straight = decode(content, (32, 32, 3), flip=tf.constant(False))
    np.testing.assert_allclose(found[:, ::-1], straight, atol=1e-3)
    assert np.abs(found - straight).mean() > 10


def test_cmyk_becomes_rgb_as_pillow_converts_it():
    image = pictures.blocks(48, 48)
    content = pictures.encoded(image, mode="CMYK", quality=98)
    assert Image.open(io.BytesIO(content)).mode == "CMYK"
    found = decode(content, (48, 48, 3))
    expected = np.array(Image.open(io.BytesIO(content)).convert("RGB"))
    np.testing.assert_array_equal(found, expected)
    assert np.abs(found - image).mean() < 3
    part = decode(
        content, (20, 20, 3), lambda size: tf.constant([7, 9, 20, 20])
    )
    np.testing.assert_array_equal(part, expected[7:27, 9:29])


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_grey_can_have_three_channels_and_colour_can_become_grey(kind):
    image = pictures.blocks(32, 32)
    grey = decode(pictures.encoded(image, kind, "L"), (32, 32, 3))
    assert (grey == grey[..., :1]).all()
    found = decode(pictures.encoded(image, kind), (32, 32, 1))
    assert found.shape == (32, 32, 1)
    expected = np.array(Image.fromarray(image).convert("L"))[..., None]
    np.testing.assert_allclose(found, expected, atol=8)


def test_sixteen_bits_become_eight():
    deep = np.random.default_rng(0).integers(0, 2**16, (8, 8)).astype(np.uint16)
    written = io.BytesIO()
    Image.fromarray(deep).save(written, "PNG")
    found = decode(written.getvalue(), (8, 8, 1))
    np.testing.assert_array_equal(found[..., 0], deep >> 8)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("width", [1, 6, 7, 8])
def test_colours_by_hand(channels, width):
    image = np.random.default_rng(0).uniform(0, 255, [4, width, channels])
    image = image.astype(np.float32)
    brightness, contrast, saturation = 1.3, 0.7, 0.8
    weights = np.array([0.299, 0.587, 0.114] if channels == 3 else [1.0])

    expected = image * brightness
    mean = (expected @ weights).mean()
    expected = contrast * expected + (1 - contrast) * mean
    grey = (expected @ weights)[..., None]
    expected = saturation * expected + (1 - saturation) * grey

    changes = tf.constant([[0.0, 0.0, 0.0], [0.3, -0.3, -0.2]])
    same, changed = zip(
        *image_decoding.colour_maps(changes, channels, 4 * width), strict=True
    )
    image = tf.constant(image)
    both = image_decoding.colour_maps(changes, channels, 4 * width)
    together = image_decoding.recoloured(tf.stack([image] * 2), *both)
    np.testing.assert_allclose(together[1], expected, rtol=1e-4, atol=1e-3)
    found = image_decoding.recoloured(image, *changed)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-3)
    found = image_decoding.recoloured(image, *same)
    np.testing.assert_allclose(found, image, rtol=1e-5, atol=1e-3)

    mean, stddev = (100.0, 90.0, 80.0)[:channels], (40.0, 50.0, 60.0)[:channels]
    matrices, gains = image_decoding.colour_maps(
        changes, channels, 4 * width, stddev
    )
    offset = np.divide(mean, stddev)
    found = image_decoding.recoloured(image, matrices[1], gains[1], offset)
    np.testing.assert_allclose(found, (expected - mean) / stddev, atol=1e-4)
