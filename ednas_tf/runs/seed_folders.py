"""The directory of runs that differ in their seeds: a folder for each."""

import copy
import pathlib
import re
from collections.abc import Sequence

from ednas_tf import errors
from ednas_tf.runs import run_directory
from ednas_tf.settings import schema

_FOLDER = "seed_{}"


def folder(directory: pathlib.Path, seed: int) -> pathlib.Path:
    """The directory of the run with a seed."""
    return directory / _FOLDER.format(seed)


def with_seed(settings: schema.Settings, seed: int) -> schema.Settings:
    """A copy of the settings with another seed."""
    result = copy.deepcopy(settings)
    result.override({"seed": seed})
    return result


def check(directory: pathlib.Path, files: Sequence[str], what: str) -> None:
    """Checks that a directory holds such runs, or can be made.

    Args:
      directory: the directory.
      files: names of the files that it may hold beside the folders.
      what: what the runs are, such as "trainings".

    Raises:
      RequestError: it holds other files, or cannot be made.
    """
    names = "|".join(map(re.escape, files))
    known = re.compile(rf"{_FOLDER.format('[0-9]+')}|{names}")
    run_directory.check_creatable(directory, "--model_dir")
    if directory.exists() and (
        not directory.is_dir()
        or any(
            not known.fullmatch(file.name)
            and not run_directory.is_leftover(file)
            for file in directory.iterdir()
        )
    ):
        raise errors.RequestError(
            f"{directory}: expected the directory of {what} with --seeds, or "
            "a new one, found other files in it; choose another --model_dir"
        )
