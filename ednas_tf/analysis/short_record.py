"""The files of short trainings in the directory of a search, checked."""

import pathlib

from ednas_tf import errors, whole_files
from ednas_tf.analysis import chance, trainings
from ednas_tf.analysis.trainings import Training
from ednas_tf.runs.names import TRAININGS_FILE, VERDICT_FILE
from ednas_tf.space.cell_space import CellSpace

#: Largest size of the file of trainings, in bytes.
_MOST_BYTES = 2**26
_EXPECTED = "the short trainings of a search"
_AGAIN = "run the search again with the same --model_dir, which writes it anew"


def read_trainings(
    directory: pathlib.Path, space: CellSpace
) -> tuple[Training, ...]:
    """Reads the short trainings of a search that have ended.

    Args:
      directory: the directory of the search.
      space: the space that was searched.

    Returns:
      The trainings in the order in which they ended; none if there is no file
      of them.

    Raises:
      RequestError: the file is damaged.
    """
    file = directory / TRAININGS_FILE
    if not file.exists():
        return ()
    text = whole_files.read(file, _EXPECTED, _MOST_BYTES)
    try:
        found = tuple(trainings.from_lines(text, space))
        if found and found[0].purpose != trainings.RUNG:
            raise ValueError("line 1: expected a training of the first rung")
        return found
    except ValueError as error:
        raise errors.RequestError(
            f"{file}: expected a line for each short training, found something "
            f"else: {errors.first_line(error)}; move the file away, and run "
            "the search again with the same --model_dir, which trains anew"
        ) from None


def read_verdict(directory: pathlib.Path) -> dict[str, object] | None:
    """Reads the verdict of a search; None if there is none.

    Args:
      directory: the directory of the search.

    Raises:
      RequestError: the file is damaged.
    """
    file = directory / VERDICT_FILE
    if not file.exists():
        return None
    found = whole_files.read_json(file, "the verdict of a search")
    try:
        return chance.checked(found)
    except ValueError as error:
        raise errors.RequestError(
            f"{file}: expected the verdict of a search, found something else: "
            f"{errors.first_line(error)}; {_AGAIN}"
        ) from None
