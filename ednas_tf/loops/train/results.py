"""What a training left, as it is read again."""

import math
import pathlib

from ednas_tf import errors, ops, tasks, whole_files
from ednas_tf.runs.names import RESULT_FILE
from ednas_tf.space import genotype, reading


def read_genotype(file: pathlib.Path) -> genotype.Genotype:
    """`reading.read_file` with all operations that there are."""
    return reading.read_file(file, ops.names)


def read_result(
    directory: pathlib.Path, task: str | None = None
) -> dict[str, object]:
    """Reads the result of a finished training.

    Args:
      directory: of the run.
      task: name of the task that it must be of; by default of any.

    Raises:
      RequestError: there is none.
    """
    file = directory / RESULT_FILE
    try:
        result = whole_files.read_json(file, "a result")
        for each in [task] if task else tasks.names():
            if _is_result(result, tasks.kind(each)):
                return result
        raise ValueError
    except (ValueError, KeyError, TypeError):
        raise errors.RequestError(
            f"{file}: expected the result of a training, found none; give the "
            "--model_dir of a finished ednas_tf.train"
        ) from None


def tested(result: dict[str, object], kind: type[tasks.Task]) -> str:
    """What a result tells of a test, as "0.9712 on 10000 images"."""
    measure, units = (result[f"test_{n}"] for n in (kind.measure, kind.unit))
    return f"{measure:.4f} on {units} {kind.unit}"


def _is_result(result, kind):
    measure = f"test_{kind.measure}"
    return measure in result and (
        _is_number(result[measure], float)
        and _is_number(result[f"test_{kind.unit}"], int)
        and result[f"test_{kind.unit}"] > 0
    )


def _is_number(value, kind):
    whole = isinstance(value, int) and not isinstance(value, bool)
    return whole or isinstance(value, kind) and math.isfinite(value)
