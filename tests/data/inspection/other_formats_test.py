import pytest

from ednas_tf import errors
from ednas_tf.data.images import image_data
from tests.data import pictures


def load(folder, allowed):
    options = image_data.Options(broken_images_allowed=allowed)
    return image_data.load("images", str(folder), False, options)


@pytest.fixture(params=[32, 80], ids=["in memory", "in files"])
def side(request):
    """The side of the images in pixels."""
    return request.param


@pytest.fixture
def folder(side, tmp_path):
    """A folder in which three of 20 images have other formats."""
    pictures.folder(tmp_path, 10, sizes=((side, side),))
    for number, kind in enumerate(("WEBP", "GIF", "WEBP")):
        image = pictures.blocks(side, side, 50 + number)
        file = tmp_path / "cat" / f"{number:03}.jpg"
        file.write_bytes(pictures.encoded(image, kind))
    return tmp_path


def test_a_few_images_of_other_formats_are_named_and_left_out(
    folder, side, capsys
):
    data = load(folder, 3)
    assert data.warning.startswith("images: 3 of 20 images are not read (")
    assert "2 WebP" in data.warning and "1 GIF" in data.warning
    for number in range(3):
        assert f"{folder}/cat/00{number}.jpg" in data.warning
    read = [len(split.first(20).images) for split in (data.train, data.test)]
    # Of images in files, others take their places.
    assert sum(read) == (17 if side == 32 else 20)
    # The warning is printed when a run begins, and once.
    assert capsys.readouterr().err == ""


def test_more_images_of_other_formats_are_refused(folder):
    with pytest.raises(errors.RequestError) as caught:
        load(folder, 2)
    message = str(caught.value)
    assert message.startswith("images: 3 of 20 images are not read (")
    assert message.endswith(
        "; convert them to JPEG or PNG, or move them away "
        "(runtime.broken_images_allowed is 2)"
    )
