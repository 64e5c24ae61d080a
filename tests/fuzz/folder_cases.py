"""Folders of images as people have them, and as nobody should."""

import io

import numpy as np
from hypothesis import strategies as st
from PIL import Image

from tests.fuzz.harness import FIFO, FOLDER, Case, Link
from tests.fuzz.parts import SUMMARY, TEXTS, mutated


def _image(kind="PNG", mode="RGB", size=(9, 8)):
    written = io.BytesIO()
    pixels = np.arange(size[0] * size[1] * 3, dtype=np.uint8)
    image = Image.fromarray(pixels.reshape(size[1], size[0], 3))
    image.convert(mode).save(written, kind)
    return written.getvalue()


def _deep(most):
    """A PNG image of 16 bits."""
    written = io.BytesIO()
    pixels = np.linspace(0, most, 72).astype(np.uint16)
    Image.fromarray(pixels.reshape(8, 9)).save(written, "PNG")
    return written.getvalue()


_GOOD = (_image(), _image("JPEG"), _image(size=(20, 5)))
_OTHERS = (
    *(_image("GIF", "P"), _image("BMP"), _image("TIFF"), _image("WEBP")),
    *(
        _image(mode="RGBA"),
        _image(mode="P"),
        _image(mode="L"),
        _image(mode="1"),
    ),
    *(_image(mode="LA"), _image(mode="RGBA", size=(300, 2)), _deep(65535)),
    *(_deep(1000), _image("PPM"), _image("ICO"), _image("JPEG2000", "RGB")),
    *(b"", b"x", b"\xff\xd8", b"\x89PNG\r\n"),
    *(_image(size=(1, 1)), _image("JPEG", "CMYK"), b"GIF89a", b"BM" + bytes(9)),
)
_ODD = (
    *(FIFO, FOLDER, Link("/dev/zero"), Link("."), Link("x.jpg")),
    Link("none"),
)
_TREES = (
    ("cat/{}", "dog/{}"),
    ("train/cat/{}", "train/dog/{}", "test/cat/{}", "test/dog/{}"),
    ("train/cat/{}", "train/dog/{}", "test/cat/{}"),
    ("train/cat/{}", "train/dog/{}", "test/{}"),
    ("cat/{}", "dog/{}", "test/{}"),
    ("cat/{}", "dog/{}", "unlabelled/{}"),
    ("train/{}", "test/{}"),
    ("cat/{}",),
    ("{}",),
    ("cat/a/b/{}", "dog/a/b/{}"),
    ("train/train/{}", "train/test/{}", "test/train/{}"),
    ("valid/cat/{}", "valid/dog/{}"),
    ("cat/{}", "Cat/{}", "cat /{}"),
    (".hidden/{}", "__MACOSX/{}", "dog/{}"),
    ("cat/{}", "dog/{}", "holdout/{}"),
    ("cat/{}", "dog/{}", "$$x$$/{}"),
    ("train/cat/{}", "train/dog/{}", "val/dog/{}", "test/unknown/{}"),
    ("Training/cat/{}", "Training/dog/{}", "Testing/cat/{}"),
)


@st.composite
def image_folders(draw):
    """A tree of images that may be no data set, with files that are none."""
    files = {"data": FOLDER}
    for place in draw(st.sampled_from(_TREES)):
        for i in range(draw(st.sampled_from([0, 1, 3, 8]))):
            content = draw(
                st.sampled_from(_GOOD)
                | st.sampled_from(_GOOD)
                | st.sampled_from([*_OTHERS, *_ODD])
                | st.sampled_from(_GOOD).flatmap(mutated)
            )
            suffix = draw(st.sampled_from(["jpg", "png", "JPEG", "txt", "gif"]))
            files[f"data/{place.format(f'{i}.{suffix}')}"] = content
    name = draw(TEXTS.map(lambda text: text.replace("\0", "").strip("/.")))
    if name and "/" not in name and draw(st.booleans()):
        files[f"data/{name}/0.png"] = _GOOD[0]
    flags = ("--dataset=images", "--data_dir={dir}/data", "--genotype=darts_v2")
    return Case(SUMMARY, flags, files, statuses=(1, 2))


_TEXTS = (
    *(b"the cat sat\n" * 90, b"", b"\xff\xfe", b"a\0b\n", b"x" * 3000),
    *(b"\xef\xbb\xbfa b\r\n" * 40, b"\n" * 50, b"<eos> <unk>\n" * 9, *_ODD),
)


@st.composite
def text_folders(draw):
    """A folder whose files are no text, or that lacks some of them."""
    files = {"data": FOLDER}
    for split in ("train", "valid", "test"):
        name = draw(
            st.sampled_from([f"{split}.txt"] * 4 + [f"{split}.csv", "x.txt"])
        )
        files[f"data/{name}"] = draw(
            st.sampled_from([_TEXTS[0], *_TEXTS]) | mutated(_TEXTS[0])
        )
    flags = (
        "--dataset=text",
        "--data_dir={dir}/data",
        "--genotype=darts_rnn_v2",
    )
    return Case(SUMMARY, flags, files)
