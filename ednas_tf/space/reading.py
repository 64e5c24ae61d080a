"""Reads the architecture for a network, in any of the supported formats."""

import os
import pathlib
from collections.abc import Callable, Iterable

from ednas_tf import errors, whole_files
from ednas_tf.space import (
    checks,
    darts_text,
    nas_bench_text,
    nni,
    published,
    spaces,
    structure,
)
from ednas_tf.space.genotype import Genotype

#: Maps a family of spaces to the names of the operations that edges may carry,
#: such as `ops.names`.
KnownOps = Callable[[str], Iterable[str]]

#: The flag of the commands that names an architecture.
FLAG = "--genotype"

#: Maximum size of a file in bytes; the log of a whole search may hold one.
_MOST_BYTES = 2**22


def read(
    name_or_path: str,
    known_ops: KnownOps,
    folder: pathlib.Path = pathlib.Path(),
    where: str = FLAG,
) -> Genotype:
    """Reads an architecture, given by name, by path or as a string.

    Args:
      name_or_path: name of a published architecture, an architecture string of
        NAS-Bench-201, or else path of a file. A colon and a name after the path
        choose one of several genotypes.
      known_ops: returns the operations of a family of spaces.
      folder: folder that a relative path starts from.
      where: the flag or the argument with the name, for error messages.

    Raises:
      RequestError: there is no such name or file; or see `read_file`.
    """
    found = published.published(name_or_path)
    if found is not None:
        return found
    if nas_bench_text.is_text(name_or_path):
        try:
            return nas_bench_text.read(name_or_path)
        except checks.GenotypeError as error:
            raise checks.GenotypeError(f"{where}: {error}") from None
    path, colon, name = name_or_path.rpartition(":")
    if colon and path and not os.path.exists(folder / name_or_path):
        if os.path.isfile(folder / path):
            return read_file(folder / path, known_ops, name, where)
    if not os.path.exists(folder / name_or_path):
        raise errors.RequestError(
            f"{where}: expected a file or a published architecture, found "
            f"{errors.shown(name_or_path)}"
            f"{errors.nearest(name_or_path.lower(), published.NAMES)}"
        )
    return read_file(folder / name_or_path, known_ops, where=where)


def read_file(
    file: pathlib.Path,
    known_ops: KnownOps,
    name: str = "",
    where: str = FLAG,
) -> Genotype:
    """Reads a genotype that a network can be built from.

    The text may be a search's `genotype.json`, a text in the DARTS authors'
    format (see `darts_text`), an export from NNI, or an architecture string of
    NAS-Bench-201; the format is recognised by the text, not by the file name.

    Args:
      file: path of the file.
      known_ops: returns the operations of a family of spaces.
      name: name of the genotype in a file with several, such as a Python
        module; by default the file must hold one only.
      where: the flag or the argument with the path, for error messages.

    Raises:
      RequestError: the file has no valid genotype; the message names the place.
    """
    text = whole_files.read(file, f"a genotype.json as {where}", _MOST_BYTES)
    try:
        return checked(_read_any_format(text, known_ops, name), known_ops)
    except checks.GenotypeError as error:
        raise checks.GenotypeError(f"{file}: {error}") from None


def check_family(
    genotype: Genotype, family: str, reason: str, where: str = FLAG
) -> None:
    """Checks that an architecture belongs to the family that a task needs.

    Args:
      genotype: the architecture.
      family: name of the family, see `cell_space.CellSpace`.
      reason: the reason for this family, such as "--dataset=cifar10 is of
        images".
      where: the flag or the argument with the architecture, for the error.

    Raises:
      RequestError: the architecture belongs to another family.
    """
    found = spaces.default(genotype.space).family
    if found != family:
        raise errors.RequestError(
            f"{where}: expected a {family} architecture, because {reason}, "
            f"found a {found} one (published: "
            f"{', '.join(published.names(family))})"
        )


def _read_any_format(text, known_ops, name):
    if name or darts_text.is_text(text):
        return darts_text.read(text, known_ops, name)
    if nas_bench_text.is_text(text):
        return nas_bench_text.read(text)
    parsed = checks.parse(text)
    if nni.is_export(parsed):
        return nni.read(parsed, known_ops("convolutional"))
    return Genotype.from_parsed(parsed)


def checked(genotype: Genotype, known_ops: KnownOps) -> Genotype:
    """Returns an architecture unchanged if a network can be built from it.

    Raises:
      GenotypeError: its space or an operation is unknown, or a cell cannot be
        built.
    """
    checks.check_known("space", genotype.space, spaces.names(), "space")
    space = spaces.default(genotype.space)
    structure.check(genotype, known_ops(space.family), space)
    found, expected = sorted(genotype.cells), sorted(space.cell_types)
    checks.expect("cells", found == expected, expected, found)
    return genotype
