"""Architectures by name, for Python callers; needs no TensorFlow."""

import os
import pathlib

from ednas_tf import errors, ops, whole_files
from ednas_tf.space import reading
from ednas_tf.space.genotype import Genotype

#: The name of the argument in error messages.
_WHERE = "genotype"


def genotype(architecture: str | os.PathLike | Genotype) -> Genotype:
    """Returns an architecture, given by name, by path or as a string.

    It reads what the flag `--genotype` of the commands reads:

        >>> import ednas_tf
        >>> cells = ednas_tf.genotype("darts_v2")
        >>> len(cells.cells["normal"].nodes)
        4

    Args:
      architecture: the name of a published architecture, such as "darts_v2";
        the path of a file from a search, in the format of the DARTS authors, or
        from NNI, where "FILE:NAME" is one of several in a file; a string of
        NAS-Bench-201; or a `Genotype`, which is returned unchanged.

    Raises:
      ValueError: there is no such name or file, or the file does not hold an
        architecture that can be built.
    """
    if isinstance(architecture, Genotype):
        return architecture
    if not isinstance(architecture, str | os.PathLike):
        raise errors.RequestError(
            f"{_WHERE}: expected a name, a path or a Genotype, found "
            f"{errors.shown(architecture)}"
        )
    text = whole_files.expanded(os.fspath(architecture))
    return reading.read(text, ops.names, pathlib.Path(), _WHERE)


def convolutional(architecture: str | os.PathLike | Genotype) -> Genotype:
    """Like `genotype`, for an architecture of a network for images.

    Raises:
      ValueError: see `genotype`; or the cells are recurrent, or cannot be
        built.
    """
    found = reading.checked(genotype(architecture), ops.names)
    reason = "the network is one for images"
    reading.check_family(found, "convolutional", reason, _WHERE)
    return found
