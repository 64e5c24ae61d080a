"""Digits of scikit-learn, turned, scaled and moved among pieces of others.

The plain digits are so easy that every architecture learns them. Here a network
must find the digit first, as in the cluttered translated MNIST of Mnih et al.
("Recurrent Models of Visual Attention", 2014), so that architectures differ.
"""

import numpy as np

from ednas_tf.data.datasets import digits as plain
from ednas_tf.data.images import image_data

SIZE = 16
_NUM_TRAIN, _NUM_TEST = 8000, 2000
#: Side of a piece in pixels, and the number of pieces in an image.
_PIECE, _PIECES = 5, 2
_LARGEST_ANGLE, _SCALES = np.pi / 9, (1.0, 1.4)
#: Changing it changes the images.
_SEED = 20260729


@image_data.dataset("cluttered_digits", (SIZE, SIZE, 1), 10)
def cluttered_digits(
    data_dir: str | None, download: bool
) -> image_data.ImageData:
    """8,000 training and 2,000 test images, uint8 [16, 16, 1], 10 classes.

    They are the same in every process. Training images are made from the
    training digits and test images from the test digits, which other people
    wrote. Mean and standard deviation are those of all training pixels. No
    files are read and nothing is downloaded: a `data_dir` is ignored with a
    warning, and `download` has no effect.
    """
    source = plain.digits(data_dir, download)
    generator = np.random.default_rng(_SEED)
    train = _cluttered(source.train, _NUM_TRAIN, generator)
    test = _cluttered(source.test, _NUM_TEST, generator)
    scaled = train.images / 255
    return image_data.ImageData(
        name="cluttered_digits",
        train=train,
        test=test,
        labels=source.labels,
        mean=(float(scaled.mean()),),
        stddev=(float(scaled.std()),),
        crop_padding=2,
        warning=source.warning.replace("digits:", "cluttered_digits:", 1),
    )


def _cluttered(source, count, generator) -> image_data.Split:
    """Makes images, each of a digit drawn at random and pieces of others."""
    drawn = generator.integers(0, len(source), count)
    images = source.images[..., 0].astype(np.float32)
    found = _placed(images[drawn], generator)
    for _ in range(_PIECES):
        others = images[generator.integers(0, len(source), count)]
        found = np.maximum(found, _piece(others, generator))
    pixels = np.rint(found).astype(np.uint8)[..., np.newaxis]
    return image_data.Split(pixels, source.labels[drawn])


def _placed(images: np.ndarray, generator) -> np.ndarray:
    """Turns, scales and moves images [n, 8, 8] within [n, 16, 16]."""
    count, side, _ = images.shape
    angles = generator.uniform(-_LARGEST_ANGLE, _LARGEST_ANGLE, count)
    scales = generator.uniform(*_SCALES, count)
    # The digit stays within the image.
    reach = (SIZE - side * scales) / 2
    shifts = generator.uniform(-1, 1, (2, count)) * reach
    grid = np.arange(SIZE) - (SIZE - 1) / 2
    y = grid[np.newaxis, :, np.newaxis] - shifts[0][:, np.newaxis, np.newaxis]
    x = grid[np.newaxis, np.newaxis, :] - shifts[1][:, np.newaxis, np.newaxis]
    cosine, sine = (
        (function(angles) / scales)[:, np.newaxis, np.newaxis]
        for function in (np.cos, np.sin)
    )
    centre = (side - 1) / 2
    rows = cosine * y - sine * x + centre
    columns = sine * y + cosine * x + centre
    return _interpolated(images, rows, columns)


def _interpolated(images, rows, columns) -> np.ndarray:
    """Reads images at places between pixels, linearly; 0 outside of them.

    Args:
      images: float32 [n, side, side].
      rows, columns: the places, [n, height, width].
    """
    side = images.shape[-1]
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    rows, columns = (
        np.clip(places + 1, 0, side + 0.999) for places in (rows, columns)
    )
    top, left = rows.astype(int), columns.astype(int)
    down, right = rows - top, columns - left
    number = np.arange(len(images))[:, np.newaxis, np.newaxis]
    return (
        padded[number, top, left] * (1 - down) * (1 - right)
        + padded[number, top + 1, left] * down * (1 - right)
        + padded[number, top, left + 1] * (1 - down) * right
        + padded[number, top + 1, left + 1] * down * right
    )


def _piece(images: np.ndarray, generator) -> np.ndarray:
    """Puts a piece of each image [n, 8, 8] somewhere in [n, 16, 16]."""
    count, side, _ = images.shape
    starts = generator.integers(0, side - _PIECE + 1, (2, count))
    ends = generator.integers(0, SIZE - _PIECE + 1, (2, count))
    number = np.arange(count)[:, np.newaxis, np.newaxis]
    of_piece = np.arange(_PIECE)

    def places(first):
        rows, columns = first[:, :, np.newaxis] + of_piece
        return number, rows[:, :, np.newaxis], columns[:, np.newaxis, :]

    found = np.zeros((count, SIZE, SIZE), np.float32)
    found[places(ends)] = images[places(starts)]
    return found
