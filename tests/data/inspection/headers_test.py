import io

import numpy as np
import pytest
from PIL import Image

from ednas_tf.data import image_formats
from ednas_tf.data.inspection import headers
from ednas_tf.data.inspection.headers import Header
from tests.data import pictures

PICTURE = pictures.blocks(20, 30)


@pytest.mark.parametrize(
    "mode, channels, bits",
    [("1", 1, 1), ("L", 1, 8), ("LA", 2, 8), ("RGB", 3, 8), ("RGBA", 4, 8)],
)
def test_png(mode, channels, bits):
    found = headers.read(pictures.encoded(PICTURE, "PNG", mode))
    assert found == Header(20, 30, channels, bits, False, 1)


def test_png_of_16_bits_and_of_a_palette():
    written = io.BytesIO()
    Image.fromarray(np.zeros((20, 30), np.uint16)).save(written, "PNG")
    found = headers.read(written.getvalue())
    assert found == Header(20, 30, 1, 16, False, 1)
    found = headers.read(pictures.encoded(PICTURE, "PNG", "P"))
    assert found.channels == 3


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("mode, channels", [("L", 1), ("RGB", 3), ("CMYK", 4)])
def test_jpeg(mode, channels, progressive):
    content = pictures.encoded(PICTURE, mode=mode, progressive=progressive)
    assert headers.read(content) == Header(20, 30, channels, 8, True, 1)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_the_orientation_of_the_camera(orientation, order, kind):
    exif = Image.Exif()
    exif.endian = order
    exif[0x0112] = orientation
    exif[0x010F] = "a maker"
    content = pictures.encoded(PICTURE, kind, exif=exif)
    assert headers.read(content).orientation == orientation


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_header_that_is_cut_off_is_refused(kind):
    content = pictures.encoded(PICTURE, kind)
    whole = headers.read(content)
    for length in range(200):
        try:
            assert headers.read(content[:length]) == whole
        except ValueError:
            continue


@pytest.mark.parametrize(
    "damage",
    [b"XX", b"II*\0\xff\xff\xff\xff", b"MM\0*\0\0\0\x08\xff\xff", b"MM\0*"],
)
def test_damaged_exif_data_do_not_matter(damage):
    exif = Image.Exif()
    exif[0x0112] = 6
    content = pictures.encoded(PICTURE, exif=exif)
    at = content.index(b"Exif\0\0") + 6
    assert headers.read(content).orientation == 6
    damaged = content[:at] + damage + content[at + len(damage) :]
    found = headers.read(damaged)
    assert (found.height, found.width) == (20, 30)


@pytest.mark.parametrize(
    "kind, name",
    [
        *(("WEBP", "WebP"), ("GIF", "GIF"), ("BMP", "BMP"), ("TIFF", "TIFF")),
        *(("JPEG2000", "JPEG 2000"), ("JPEG", ""), ("PNG", "")),
    ],
)
def test_formats(kind, name):
    head = pictures.encoded(PICTURE, kind)[: image_formats.HEAD]
    assert image_formats.other(head) == name
    assert image_formats.fault(head) == name


@pytest.mark.parametrize(
    "head, name",
    [
        (b"\0\0\0\x1cftypavif\0\0\0\0", "AVIF"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "HEIC"),
        (b"<!DOCTYPE html><html>", "HTML"),
        *((b"", ""), (b"no image", "")),
    ],
)
def test_other_beginnings(head, name):
    assert image_formats.other(head) == name


def test_an_image_of_too_many_pixels():
    head = image_formats.PNG + b"\0\0\0\x0dIHDR"
    size = (10**4).to_bytes(4, "big")
    assert image_formats.fault(head + size + size) == ""
    larger = (10**4 + 1).to_bytes(4, "big")
    assert image_formats.fault(head + size + larger) == "of 100,010,000 pixels"
