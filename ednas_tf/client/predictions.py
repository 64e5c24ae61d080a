"""What an exported model answers: checked, and as a person reads it."""

import dataclasses
import math
import pathlib

from ednas_tf import errors, whole_files

#: Those of both signatures of an exported model.
OUTPUTS = ("probabilities", "classes", "labels")
#: The probability of the class given may be less than the highest by this.
_TOLERANCE = 1e-6


class Misfit(ValueError):
    """An answer is not that of an exported model; the message says why."""


@dataclasses.dataclass(frozen=True)
class Prediction:
    """What the model says of an image.

    Attributes:
      probabilities: of all classes.
      number: of the most probable class.
      label: its name.
    """

    probabilities: list[float]
    number: int
    label: str


def checked(outputs: dict[str, object], images: int) -> list[Prediction]:
    """Makes predictions of the outputs for so many images.

    Args:
      outputs: `probabilities` [images, classes], `classes` [images] and
        `labels` [images], of str or bytes, as nested lists.
      images: how many were sent.

    Raises:
      Misfit: an output is missing, or has another shape or type.
    """
    missing = [name for name in OUTPUTS if name not in outputs]
    if missing:
        raise Misfit(
            f"expected the outputs {', '.join(OUTPUTS)}, found "
            f"{errors.shown(sorted(outputs))}"
        )
    for name in OUTPUTS:
        rows = outputs[name]
        if not isinstance(rows, list) or len(rows) != images:
            raise Misfit(
                f"{name}: expected one for each of {images} images, found "
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
    """The probabilities of all classes, or words.

    Raises:
      Misfit: it is something else.
    """
    if not isinstance(row, list) or not row:
        raise Misfit(
            f"probabilities: expected lists of numbers, found "
            f"{errors.shown(row)}"
        )
    for value in row:
        number = isinstance(value, int | float) and math.isfinite(value)
        if not number or not 0 <= value <= 1 + _TOLERANCE:
            raise Misfit(
                "probabilities: expected numbers from 0 to 1, found "
                f"{errors.shown(value)}"
            )
    return row


def _text(label):
    if isinstance(label, bytes):
        label = label.decode("utf-8", "replace")
    if not isinstance(label, str):
        raise Misfit(f"labels: expected texts, found {errors.shown(label)}")
    return label


def _check_class(prediction, classes):
    row, number = prediction.probabilities, prediction.number
    if len(row) != classes:
        raise Misfit(
            f"probabilities: expected {classes} for each image, as for the "
            f"first, found {len(row)}"
        )
    if type(number) is not int or not 0 <= number < classes:
        raise Misfit(
            f"classes: expected numbers from 0 to {classes - 1}, found "
            f"{errors.shown(number)}"
        )
    if row[number] < max(row) - _TOLERANCE:
        raise Misfit(
            f"classes: expected the most probable one, found {number} with "
            f"probability {row[number]:.4f} where another has {max(row):.4f}"
        )


def read_names(file: pathlib.Path) -> list[str]:
    """The names of the classes in order, as an export's labels.txt has them.

    Raises:
      RequestError: see `texts.read`.
    """
    text = whole_files.read(file, "an export's assets.extra/labels.txt", 2**20)
    # `splitlines` would part a name at more characters.
    return text.removesuffix("\n").split("\n")


def best(
    prediction: Prediction, top: int, names: list[str] | None
) -> list[tuple[str, float]]:
    """The most probable classes, the first first, with their probabilities.

    Args:
      prediction: as `checked` gives it.
      top: how many, or all if there are fewer.
      names: of all classes. Where None, only the first has its name, as a
        model names only that; the others are "class 7".

    Raises:
      Misfit: the names are not those of the model's classes.
    """
    row, number = prediction.probabilities, prediction.number
    if names is None:
        names = [f"class {i}" for i in range(len(row))]
        names[number] = prediction.label
    if len(names) != len(row):
        raise Misfit(
            f"expected {len(names)} classes, as --labels names, found "
            f"{len(row)}"
        )
    if names[number] != prediction.label:
        raise Misfit(
            f"expected class {number} to be {errors.shown(names[number])}, as "
            f"in --labels, found {errors.shown(prediction.label)}"
        )
    # The class given comes first among equals.
    order = sorted(range(len(row)), key=lambda i: (-row[i], i != number))
    order.remove(number)
    return [(names[i], row[i]) for i in [number, *order][:top]]


def lines(
    outputs: dict[str, object],
    images: int,
    top: int,
    names: list[str] | None,
) -> list[str]:
    """What to tell of each image: "cat 0.9312, dog 0.0411".

    Raises:
      Misfit: see `checked` and `best`.
    """
    return [
        ", ".join(f"{name} {p:.4f}" for name, p in best(one, top, names))
        for one in checked(outputs, images)
    ]
