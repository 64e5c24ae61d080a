"""Reads the architecture that a network is made of, in whatever form."""

import os
import pathlib
from collections.abc import Callable, Iterable

from ednas_tf import errors, whole_files
from ednas_tf.space import (
    checks,
    darts_text,
    genotype,
    nni,
    published,
    spaces,
    structure,
)

#: Family of spaces -> names of the operations that edges may carry, as
#: `ops.names` gives them.
KnownOps = Callable[[str], Iterable[str]]


def read(
    asked: str, known_ops: KnownOps, folder: pathlib.Path = pathlib.Path()
) -> genotype.Genotype:
    """Reads the architecture that a person asked for.

    Args:
      asked: the name of a published one, or else the path of a file.
      known_ops: gives the operations of a space.
      folder: where a relative path begins.

    Raises:
      RequestError: it is neither, or see `read_file`.
    """
    found = published.published(asked)
    if found is not None:
        return found
    if not os.path.exists(folder / asked):
        raise errors.RequestError(
            "--genotype: expected a file or a published architecture, found "
            f"{errors.shown(asked)}, "
            f"{errors.nearest(asked.lower(), published.NAMES)}"
        )
    return read_file(folder / asked, known_ops)


def read_file(file: pathlib.Path, known_ops: KnownOps) -> genotype.Genotype:
    """Reads a genotype that a network can be made of.

    The text may be a search's `genotype.json`, the DARTS authors' text or
    what NNI exports; which one is seen from the text, not from its name.

    Args:
      file: its path.
      known_ops: gives the operations of a space.

    Raises:
      RequestError: there is none in the file; names the place in it.
    """
    text = whole_files.read(file, "a genotype.json as --genotype")
    try:
        return _checked(_of_any_form(text, known_ops), known_ops)
    except checks.GenotypeError as error:
        raise checks.GenotypeError(f"{file}: {error}") from None


def check_family(
    described: genotype.Genotype, family: str, reason: str
) -> None:
    """Checks that an architecture is of the family that a task takes.

    Args:
      described: the architecture.
      family: the family's name, see `cell_space.CellSpace`.
      reason: why it must be that one, "--dataset=cifar10 is of images" for
        instance.

    Raises:
      RequestError: it is of another.
    """
    found = spaces.default(described.space).family
    if found != family:
        raise errors.RequestError(
            f"--genotype: expected a {family} architecture, as {reason}, found "
            f"a {found} one (published: {', '.join(published.names(family))})"
        )


def _of_any_form(text, known_ops):
    if darts_text.is_text(text):
        return darts_text.read(text, known_ops)
    described = checks.parse(text)
    if nni.is_export(described):
        return nni.read(described, known_ops("convolutional"))
    return genotype.Genotype.from_parsed(described)


def _checked(described, known_ops):
    checks.check_known("space", described.space, spaces.names(), "space")
    space = spaces.default(described.space)
    structure.check(described, known_ops(space.family), space)
    found, expected = sorted(described.cells), sorted(space.cell_types)
    checks.expect("cells", found == expected, expected, found)
    return described
