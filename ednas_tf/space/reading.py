"""Reads the architecture that a network is made of."""

import pathlib
from collections.abc import Iterable

from ednas_tf import texts
from ednas_tf.space import cell_space, checks, genotype


def read_file(
    file: pathlib.Path, known_ops: Iterable[str]
) -> genotype.Genotype:
    """Reads a genotype that a network can be made of.

    Args:
      file: its path.
      known_ops: names of the operations that there are.

    Raises:
      RequestError: there is none in the file; names the place in it.
    """
    text = texts.read(file, "a genotype.json as --genotype")
    described = genotype.Genotype.from_json(text, str(file))
    space = cell_space.convolutional_space()
    try:
        described.check_structure(known_ops, space.cell_types, space.num_inputs)
        found, expected = sorted(described.cells), sorted(space.cell_types)
        checks.expect("cells", found == expected, expected, found)
    except checks.GenotypeError as error:
        raise checks.GenotypeError(f"{file}: {error}") from None
    return described
