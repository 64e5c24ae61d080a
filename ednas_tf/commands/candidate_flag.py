"""The flag --candidate: another architecture of a search than its result."""

import pathlib

from absl import flags

from ednas_tf import errors
from ednas_tf.analysis import ranking, run_record
from ednas_tf.runs.names import GENOTYPE_FILE
from ednas_tf.settings import plain_yaml
from ednas_tf.space.genotype import Genotype

FLAG = flags.DEFINE_integer(
    "candidate",
    None,
    "Number of a candidate of a search: 1 is its result, 2 the second-best "
    "one. The directory of the search is in --genotype, for an export in "
    "--model_dir.",
    lower_bound=1,
)


def read(search: pathlib.Path, flag: str) -> Genotype:
    """Reads the candidate that --candidate names.

    Args:
      search: the directory of a search, or its genotype.json.
      flag: the flag that names it, for errors.

    Raises:
      RequestError: it is no search, the search has not ended, or it has fewer
        candidates.
    """
    directory = search.parent if search.name == GENOTYPE_FILE else search
    if not directory.is_dir():
        raise errors.RequestError(
            f"--candidate: expected {flag} to be the directory of a search, "
            f"found {errors.shown(str(search))}; give such a directory, or "
            "omit --candidate"
        )
    found = ranking.ranked(run_record.read(directory, plain_yaml.parse))
    if not found:
        raise errors.RequestError(
            f"--candidate: expected a search that has ended in {directory}, "
            "found one under way; wait for its end"
        )
    if FLAG.value > len(found):
        raise errors.RequestError(
            f"--candidate: expected a number from 1 to {len(found)}, as the "
            f"search in {directory} has so many candidates, found {FLAG.value}"
        )
    return found[FLAG.value - 1]
