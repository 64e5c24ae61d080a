"""Compares an exported image network with the trained one."""

import dataclasses

import keras
import numpy as np
import tensorflow as tf

from ednas_tf import errors
from ednas_tf.data.images import (
    image_data,
    image_decoding,
    image_pixels,
    pipeline,
)
from ednas_tf.export import litert

#: Number of test images used for the comparison.
NUM_IMAGES = 1000
#: Largest accepted difference of a probability.
TOLERANCE = 1e-4
#: Largest accepted loss of accuracy with 8 bits.
INT8_LOSS = 0.01

_BATCH_SIZE = 100


@dataclasses.dataclass(frozen=True)
class Reference:
    """Test images and the outputs of the trained network for them.

    Attributes:
      images: uint8 [n, height, width, channels].
      labels: int32 [n], the true classes.
      names: the names of the classes.
      probabilities: float32 [n, classes], the network's outputs.
    """

    images: np.ndarray
    labels: np.ndarray
    names: tuple[str, ...]
    probabilities: np.ndarray

    def accuracy(self, probabilities: np.ndarray) -> float:
        """The share of the images that are classified correctly."""
        return float((probabilities.argmax(-1) == self.labels).mean())


def chosen(data: image_data.ImageData, count: int) -> image_data.Split:
    """Test images spread evenly over the split, which may be class by class."""
    size = len(data.test)
    places = np.linspace(0, size - 1, min(count, size)).round().astype(int)
    return data.test.take(places).first(count)


def reference(network: keras.Model, data: image_data.ImageData) -> Reference:
    """Runs the network on `chosen` images, prepared as in an evaluation."""
    few = chosen(data, NUM_IMAGES)
    run = tf.function(network, autograph=False)
    found = [
        tf.nn.softmax(run(batch, training=False)).numpy()
        for batch, _ in pipeline.evaluation_batches(few, data, _BATCH_SIZE)
    ]
    return Reference(few.images, few.labels, data.labels, np.concatenate(found))


def other_sizes(images: np.ndarray) -> np.ndarray:
    """Encodes images as files of other sizes and shapes than the network's.

    Every image becomes three files: twice as high (PNG and JPEG), and half as
    wide (PNG). Neither has the network's proportions, so that a signature that
    crops is told from one that does not.

    Args:
      images: uint8 [n, height, width, channels].

    Returns:
      The bytes of the files, an array of 3 * n objects.
    """
    high, narrow = images.repeat(2, axis=1), images[:, :, ::2]
    files = [
        *(tf.io.encode_png(image) for image in (*high, *narrow)),
        *(tf.io.encode_jpeg(image, quality=95) for image in high),
    ]
    return np.array([file.numpy() for file in files])


def reference_of_files(
    network: keras.Model, data: image_data.ImageData, files: np.ndarray
) -> Reference:
    """Runs the network on files that are prepared as in an evaluation.

    Args:
      network: maps standardised images to logits.
      data: the data set. If it crops evaluated images, these are cropped; if it
        does not, they are resized whole, by bilinear interpolation with
        antialiasing.
      files: the bytes of PNG and JPEG files.

    Returns:
      The images, which all get the label 0, and the outputs for them.
    """
    shape = data.form.image_shape
    images = np.stack([_prepared(file, shape, data.central) for file in files])
    logits = network(pipeline.standardise(images, data), training=False)
    return Reference(
        images,
        np.zeros(len(images), np.int32),
        data.labels,
        tf.nn.softmax(logits).numpy(),
    )


def _prepared(file, shape, central):
    """Decodes a file to uint8 of this shape."""
    if central:
        window = image_decoding.central(shape)
        image = image_decoding.decode(file, window, shape)
    else:
        image = image_pixels.whole(file, shape[2])
        image = tf.image.resize(image, shape[:2], antialias=True)
    return image_pixels.as_uint8(image).numpy()


def judge(
    outputs: dict[str, np.ndarray], expected: Reference
) -> dict[str, object]:
    """Compares each target of an exported model with the network.

    Args:
      outputs: maps TARGET/OUTPUT to the outputs for the first images.
      expected: images and outputs of the network.

    Returns:
      `images`, their number; `accuracy`, the network's on them;
      `largest_difference` of a probability by target; and `int8_accuracy` if
      there is such a target.

    Raises:
      RunError: the outputs of a target are wrong.
    """
    found = {
        "images": len(expected.images),
        "accuracy": expected.accuracy(expected.probabilities),
        "largest_difference": {},
    }
    for name, values in outputs.items():
        target, _, output = name.partition("/")
        if name == f"{litert.INT8_FILE}/probabilities":
            found["int8_accuracy"] = _check_accuracy(target, values, expected)
        elif output == "probabilities":
            difference = _check_probabilities(target, values, expected)
            found["largest_difference"][target] = difference
        elif output == "classes":
            _check_classes(target, values, expected)
        elif output == "labels":
            _check_names(target, values, outputs[f"{target}/classes"], expected)
    return found


def _check_probabilities(target, probabilities, expected):
    wanted = expected.probabilities[: len(probabilities)]
    difference = float(np.abs(probabilities - wanted).max())
    # This comparison also fails for NaN.
    if not difference <= TOLERANCE:
        raise errors.RunError(
            f"{target} disagrees with the network on {len(wanted)} test "
            f"images: a probability differs by {difference:.1e}, expected at "
            f"most {TOLERANCE:.0e}"
        )
    return difference


def _check_classes(target, classes, expected):
    """Checks classes; of nearly equal probabilities either may be chosen."""
    rows = expected.probabilities[: len(classes)]
    chosen = np.take_along_axis(rows, classes[:, None], -1)[:, 0]
    lacking = rows.max(-1) - chosen
    if not lacking.max() <= 2 * TOLERANCE:
        worst = lacking.argmax()
        raise errors.RunError(
            f"{target} disagrees with the network on test image {worst}: class "
            f"{classes[worst]}, expected {rows[worst].argmax()}"
        )


def _check_names(target, labels, classes, expected):
    found = [label.decode() for label in labels]
    names = [expected.names[i] for i in classes]
    if found != names:
        raise errors.RunError(
            f"{target} gives the labels {errors.shown(found)}, expected "
            f"{errors.shown(names)}"
        )


def _check_accuracy(target, probabilities, expected):
    accuracy = expected.accuracy(probabilities)
    wanted = expected.accuracy(expected.probabilities)
    if not accuracy >= wanted - INT8_LOSS:
        raise errors.RunError(
            f"{target}: expected an accuracy at most {INT8_LOSS} below the "
            f"network's {wanted:.4f}, found {accuracy:.4f} on "
            f"{len(probabilities)} test images; omit --litert, or train "
            "the network longer"
        )
    return accuracy
