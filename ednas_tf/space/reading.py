"""Reads the architecture that a network is made of, in whatever form."""

import os
import pathlib
from collections.abc import Iterable

from ednas_tf import errors, texts
from ednas_tf.space import (
    cell_space,
    checks,
    darts_text,
    genotype,
    nni,
    published,
)


def read(
    asked: str, known_ops: Iterable[str], folder: pathlib.Path = pathlib.Path()
) -> genotype.Genotype:
    """Reads the architecture that a person asked for.

    Args:
      asked: the name of a published one, or else the path of a file.
      known_ops: names of the operations that there are.
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


def read_file(
    file: pathlib.Path, known_ops: Iterable[str]
) -> genotype.Genotype:
    """Reads a genotype that a network can be made of.

    The text may be a search's `genotype.json`, the DARTS authors' text or
    what NNI exports; which one is seen from the text, not from its name.

    Args:
      file: its path.
      known_ops: names of the operations that there are.

    Raises:
      RequestError: there is none in the file; names the place in it.
    """
    text = texts.read(file, "a genotype.json as --genotype")
    try:
        return _checked(_of_any_form(text, known_ops), known_ops)
    except checks.GenotypeError as error:
        raise checks.GenotypeError(f"{file}: {error}") from None


def _of_any_form(text, known_ops):
    if darts_text.is_text(text):
        return darts_text.read(text, known_ops)
    described = checks.parse(text)
    if nni.is_export(described):
        return nni.read(described, known_ops)
    return genotype.Genotype.from_parsed(described)


def _checked(described, known_ops):
    space = cell_space.convolutional_space()
    checks.expect(
        "space",
        described.space == space.name,
        repr(space.name),
        described.space,
    )
    described.check_structure(known_ops, space.cell_types, space.num_inputs)
    found, expected = sorted(described.cells), sorted(space.cell_types)
    checks.expect("cells", found == expected, expected, found)
    return described
