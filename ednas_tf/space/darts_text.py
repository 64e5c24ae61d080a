"""Reads genotypes as the DARTS authors print them, a widely used format.

    NAME = Genotype(normal=[('sep_conv_3x3', 0), ('skip_connect', 1), ...],
                    normal_concat=range(2, 6), reduce=[...], reduce_concat=...)
    NAME = Genotype(recurrent=[('sigmoid', 0), ('relu', 1), ...],
                    concat=range(1, 9))

There are two (operation, state) pairs per node, or one in a recurrent cell, in
the order of the nodes; states have the same numbers as here. The text is Python
code, but it is only parsed as a table of names and numbers: nothing is
evaluated, and deep nesting is impossible.
"""

import re
from collections.abc import Callable, Iterable

from ednas_tf import errors
from ednas_tf.space import (
    cell_space,
    checks,
    convolutional,
    recurrent,
)
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
#: Maps each space to all fields of its genotypes.
_FIELDS = {
    space.name: tuple(
        field
        for cell_type in space.cell_types
        for field in _CELL_FIELDS[cell_type]
    )
    for space in _SPACES.values()
}
_PAIRS_FIELDS = tuple(pairs for pairs, _ in _CELL_FIELDS.values())

_SKIPPED = re.compile(r"(?:\s++|#[^\n]*+)*+", re.ASCII)
_TOKENS = {
    "name": re.compile(r"[A-Za-z_]\w{0,99}\b", re.ASCII),
    "number": re.compile(r"(?:0|[1-9][0-9]{0,5})\b", re.ASCII),
    "string": re.compile(r"'[^'\\\n]{0,99}'|\"[^\"\\\n]{0,99}\""),
}
_BEGINNING = re.compile(r"Genotype\b|[A-Za-z_]\w*+\s*+[=(]", re.ASCII)


def is_text(text: str) -> bool:
    """Whether this is meant to be such a genotype, whether valid or not.

    If so, it begins with a comment, with `Genotype`, or with a name followed by
    `=` or `(`.
    """
    start = _SKIPPED.match(text).end()
    return "#" in text[:start] or bool(_BEGINNING.match(text, start))


def read(text: str, known_ops: Callable[[str], Iterable[str]]) -> Genotype:
    """Reads a genotype that the DARTS authors' code printed.

    Args:
      text: the printed text, with or without a name in front.
      known_ops: returns the operations that edges may carry in a space.

    Raises:
      GenotypeError: the text is invalid; the message names the place, and what
        was expected and found.
    """
    name, fields = _Reader(text).fields()
    space, known = _SPACES[name], tuple(known_ops(name))
    cells = {}
    for cell_type in space.cell_types:
        pairs, output = _CELL_FIELDS[cell_type]
        nodes = _nodes(pairs, fields[pairs], space, known)
        _check_output(output, fields[output], space.num_inputs, len(nodes))
        cells[cell_type] = Cell(nodes, tuple(fields[output]))
    return Genotype(name, cells)


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


def _spaces_with(fields):
    """The names of the spaces whose genotypes have all these fields."""
    return [name for name, own in _FIELDS.items() if set(fields) <= set(own)]


class _Reader:
    """Reads a text from beginning to end."""

    def __init__(self, text: str):
        self.text = text
        self.at = _SKIPPED.match(text).end()

    def fields(self) -> tuple[str, dict[str, list]]:
        """The name of the space, and the pairs or states of every field."""
        start, name = self.at, self._token("name", "Genotype(...)")
        if self._accept("="):
            start, name = self.at, self._token("name", "Genotype(...)")
        if name != "Genotype":
            raise self._error("Genotype(...)", start)
        fields = {}
        self._items("(", lambda: self._field(fields))
        space = _spaces_with(fields)[0]
        for name in _FIELDS[space]:
            if name not in fields:
                raise self._error(f"{name}=... before this")
        if self.at < len(self.text):
            raise self._error("the end of the text")
        return space, fields

    def _field(self, fields):
        left = [
            field
            for space in _spaces_with(fields)
            for field in _FIELDS[space]
            if field not in fields
        ]
        expected = f"{' or '.join(left)}=..." if left else "')'"
        start, name = self.at, self._token("name", expected)
        if name not in left:
            raise self._error(expected, start)
        self._sign("=")
        read = self._pairs if name in _PAIRS_FIELDS else self._states
        fields[name] = read()

    def _pairs(self):
        return self._items("[(", self._pair)

    def _pair(self):
        close = self._sign("[(")
        op = self._token("string", "an operation's name in quotes")[1:-1]
        self._sign(",")
        source = self._number()
        self._accept(",")
        self._sign(close)
        return op, source

    def _states(self):
        start = self.at
        if not self._accept("range"):
            return self._items("[(", self._number)
        states = self._items("(", self._number)
        if len(states) == 2 and states[1] - states[0] <= cell_space.MOST_NODES:
            return list(range(*states))
        raise self._error(
            f"a range of at most {cell_space.MOST_NODES} states", start
        )

    def _items(self, opens, read):
        """A list of items, each read by `read`, in brackets."""
        close = self._sign(opens)
        items = []
        while not self._accept(close):
            items.append(read())
            if not self._accept(","):
                self._sign(close)
                break
        return items

    def _token(self, kind, expected):
        found = _TOKENS[kind].match(self.text, self.at)
        if not found:
            raise self._error(expected)
        self._move_to(found.end())
        return found[0]

    def _number(self):
        return int(self._token("number", "the number of a state"))

    def _sign(self, signs):
        """Reads one of the signs; returns the closing bracket for a bracket."""
        for sign in signs:
            if self._accept(sign):
                return {"(": ")", "[": "]"}.get(sign)
        raise self._error(" or ".join(map(repr, signs)))

    def _accept(self, sign):
        found = self.text.startswith(sign, self.at)
        if found:
            self._move_to(self.at + len(sign))
        return found

    def _move_to(self, at):
        self.at = _SKIPPED.match(self.text, at).end()

    def _error(self, expected, at=None):
        at = self.at if at is None else at
        line = self.text.count("\n", 0, at) + 1
        column = at - self.text.rfind("\n", 0, at)
        rest = self.text[at : at + 30].partition("\n")[0]
        found = errors.shown(rest) if rest else "the end"
        return checks.GenotypeError(
            f"line {line} column {column}: expected {expected}, found {found}"
        )
