"""The flag --candidate: another architecture of a search than its result."""

import pathlib
import re

from absl import flags

from ednas_tf import errors
from ednas_tf.analysis import ranking, run_record
from ednas_tf.runs.names import GENOTYPE_FILE
from ednas_tf.settings import plain_yaml
from ednas_tf.space.genotype import Genotype

_FLAG = flags.DEFINE_string(
    "candidate",
    None,
    "Number of a candidate of a search: 1 is its result, 2 the second-best "
    "one. --genotype is then the directory of the search; for "
    "ednas_tf.export.saved_model, --model_dir is. ednas_tf.train also takes "
    "several, such as 1,2,3, and compares them.",
)


def numbers() -> list[int]:
    """The numbers that were given; none without the flag.

    Raises:
      RequestError: they are no different numbers from 1 on.
    """
    if _FLAG.value is None:
        return []
    texts = [text.strip() for text in _FLAG.value.split(",")]
    found = [int(t) for t in texts if re.fullmatch("[1-9][0-9]{0,8}", t)]
    if len(set(found)) < len(texts):
        raise errors.RequestError(
            "--candidate: expected a number from 1 on, or different ones "
            f"separated by commas, found {errors.shown(_FLAG.value)}"
        )
    return found


def number() -> int | None:
    """The number that was given, or None.

    Raises:
      RequestError: several were given, or see `numbers`.
    """
    found = numbers()
    if len(found) > 1:
        raise errors.RequestError(
            "--candidate: expected one number, as only ednas_tf.train takes "
            f"several, found {','.join(map(str, found))}"
        )
    return found[0] if found else None


def directory_of(search: pathlib.Path, flag: str) -> pathlib.Path:
    """The directory of a search.

    Args:
      search, flag: see `read`.

    Raises:
      RequestError: there is no such directory.
    """
    directory = search.parent if search.name == GENOTYPE_FILE else search
    if not directory.is_dir():
        raise errors.RequestError(
            f"--candidate: expected {flag} to be the directory of a search, "
            f"found {errors.shown(str(search))}; give such a directory, or "
            "omit --candidate"
        )
    return directory


def read(search: pathlib.Path, flag: str, asked: int) -> Genotype:
    """Reads a candidate of a search.

    Args:
      search: the directory of a search, or its genotype.json.
      flag: the flag that names it, for errors.
      asked: the number of the candidate.

    Raises:
      RequestError: it is no search, the search has not ended, or it has fewer
        candidates.
    """
    directory = directory_of(search, flag)
    found = ranking.ranked(run_record.read(directory, plain_yaml.parse))
    if not found:
        raise errors.RequestError(
            f"--candidate: expected a search that has ended in {directory}, "
            "found one under way; wait for its end"
        )
    if asked > len(found):
        raise errors.RequestError(
            f"--candidate: expected a number from 1 to {len(found)}, as the "
            f"search in {directory} has so many candidates, found {asked}"
        )
    return found[asked - 1]
