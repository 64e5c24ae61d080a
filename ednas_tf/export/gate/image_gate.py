"""How other forms of a network for images may differ from it."""

import dataclasses

import keras
import numpy as np
import tensorflow as tf

from ednas_tf import errors
from ednas_tf.data.images import image_data, pipeline
from ednas_tf.export import litert

#: Test images that are looked at.
NUM_IMAGES = 1000
#: Largest difference of a probability.
TOLERANCE = 1e-4
#: Largest loss of accuracy in 8 bits.
INT8_LOSS = 0.01

_BATCH_SIZE = 100


@dataclasses.dataclass(frozen=True)
class Reference:
    """Test images, and what the trained network makes of them.

    Attributes:
      images: uint8 [n, height, width, channels].
      labels: int32 [n], the true classes.
      names: of the classes.
      probabilities: float32 [n, classes].
    """

    images: np.ndarray
    labels: np.ndarray
    names: tuple[str, ...]
    probabilities: np.ndarray

    def accuracy(self, probabilities: np.ndarray) -> float:
        """Share of the images that are put into their class."""
        return float((probabilities.argmax(-1) == self.labels).mean())


def chosen(data: image_data.ImageData, count: int) -> image_data.Split:
    """Test images from all over the split, as it may be class after class."""
    size = len(data.test)
    places = np.linspace(0, size - 1, min(count, size)).round().astype(int)
    return data.test.take(places).first(count)


def reference(network: keras.Model, data: image_data.ImageData) -> Reference:
    """Runs the network on `chosen` images, as they are evaluated."""
    few = chosen(data, NUM_IMAGES)
    run = tf.function(network, autograph=False)
    found = [
        tf.nn.softmax(run(batch, training=False)).numpy()
        for batch, _ in pipeline.evaluation_batches(few, data, _BATCH_SIZE)
    ]
    return Reference(few.images, few.labels, data.labels, np.concatenate(found))


def judge(
    outputs: dict[str, np.ndarray], expected: Reference
) -> dict[str, object]:
    """Compares each form of a model with the network.

    Args:
      outputs: FORM/OUTPUT -> what it gave for the first of them.
      expected: what the network gives.

    Returns:
      `images`; `accuracy` of the network on them; `largest_difference` of a
      probability, by form; `int8_accuracy`, if there is such a form.

    Raises:
      RunError: a form gives something else.
    """
    found = {
        "images": len(expected.images),
        "accuracy": expected.accuracy(expected.probabilities),
        "largest_difference": {},
    }
    for name, values in outputs.items():
        form, _, output = name.partition("/")
        if name == f"{litert.INT8_FILE}/probabilities":
            found["int8_accuracy"] = _check_accuracy(form, values, expected)
        elif output == "probabilities":
            difference = _check_probabilities(form, values, expected)
            found["largest_difference"][form] = difference
        elif output == "classes":
            _check_classes(form, values, expected)
        elif output == "labels":
            _check_names(form, values, outputs[f"{form}/classes"], expected)
    return found


def _check_probabilities(form, probabilities, expected):
    wanted = expected.probabilities[: len(probabilities)]
    difference = float(np.abs(probabilities - wanted).max())
    # Not a number is no agreement.
    if not difference <= TOLERANCE:
        raise errors.RunError(
            f"{form} disagrees with the network on {len(wanted)} test images: "
            f"a probability differs by {difference:.1e}, expected at most "
            f"{TOLERANCE:.0e}"
        )
    return difference


def _check_classes(form, classes, expected):
    """Of nearly equal probabilities either may be the largest."""
    rows = expected.probabilities[: len(classes)]
    chosen = np.take_along_axis(rows, classes[:, None], -1)[:, 0]
    lacking = rows.max(-1) - chosen
    if not lacking.max() <= 2 * TOLERANCE:
        worst = lacking.argmax()
        raise errors.RunError(
            f"{form} disagrees with the network on test image {worst}: class "
            f"{classes[worst]}, expected {rows[worst].argmax()}"
        )


def _check_names(form, labels, classes, expected):
    found = [label.decode() for label in labels]
    names = [expected.names[i] for i in classes]
    if found != names:
        raise errors.RunError(
            f"{form} gives the labels {errors.shown(found)}, expected "
            f"{errors.shown(names)}"
        )


def _check_accuracy(form, probabilities, expected):
    accuracy = expected.accuracy(probabilities)
    wanted = expected.accuracy(expected.probabilities)
    if not accuracy >= wanted - INT8_LOSS:
        raise errors.RunError(
            f"{form}: expected an accuracy of at most {INT8_LOSS} below the "
            f"network's {wanted:.4f}, found {accuracy:.4f} on "
            f"{len(probabilities)} test images; leave --litert out, or train "
            "the network longer"
        )
    return accuracy
