"""The short trainings of a search, as a file with a line of JSON for each."""

import dataclasses
import json
import math
from collections.abc import Iterable, Mapping

from ednas_tf.space.cell_space import CellSpace
from ednas_tf.space.genotype import Genotype

#: Who proposed an architecture.
RANDOM, SHARED, PROPOSED = "random", "shared", "proposed"
ORIGINS = RANDOM, SHARED, PROPOSED
#: What a training is for: to choose the result; to tell the spread of seeds; to
#: compare the result with, of random architectures or of the one with the most
#: weights; to judge the result.
RUNG, REPEAT, CONTROL, LARGEST = "rung", "repeat", "control", "largest"
CONFIRMATION = "confirm"
PURPOSES = RUNG, REPEAT, CONTROL, LARGEST, CONFIRMATION

_NUMBERS = "loss", "reward", "seconds"
_WHOLE_NUMBERS = "seed", "steps"
#: The largest number that a line may hold.
_LARGEST = 1e30


@dataclasses.dataclass(frozen=True)
class Training:
    """A short training, up to the end of a rung.

    Attributes:
      genotype: the architecture.
      origin: who proposed it: one of `ORIGINS`.
      purpose: what it is for: one of `PURPOSES`.
      seed: seed of its initial weights and its batches.
      steps: number of steps from the first one on.
      loss: mean of the training loss over the second half of these steps.
      reward: the reward on all validation data.
      seconds: processor time since the rung before.
    """

    genotype: Genotype
    origin: str
    purpose: str
    seed: int
    steps: int
    loss: float
    reward: float
    seconds: float


def to_lines(trainings: Iterable[Training]) -> str:
    """A line of JSON for each training."""
    return "".join(
        json.dumps(
            vars(each) | {"genotype": json.loads(each.genotype.to_json())}
        )
        + "\n"
        for each in trainings
    )


def from_lines(text: str, space: CellSpace) -> list[Training]:
    """The inverse of `to_lines`.

    Args:
      text: the lines.
      space: the space that all architectures must belong to.

    Raises:
      ValueError: a line is no such training; the message names the line.
    """
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        try:
            found.append(_training(json.loads(line), space))
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise ValueError(f"line {number}: {error}") from None
    return found


def _training(values: object, space: CellSpace) -> Training:
    names = {field.name for field in dataclasses.fields(Training)}
    if not isinstance(values, Mapping) or set(values) != names:
        raise ValueError(f"expected a mapping of {', '.join(sorted(names))}")
    for name in _NUMBERS:
        if type(values[name]) not in (int, float) or not (
            abs(values[name]) <= _LARGEST
        ):
            raise ValueError(f"{name}: expected a finite number")
    for name in _WHOLE_NUMBERS:
        if type(values[name]) is not int or not 0 <= values[name] < 2**40:
            raise ValueError(f"{name}: expected a whole number")
    if not values["steps"]:
        raise ValueError("steps: expected at least 1, found 0")
    if values["origin"] not in ORIGINS or values["purpose"] not in PURPOSES:
        raise ValueError("origin or purpose: unknown")
    genotype = Genotype.from_json(json.dumps(values["genotype"]))
    genotype.validate(space)
    numbers = {name: float(values[name]) for name in _NUMBERS}
    return Training(**{**values, **numbers, "genotype": genotype})


def is_finite(training: Training) -> bool:
    """Whether the training has kept finite numbers."""
    return math.isfinite(training.loss) and math.isfinite(training.reward)
