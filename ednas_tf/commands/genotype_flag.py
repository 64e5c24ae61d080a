"""The flag --genotype, shared by all commands that take an architecture."""

import os
import pathlib

from absl import flags

from ednas_tf import errors, ops, whole_files
from ednas_tf.commands import candidate_flag, paths
from ednas_tf.runs.names import GENOTYPE_FILE
from ednas_tf.space import genotype, published, reading

flags.adopt_module_key_flags(candidate_flag)

FLAG = flags.DEFINE(
    paths.Path(),
    "genotype",
    None,
    "Architecture: the name of a published one, such as darts_v2; a file from "
    "a search, or its directory; a file in the format of the DARTS authors, or "
    "from NNI, where FILE:NAME is one of several in a file; or a string of "
    "NAS-Bench-201, such as '|nor_conv_3x3~0|+|...|...|+|...|...|...|'.",
)


def read() -> genotype.Genotype:
    """Reads the architecture that --genotype names.

    Raises:
      RequestError: the flag is missing, or no network can be made from it.
    """
    if FLAG.value is None:
        raise errors.RequestError(
            "--genotype: expected the file or the name of an architecture, "
            "found none; a search writes genotype.json to its --model_dir"
        )
    asked = whole_files.expanded(FLAG.value)
    place = paths.path(asked)
    number = candidate_flag.number()
    if number is not None:
        return candidate_flag.read(place, f"--{FLAG.name}", number)
    if os.path.isdir(place) and asked.lower() not in published.NAMES:
        return reading.read_file(place / GENOTYPE_FILE, ops.names)
    return reading.read(asked, ops.names, paths.path(""))


def read_candidates() -> dict[int, genotype.Genotype]:
    """Reads the candidates that --candidate names, by their numbers.

    Raises:
      RequestError: --genotype names no search with so many candidates.
    """
    place = search_directory()
    return {
        number: candidate_flag.read(place, f"--{FLAG.name}", number)
        for number in candidate_flag.numbers()
    }


def search_directory() -> pathlib.Path | None:
    """The directory of the search that --candidate is about, if it is given.

    Raises:
      RequestError: --genotype is not the directory of a search.
    """
    if not candidate_flag.numbers():
        return None
    if FLAG.value is None:
        raise errors.RequestError(
            "--genotype: expected the directory of a search with --candidate, "
            "found none"
        )
    place = paths.path(whole_files.expanded(FLAG.value))
    return candidate_flag.directory_of(place, f"--{FLAG.name}")
