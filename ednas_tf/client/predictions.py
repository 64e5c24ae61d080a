"""Checks the outputs of an exported model and formats them for people."""

import dataclasses
import pathlib

from ednas_tf import errors, whole_files

#: The file in an export's assets.extra with the names of the classes, one per
#: line, in the order of the probabilities.
LABELS_FILE = "labels.txt"

#: The outputs of both signatures of an exported model.
OUTPUTS = ("probabilities", "classes", "labels")
#: The returned class may be less probable than the most probable by this much.
_TOLERANCE = 1e-6


class OutputMismatchError(ValueError):
    """The outputs are not those of an exported model; the message says why."""


@dataclasses.dataclass(frozen=True)
class Prediction:
    """The prediction of the model for an image.

    Attributes:
      probabilities: the probabilities of all classes.
      number: the number of the most probable class.
      label: the name of that class.
    """

    probabilities: list[float]
    number: int
    label: str


def checked(outputs: dict[str, object], images: int) -> list[Prediction]:
    """Converts the checked outputs for images to predictions.

    Args:
      outputs: `probabilities` [images, classes], `classes` [images] and
        `labels` [images], of str or bytes, as nested lists.
      images: number of images that were sent.

    Raises:
      OutputMismatchError: an output is missing, or has another shape or type.
    """
    missing = [name for name in OUTPUTS if name not in outputs]
    if missing:
        raise OutputMismatchError(
            f"expected the outputs {', '.join(OUTPUTS)}, found "
            f"{errors.shown(sorted(outputs))}"
        )
    for name in OUTPUTS:
        rows = outputs[name]
        if not isinstance(rows, list) or len(rows) != images:
            raise OutputMismatchError(
                f"{name}: expected one per image for {images} images, found "
                f"{len(rows) if isinstance(rows, list) else errors.shown(rows)}"
            )
    result = [
        Prediction(probabilities(row), number, _text(label))
        for row, number, label in zip(
            *(outputs[name] for name in OUTPUTS), strict=True
        )
    ]
    for prediction in result:
        _check_class(prediction, len(result[0].probabilities))
    return result


def probabilities(row: object) -> list[float]:
    """Checks the probabilities of all classes, or of all words.

    Raises:
      OutputMismatchError: the value is not a list of probabilities.
    """
    if not isinstance(row, list) or not row:
        raise OutputMismatchError(
            f"probabilities: expected lists of numbers, found "
            f"{errors.shown(row)}"
        )
    for value in row:
        if not is_number(value, 0, 1 + _TOLERANCE):
            raise OutputMismatchError(
                "probabilities: expected numbers from 0 to 1, found "
                f"{errors.shown(value)}"
            )
    return row


def is_number(value: object, low: float, high: float) -> bool:
    """Whether a value is a number in [low, high].

    Nothing is converted, because whole numbers may have any number of digits.
    """
    return type(value) in (int, float) and low <= value <= high


def _text(label):
    if isinstance(label, bytes):
        label = label.decode("utf-8", "replace")
    if not isinstance(label, str):
        raise OutputMismatchError(
            f"labels: expected texts, found {errors.shown(label)}"
        )
    return label


def _check_class(prediction, classes):
    row, number = prediction.probabilities, prediction.number
    if len(row) != classes:
        raise OutputMismatchError(
            f"probabilities: expected {classes} per image, as for the first "
            f"image, found {len(row)}"
        )
    if type(number) is not int or not 0 <= number < classes:
        raise OutputMismatchError(
            f"classes: expected numbers from 0 to {classes - 1}, found "
            f"{errors.shown(number)}"
        )
    if row[number] < max(row) - _TOLERANCE:
        raise OutputMismatchError(
            f"classes: expected the most probable class, found {number} with "
            f"probability {row[number]:.4f}, but another has {max(row):.4f}"
        )


def read_names(file: pathlib.Path) -> list[str]:
    """Reads the ordered names of the classes from an export's `LABELS_FILE`.

    Raises:
      RequestError: see `whole_files.read`.
    """
    text = whole_files.read(
        file, f"an export's assets.extra/{LABELS_FILE}", 2**20
    )
    # `splitlines` would split names at further characters.
    return text.removesuffix("\n").split("\n")


def best(
    prediction: Prediction, top: int, names: list[str] | None
) -> list[tuple[str, float]]:
    """The most probable classes with their probabilities, best first.

    Args:
      prediction: a prediction from `checked`.
      top: number of classes, or all if there are fewer.
      names: the names of all classes. If None, only the first class has its
        name, because a model returns only that; the others are "class 7".

    Raises:
      OutputMismatchError: the names are not those of the model's classes.
    """
    row, number = prediction.probabilities, prediction.number
    if names is None:
        names = [f"class {i}" for i in range(len(row))]
        names[number] = prediction.label
    if len(names) != len(row):
        raise OutputMismatchError(
            f"expected {len(names)} classes as in --labels, found {len(row)}"
        )
    if names[number] != prediction.label:
        raise OutputMismatchError(
            f"expected class {number} to be {errors.shown(names[number])}, as "
            f"in --labels, found {errors.shown(prediction.label)}"
        )
    # The returned class comes first among equally probable ones.
    order = sorted(range(len(row)), key=lambda i: (-row[i], i != number))
    order.remove(number)
    return [(names[i], row[i]) for i in [number, *order][:top]]


def lines(
    outputs: dict[str, object],
    images: int,
    top: int,
    names: list[str] | None,
) -> list[str]:
    """A line for each image; see `line`.

    Raises:
      OutputMismatchError: see `checked` and `best`.
    """
    return [line(one, top, names) for one in checked(outputs, images)]


def line(prediction: Prediction, top: int, names: list[str] | None) -> str:
    """A line such as "class cat: 93.1 %, class dog: 4.1 %".

    Raises:
      OutputMismatchError: see `best`.
    """
    found = best(prediction, top, names)
    return ", ".join(
        f"class {name.removeprefix('class ')}: {100 * p:.1f} %"
        for name, p in found
    )
