import io
import struct
import zlib

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from ednas_tf.data import image_formats
from ednas_tf.data.images import image_decoding, image_pixels
from tests.data import pictures


def decode(content, shape, **settings):
    """The central part of an image that is large enough, decoded in a graph."""
    window = image_decoding.central(shape)
    function = tf.function(
        lambda content: image_decoding.decode(
            content, window, shape, **settings
        ),
        autograph=False,
    )
    return function(tf.constant(content)).numpy()


def png(image, **settings):
    written = io.BytesIO()
    image.save(written, "PNG", **settings)
    return written.getvalue()


def on_white(image):
    """The pixels of a Pillow image with transparency, laid on white."""
    *colours, alpha = np.moveaxis(np.array(image.convert("RGBA")), -1, 0)
    share = alpha[..., None] / 255
    return np.rint(np.stack(colours, -1) * share + 255 * (1 - share))


@pytest.mark.parametrize("mode", ["P", "RGBA", "LA", "1", "L"])
def test_png_images_of_all_modes(mode):
    image = Image.fromarray(pictures.blocks(32, 32)).convert(mode)
    if mode in ("RGBA", "LA"):
        image.putalpha(100)
    found = decode(png(image), (32, 32, 3))
    np.testing.assert_array_equal(found, on_white(image))


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_palettes_of_few_colours(bits):
    image = Image.fromarray(pictures.blocks(32, 32)).quantize(2**bits)
    colours = np.array(image.convert("RGB"))
    found = decode(png(image, bits=bits), (32, 32, 3))
    np.testing.assert_array_equal(found, colours)
    found = decode(png(image, bits=bits, transparency=1), (32, 32, 3))
    expected = np.where((np.array(image) == 1)[..., None], 255, colours)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_shape_that_only_transparency_shows_is_on_white(channels):
    alpha = pictures.blocks(32, 32)[..., 0]
    black = np.zeros((32, 32, 3), np.uint8)
    image = Image.fromarray(np.dstack([black, alpha]))
    found = decode(png(image), (32, 32, channels))
    np.testing.assert_array_equal(found[..., 0], 255 - alpha)


def test_a_transparent_colour_is_white():
    image = Image.fromarray(pictures.blocks(32, 32))
    colour = image.getpixel((0, 0))
    found = decode(png(image, transparency=colour), (32, 32, 3))
    is_it = (np.array(image) == colour).all(-1, keepdims=True)
    assert is_it.any()
    np.testing.assert_array_equal(found, np.where(is_it, 255, np.array(image)))


@pytest.mark.parametrize("kind", ["GIF", "BMP", "WEBP", "TIFF"])
def test_other_formats_are_refused(kind):
    content = pictures.encoded(pictures.blocks(32, 32), kind)
    with pytest.raises(tf.errors.InvalidArgumentError):
        decode(content, (32, 32, 3))
    with pytest.raises(tf.errors.InvalidArgumentError):
        image_pixels.whole(tf.constant(content), 3)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("plain_jpeg", [False, True])
def test_images_of_too_many_pixels_are_refused(kind, plain_jpeg, monkeypatch):
    content = pictures.encoded(pictures.blocks(32, 33), kind)
    settings = {"plain_jpeg": plain_jpeg and kind == "JPEG"}
    monkeypatch.setattr(image_formats, "MOST_PIXELS", 32 * 33)
    decode(content, (32, 32, 3), **settings)
    monkeypatch.setattr(image_formats, "MOST_PIXELS", 32 * 33 - 1)
    with pytest.raises(tf.errors.InvalidArgumentError, match="at most 1,055"):
        decode(content, (32, 32, 3), **settings)
    with pytest.raises(tf.errors.InvalidArgumentError, match="at most 1,055"):
        image_pixels.whole(tf.constant(content), 3)


def test_a_png_image_that_would_fill_the_memory_is_refused():
    header = struct.pack(">IIBBBBB", 10**6, 10**6, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    content = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", len(header)) + chunk
    content += struct.pack(">I", zlib.crc32(chunk))
    with pytest.raises(tf.errors.InvalidArgumentError, match="at most 100,000"):
        decode(content, (32, 32, 3))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("kind, mode", [("PNG", "RGBA"), ("JPEG", "RGB")])
def test_a_whole_image_has_the_same_pixels_as_a_part(kind, mode, channels):
    content = pictures.encoded(pictures.blocks(32, 32), kind, mode)
    whole = image_pixels.whole(tf.constant(content), channels)
    np.testing.assert_array_equal(whole, decode(content, (32, 32, channels)))
