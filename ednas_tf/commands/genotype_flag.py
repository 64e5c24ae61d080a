"""The flag --genotype, of all commands that take an architecture."""

from absl import flags

from ednas_tf import errors, ops
from ednas_tf.commands import paths
from ednas_tf.space import genotype, reading

FLAG = flags.DEFINE(
    paths.Path(),
    "genotype",
    None,
    "Architecture: a published one's name, such as darts_v2, or a file that a "
    "search wrote, in the form of the DARTS authors or from NNI.",
)


def read() -> genotype.Genotype:
    """The architecture that is asked for.

    Raises:
      RequestError: there is none, or no network can be made of it.
    """
    if FLAG.value is None:
        raise errors.RequestError(
            "--genotype: expected the file or the name of an architecture, "
            "found none; a search writes genotype.json to its --model_dir"
        )
    return reading.read(FLAG.value, ops.names, paths.path(""))
