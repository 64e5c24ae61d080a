"""Small image files for tests."""

import io

import numpy as np
from PIL import Image

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def blocks(height, width, seed=0, side=16):
    """An image of coloured blocks, which JPEG preserves well; uint8."""
    shape = (-(-height // side), -(-width // side), 3)
    colours = np.random.default_rng(seed).integers(0, 256, shape)
    large = np.kron(colours, np.ones((side, side, 1)))
    return large[:height, :width].astype(np.uint8)


def encoded(image, kind="JPEG", mode="RGB", **settings):
    """Encodes an image, an array [height, width, 3], as the bytes of a file."""
    if kind == "JPEG":
        settings = {"quality": 95, "subsampling": 0} | settings
    written = io.BytesIO()
    Image.fromarray(image).convert(mode).save(written, kind, **settings)
    return written.getvalue()


def plain(colour, height=40, width=40):
    """An image of one colour; uint8."""
    return np.broadcast_to(np.uint8(colour), (height, width, 3)).copy()


def folder(path, count=8, sizes=((40, 60), (60, 40)), classes=("cat", "dog")):
    """Writes `count` JPEG files per class; returns the path as a string."""
    for number, name in enumerate(classes):
        (path / name).mkdir(parents=True, exist_ok=True)
        for i in range(count):
            image = blocks(*sizes[i % len(sizes)], seed=100 * number + i)
            (path / name / f"{i:03}.jpg").write_bytes(encoded(image))
    return str(path)
