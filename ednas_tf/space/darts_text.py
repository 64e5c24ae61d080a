"""Reads genotypes as the DARTS authors print them, a widely used format.

    NAME = Genotype(normal=[('sep_conv_3x3', 0), ('skip_connect', 1), ...],
                    normal_concat=range(2, 6), reduce=[...], reduce_concat=...)
    NAME = Genotype(recurrent=[('sigmoid', 0), ('relu', 1), ...],
                    concat=range(1, 9))

There are two (operation, state) pairs per node, or one in a recurrent cell, in
the order of the nodes; states have the same numbers as here. Others print the
same with a list for each node, without the names of the fields, with a weight
in each pair (GDAS), as a dictionary, or within a log or a Python module. The
text is only parsed: nothing is evaluated, and deep nesting is impossible.
"""

import re
from collections.abc import Callable, Iterable

from ednas_tf import errors
from ednas_tf.space import checks, convolutional, darts_reader, recurrent
from ednas_tf.space.genotype import Cell, Edge, Genotype

#: Maps each cell type to the fields of its pairs and of its output states.
_CELL_FIELDS = {
    "normal": ("normal", "normal_concat"),
    "reduction": ("reduce", "reduce_concat"),
    "recurrent": ("recurrent", "concat"),
}
#: The spaces whose genotypes this format can express, by name.
_SPACES = {
    space.name: space
    for space in (convolutional.convolutional(), recurrent.recurrent())
}
#: Maps each space to all fields of its genotypes, in the authors' order.
_FIELDS = {
    space.name: tuple(
        field
        for cell_type in space.cell_types
        for field in _CELL_FIELDS[cell_type]
    )
    for space in _SPACES.values()
}

_BEGINNING = re.compile(
    r"(?:\s++|#[^\n]*+)*+"
    r"(?:Genotype\b|(?:from|import)\s|[A-Za-z_]\w*+\s*+[=(]|"
    r"\{\s*+['\"](?:normal|reduce|recurrent|(?:normal_|reduce_)?concat)['\"])",
    re.ASCII,
)
#: How many genotypes an error lists.
_MOST_LISTED = 10


def is_text(text: str) -> bool:
    """Whether this is meant to be such a genotype, whether valid or not.

    If so, it begins with a comment, with `Genotype`, with an import, with a
    name followed by `=` or `(`, or it is a dictionary of such fields; or
    `Genotype(...)` stands in a text that cannot be JSON.
    """
    if _BEGINNING.match(text):
        return True
    start = text.lstrip()[:1]
    if start in ("{", "["):
        return False
    return start == "#" or bool(darts_reader.calls(text))


def read(
    text: str,
    known_ops: Callable[[str], Iterable[str]],
    name: str = "",
) -> Genotype:
    """Reads a genotype that the DARTS authors' code printed, or another's.

    Args:
      text: the text around the genotype.
      known_ops: returns the operations that edges may carry in a space.
      name: the name of the genotype in the text; by default there must be one
        genotype only.

    Raises:
      GenotypeError: the text is invalid, in which case the message names the
        place, and what was expected and found; or it has several genotypes, or
        none of this name.
    """
    space_name, fields, nested = _reader(text, name).read()
    space, known = _SPACES[space_name], tuple(known_ops(space_name))
    cells = {}
    for cell_type in space.cell_types:
        pairs, output = _CELL_FIELDS[cell_type]
        _check_nested(pairs, nested.get(pairs, ()), space.fan_in[0])
        nodes = _nodes(pairs, fields[pairs], space, known)
        _check_output(output, fields[output], space.num_inputs, len(nodes))
        cells[cell_type] = Cell(nodes, tuple(fields[output]))
    return Genotype(space_name, cells)


def _reader(text, name):
    """A reader of the one genotype in the text, or of the one of this name."""
    found = darts_reader.calls(text)
    chosen = [call for call in found if name in ("", call.name)]
    if len(chosen) == 1:
        (call,) = chosen
        if call.quote:
            inside = text[call.at :].replace(f"\\{call.quote}", call.quote)
            text = text[: call.at] + inside
        return darts_reader.Reader(text, _FIELDS, call.at, call.quote)
    if not found and not name:
        return darts_reader.Reader(text, _FIELDS)
    places = [
        f"{call.name or 'one without a name'} in line {call.line}"
        for call in chosen or found
    ]
    several = f"{len(places)} ({errors.listed(places, _MOST_LISTED)})"
    if chosen:
        raise checks.GenotypeError(
            f"expected one genotype, found {several}; add the name of one to "
            "the path, as in --genotype=FILE:NAME, or delete the others"
        )
    raise checks.GenotypeError(
        f"expected a genotype with the name {errors.shown(name)}, found "
        f"{several if found else 'no genotypes'}"
    )


def _check_nested(name, sizes, count):
    """Checks the numbers of pairs of a cell that is listed node by node."""
    for i, size in enumerate(sizes):
        pairs = f"{count} pair{'s' if count > 1 else ''}"
        checks.expect(f"{name}[{i}]", size == count, pairs, f"{size} pairs")


def _nodes(name, pairs, space, known_ops):
    count = space.fan_in[0]
    checks.expect(
        name,
        pairs and len(pairs) % count == 0,
        f"{count} pair{'s' if count > 1 else ''} per node",
        f"{len(pairs)} pairs",
    )
    edges = []
    for i, (op, source) in enumerate(pairs):
        checks.check_op(op, known_ops, f"{name}[{i}]")
        states = space.num_inputs + i // count
        checks.expect_in(f"{name}[{i}]", 0, states, source)
        edges.append(Edge(source, op))
    starts = range(0, len(edges), count)
    return tuple(tuple(edges[i : i + count]) for i in starts)


def _check_output(name, output, num_inputs, num_nodes):
    for i, state in enumerate(output):
        last = num_inputs + num_nodes
        checks.expect_in(f"{name}[{i}]", num_inputs, last, state)
