import io

import numpy as np
import pytest
from PIL import Image

from ednas_tf import errors
from ednas_tf.data.images import image_data, image_source
from ednas_tf.data.inspection import traits
from tests.data import pictures


@pytest.fixture
def inspected(tmp_path):
    """Inspects images, given as the contents of their files."""

    def inspected(*contents):
        files = []
        for number, content in enumerate(contents):
            file = tmp_path / f"{number}.png"
            file.write_bytes(content)
            files.append(str(file))
        source = image_source.Files(files, np.zeros(len(files), np.int32))
        options = image_data.Options()
        request = image_data.DatasetRequest("mine", None, False, options)
        return traits.inspect(source, request)

    return inspected


def images(count=4, mode="RGB", kind="PNG", **settings):
    return [
        pictures.encoded(pictures.blocks(20, 30, seed), kind, mode, **settings)
        for seed in range(count)
    ]


def png(pixels):
    written = io.BytesIO()
    Image.fromarray(pixels).save(written, "PNG")
    return written.getvalue()


def deep(most):
    pixels = np.linspace(0, most, 600).reshape(20, 30)
    return png(pixels.astype(np.uint16))


def test_usual_images_give_no_warnings(inspected):
    assert inspected(*images()).warnings == ()
    assert inspected(*images(kind="JPEG")).warnings == ()
    assert inspected(*images(1)).warnings == ()


def test_images_of_a_single_colour(inspected, tmp_path):
    grey, black = (png(pictures.plain((value,) * 3)) for value in (128, 0))
    assert inspected(*images(2), grey, black).warnings == (
        f"2 of 4 inspected images are of a single colour, such as {tmp_path}/"
        "2.png",
    )
    assert len(inspected(grey, black).warnings) == 1


def test_images_that_are_nearly_black(inspected, tmp_path):
    labels = [png(pictures.blocks(20, 30, seed) // 16) for seed in range(3)]
    assert inspected(*labels).warnings == (
        "no pixel of 3 inspected images is above 15 of 255, such as in "
        f"{tmp_path}/0.png: they are nearly black; scale their values if they "
        "should not be",
    )
    brighter = png(pictures.blocks(20, 30, 3) // 8)
    assert inspected(*labels, brighter).warnings == ()


def test_images_of_another_format_are_named(inspected, tmp_path):
    with pytest.raises(errors.RequestError) as caught:
        inspected(*images(2, kind="WEBP"))
    assert str(caught.value) == (
        "mine: expected JPEG or PNG images, but none of the inspected ones can "
        f"be decoded, such as {tmp_path}/0.png, which is WebP; convert them, "
        "or give another --data_dir"
    )


def test_images_that_are_all_the_same_are_refused(inspected, tmp_path):
    # White shapes that only transparency shows.
    white = np.full((20, 30, 3), 255, np.uint8)
    icons = [
        png(np.dstack([white, pictures.blocks(20, 30, seed)[..., 0]]))
        for seed in range(3)
    ]
    with pytest.raises(errors.RequestError) as caught:
        inspected(*icons)
    assert str(caught.value) == (
        "mine: expected images that differ, found the same pixels in all of 3 "
        f"inspected images, such as {tmp_path}/0.png (transparent images are "
        "laid on white); convert the images, or give another --data_dir"
    )


def test_images_of_16_bits(inspected, tmp_path):
    assert inspected(*images(3), deep(65535)).warnings == (
        "1 of 4 inspected images have 16 bits, of which the upper 8 are used, "
        f"such as {tmp_path}/3.png",
    )
    with pytest.raises(errors.RequestError) as caught:
        inspected(deep(4095), deep(1000))
    assert str(caught.value) == (
        "mine: expected images of 16 bits with values up to 65,535, found none "
        f"above 4,095 in 2 inspected images, such as {tmp_path}/0.png; scale "
        "their values, or convert them to 8 bits"
    )


def test_turned_cameras(inspected, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    found = inspected(*images(3), *images(1, kind="JPEG", exif=exif))
    assert found.shape == (20, 30, 3)
    assert found.warnings[0].startswith(
        "1 of 4 inspected images were taken with a turned camera, such as "
        f"{tmp_path}/3.png; their Exif orientation is ignored, also by exported"
    )


def test_images_without_a_header_are_skipped(inspected):
    broken = [b"", b"nothing", images(1)[0][:30], images(1, kind="JPEG")[0][:9]]
    assert inspected(*images(3), *broken).shape == (20, 30, 3)
    with pytest.raises(errors.RequestError, match="none of the inspected ones"):
        inspected(*broken)
