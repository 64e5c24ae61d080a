"""The result of the training that belongs to a search, checked."""

import os
import pathlib
from collections.abc import Mapping

from ednas_tf import errors, whole_files
from ednas_tf.runs.names import RESULT_FILE
from ednas_tf.space.genotype import Genotype

#: The results of a training whose directory lies in that of its search, as
#: the search itself proposes, or beside it, as `ednas_tf.run` puts it.
_RESULTS = (f"train/{RESULT_FILE}", f"../train/{RESULT_FILE}")
#: What a report shows of a result: types, least and largest value.
_NUMBERS = {
    "test_accuracy": ((int, float), 0, 1),
    "test_perplexity": ((int, float), 1, 1e30),
    "test_images": (int, 1, 10**12),
    "parameters": (int, 0, 10**15),
}


def read(
    directory: pathlib.Path, derived: Genotype | None
) -> Mapping[str, object] | None:
    """Reads the result of training the derived architecture, and no other one.

    Args:
      directory: the directory of the search.
      derived: the architecture that it found; None if there is none yet.

    Returns:
      The result; None if there is none.

    Raises:
      RequestError: the file of the result is damaged.
    """
    for name in _RESULTS:
        file = directory / name
        if derived is None or not os.path.lexists(file):
            continue
        result = whole_files.read_json(file, "a result")
        if isinstance(result, dict) and (
            result.get("genotype_fingerprint") == derived.fingerprint()
        ):
            _check(file, result)
            return result
    return None


def _check(file, result):
    """Checks the numbers that a report shows and calculates with."""
    for name, (kinds, least, most) in _NUMBERS.items():
        value = result.get(name, least)
        if (
            not isinstance(value, kinds)
            or isinstance(value, bool)
            or not (least <= value <= most)
        ):
            raise errors.RequestError(
                f"{file}: {name}: expected a number from {least} to {most}, "
                f"found {errors.shown(value)}; train again in a new --model_dir"
            )
