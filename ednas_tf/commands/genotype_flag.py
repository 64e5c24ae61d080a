"""The flag --genotype, shared by all commands that take an architecture."""

from absl import flags

from ednas_tf import errors, ops, whole_files
from ednas_tf.commands import paths
from ednas_tf.space import genotype, reading

FLAG = flags.DEFINE(
    paths.Path(),
    "genotype",
    None,
    "Architecture: the name of a published one, such as darts_v2; a file from "
    "a search, in the format of the DARTS authors, or from NNI, where "
    "FILE:NAME is one of several in a file; or a string of NAS-Bench-201, such "
    "as '|nor_conv_3x3~0|+|...|...|+|...|...|...|'.",
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
    return reading.read(asked, ops.names, paths.path(""))
