import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from ednas_tf.export.images import decoding

GENERATOR = np.random.default_rng(0)
COLOUR = GENERATOR.integers(0, 256, (8, 8, 3)).astype(np.uint8)
GREY = GENERATOR.integers(0, 256, (8, 8, 1)).astype(np.uint8)
# A smooth image, which JPEG preserves well.
SMOOTH = np.broadcast_to(
    np.arange(0, 256, 8, np.uint8)[:, None, None], (32, 32, 3)
)


def decoder(height, width, channels):
    shape = tf.TensorShape([height, width, channels])
    return tf.function(
        lambda files: decoding.decode(files, shape),
        input_signature=[tf.TensorSpec([None], tf.string)],
        autograph=False,
    )


@pytest.fixture(scope="module")
def colour():
    return decoder(8, 8, 3)


@pytest.fixture(scope="module")
def grey():
    return decoder(8, 8, 1)


def file(pixels, mode, form="PNG", **options):
    written = io.BytesIO()
    if pixels.shape[-1] == 1:
        pixels = pixels[..., 0]
    Image.fromarray(pixels, mode).save(written, form, **options)
    return written.getvalue()


def test_an_image_of_the_requested_size_is_unchanged(colour, grey):
    files = tf.constant([file(COLOUR, "RGB"), file(COLOUR[::-1], "RGB")])
    np.testing.assert_array_equal(colour(files), [COLOUR, COLOUR[::-1]])
    np.testing.assert_array_equal(grey([file(GREY, "L")]), [GREY])


def test_an_empty_batch(colour):
    assert colour(tf.constant([], tf.string)).shape == (0, 8, 8, 3)


def on_white(colours, alpha):
    share = alpha / 255
    return np.rint(colours * share + 255 * (1 - share))


def test_all_kinds_of_png_get_the_requested_channels(colour, grey):
    palette = Image.fromarray(COLOUR).quantize(16)
    looked_up = np.array(palette.convert("RGB"))
    written = io.BytesIO()
    palette.save(written, "PNG", transparency=3)
    looked_up[np.asarray(palette) == 3] = 255
    see_through = np.concatenate([COLOUR, GREY], -1)
    grey_see_through = np.concatenate([GREY, GREY[::-1]], -1)
    repeated = np.repeat(GREY, 3, -1)
    for content, expected in (
        (file(see_through, "RGBA"), on_white(COLOUR, GREY)),
        (written.getvalue(), looked_up),
        (file(GREY, "L"), repeated),
        (file(grey_see_through, "LA"), on_white(repeated, GREY[::-1])),
        # Of 16 bits, the higher 8 are kept.
        (tf.io.encode_png(repeated.astype(np.uint16) * 256 + 7), repeated),
    ):
        np.testing.assert_array_equal(colour([content]), [expected])
        # The weights of Rec. 601; libpng computes with integers.
        light = expected @ [0.299, 0.587, 0.114]
        np.testing.assert_allclose(grey([content])[0, ..., 0], light, atol=2)


def test_jpeg(colour):
    content = file(SMOOTH, "RGB", "JPEG", quality=100)
    (found,) = decoder(32, 32, 3)([content]).numpy()
    assert np.abs(found.astype(int) - SMOOTH).max() <= 3
    light = file(SMOOTH[..., :1], "L", "JPEG", quality=100)
    (found,) = decoder(32, 32, 3)([light]).numpy()
    assert np.abs(found.astype(int) - SMOOTH).max() <= 3


def test_other_sizes_are_resized_with_antialiasing(colour):
    # Black and white columns alternate, and each pixel averages both equally.
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::2] = 255
    (found,) = colour([file(stripes, "RGB")]).numpy()
    assert found[:, 1:-1].min() == found[:, 1:-1].max() == 128
    # Bilinear interpolation gives the rounded mean half-way between two pixels.
    steps = np.zeros((1, 2, 3), np.uint8)
    steps[:, 1] = 101
    (found,) = decoder(1, 4, 3)([file(steps, "RGB")]).numpy()
    assert found[0, :, 0].tolist() == [0, 25, 76, 101]


@pytest.mark.parametrize("bad", [b"", b"GIF89a and so on", b"BM" + bytes(99)])
def test_the_error_lists_the_files_that_are_not_images(colour, bad):
    good = file(COLOUR, "RGB")
    with pytest.raises(
        tf.errors.InvalidArgumentError,
        match="expected the bytes of JPEG or PNG files, found other data at "
        "1, 3",
    ):
        colour([good, bad, good, bad])


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_a_truncated_file_is_refused(colour, form):
    content = file(COLOUR, "RGB", form)
    with pytest.raises(tf.errors.InvalidArgumentError, match=form):
        colour([content[: len(content) // 2]])


def test_only_the_central_part_is_used_if_it_is_evaluated():
    # The outer ring, an eighth of the side, is dropped.
    image = np.full((32, 32, 3), 200, np.uint8)
    image[2:30, 2:30] = 50
    shape = tf.TensorShape([8, 8, 3])

    @tf.function(autograph=False)
    def decode(files, central):
        return decoding.decode(files, shape, central)

    files = tf.constant([file(image, "RGB"), file(COLOUR, "RGB")])
    found = decode(files, True).numpy()
    assert (found[0] == 50).all()
    np.testing.assert_array_equal(found[1], COLOUR)
    assert decode(files, False).numpy()[0].max() > 90
