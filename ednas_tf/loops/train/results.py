"""Reads the result and the genotype of a finished training."""

import math
import pathlib

from ednas_tf import errors, ops, tasks, whole_files
from ednas_tf.runs.names import RESULT_FILE
from ednas_tf.space import reading
from ednas_tf.space.genotype import Genotype


def read_genotype(file: pathlib.Path) -> Genotype:
    """Reads a genotype that may have any registered operation.

    Raises:
      RequestError: see `reading.read_file`.
    """
    return reading.read_file(file, ops.names)


def read_result(
    directory: pathlib.Path, task: str | None = None
) -> dict[str, object]:
    """Reads the result of a finished training.

    Args:
      directory: directory of the run.
      task: name of the training's task; by default any task.

    Raises:
      RequestError: there is no result, or it is one of another task.
    """
    file = directory / RESULT_FILE
    try:
        result = whole_files.read_json(file, "a result")
        for each in [task] if task else tasks.names():
            if is_result(result, tasks.kind(each)):
                return result
        raise ValueError
    except (ValueError, KeyError, TypeError):
        raise errors.RequestError(
            f"{file}: expected the result of a training, found none; give the "
            "directory of a finished training"
        ) from None


def test_text(result: dict[str, object], kind: type[tasks.Task]) -> str:
    """The result of the test as a text, such as "0.9712 on 10000 images".

    With its interval, if it is known: "0.9712 (95 % interval 0.9677 to 0.9743)
    on 10000 images". It says so if that interval includes chance.
    """
    units = result[f"test_{kind.unit}"]
    measure = result[f"test_{kind.measure}"]
    low, high = (
        result.get(f"test_{kind.measure}_{end}") for end in ("low", "high")
    )
    interval = no_better = ""
    if _is_number(low, float) and _is_number(high, float):
        interval = f" (95 % interval {low:.4f} to {high:.4f})"
        chance = result.get(f"test_chance_{kind.measure}")
        if _is_number(chance, float) and low <= chance <= high:
            no_better = f", no better than chance ({chance:.4f})"
    return f"{measure:.4f}{interval} on {units} {kind.unit}{no_better}"


def chance_text(
    result: dict[str, object], kind: type[tasks.Task]
) -> str | None:
    """What chance reaches in the test, such as "0.1000, by naming ...".

    Args:
      result: the result.
      kind: the class of its task.

    Returns:
      None if it is unknown.
    """
    chance = result.get(f"test_chance_{kind.measure}")
    if not _is_number(chance, float):
        return None
    return f"{chance:.4f}, by naming the most frequent class each time"


def is_result(result: dict[str, object], kind: type[tasks.Task]) -> bool:
    """Whether it has what a task's training is judged by."""
    measure = f"test_{kind.measure}"
    return measure in result and (
        _is_number(result[measure], float)
        and _is_number(result[f"test_{kind.unit}"], int)
        and result[f"test_{kind.unit}"] > 0
    )


def _is_number(value, kind):
    whole = isinstance(value, int) and not isinstance(value, bool)
    return whole or isinstance(value, kind) and math.isfinite(value)
