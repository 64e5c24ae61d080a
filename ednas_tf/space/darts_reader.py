"""Finds and reads `Genotype(...)` in a text without evaluating anything.

The text may be what Python prints, a line of a log, or a module with several
genotypes. Only names, numbers, quoted texts and brackets are understood.
"""

import itertools
import re
from collections.abc import Mapping
from typing import NamedTuple

from ednas_tf.space import cell_space
from ednas_tf.space.darts_tokens import Tokens

_CALL = re.compile(r"\bGenotype\s*+\(", re.ASCII)
#: The text before a call from its end to its beginning: names of modules, and
#: the name that is assigned.
_ASSIGNED = re.compile(
    r"(?:\.\w{1,100}){0,3}+\s{0,9}+=\s{0,9}+(\w{1,100}+)", re.ASCII
)
_COMMENT = re.compile(r"[ \t]*+#", re.ASCII)
_DEFINITIONS = ("class ", "def ")
#: Number of letters before a call that may name it.
_REACH = 500
#: Number of calls that are looked for; nobody chooses among more.
_MOST_CALLS = 10_000


class Call(NamedTuple):
    """A `Genotype(...)` in a text.

    Attributes:
      name: the name that it is assigned to; empty without one.
      at: position of the first letter of `Genotype`.
      line: number of its line, from 1.
      quote: the quotation mark before it; empty without one.
    """

    name: str
    at: int
    line: int
    quote: str


def calls(text: str) -> list[Call]:
    """The first genotypes in a text that are not in comments."""
    found, line, begin, counted = [], 1, 0, 0
    for match in itertools.islice(_CALL.finditer(text), _MOST_CALLS):
        at = match.start()
        # Count on from the last call: lines can be long and calls many.
        line += text.count("\n", counted, at)
        begin = max(begin, text.rfind("\n", counted, at) + 1)
        counted = at
        before = text[max(0, at - _REACH) : at]
        if _COMMENT.match(text, begin) or before.endswith(_DEFINITIONS):
            continue
        assigned = _ASSIGNED.match(before[::-1])
        name = assigned[1][::-1] if assigned else ""
        quote = before[-1:] if before[-1:] in ("'", '"') else ""
        found.append(Call(name, at, line, quote))
    return found


class Fields(NamedTuple):
    """What a genotype's brackets hold.

    Attributes:
      space: name of the space that has these fields.
      values: field -> its pairs or its output states.
      nested: fields whose pairs are listed node by node -> numbers of pairs.
    """

    space: str
    values: Mapping[str, list]
    nested: Mapping[str, list[int]]


class Reader(Tokens):
    """Reads one genotype.

    Args:
      text: the text.
      fields: name of a space -> the fields of its genotypes, pairs and output
        states in turn.
      at: the position from which to read.
      quote: the quotation mark that ends the genotype; empty for none.
    """

    def __init__(
        self,
        text: str,
        fields: Mapping[str, tuple[str, ...]],
        at: int = 0,
        quote: str = "",
    ):
        super().__init__(text, at)
        self._known = fields
        self._quote = quote
        self._nested = {}

    def read(self) -> Fields:
        """Reads `Genotype(...)`, `NAME = Genotype(...)` or a dictionary.

        Raises:
          GenotypeError: the text is invalid; the message names the place.
        """
        positional, named = [], {}
        if self.at_any("{"):
            self.items("{", lambda: self._entry(named))
        else:
            self._call()
            self.items("(", lambda: self._field(positional, named))
        space = self._space(len(positional), named)
        values = dict(zip(self._known[space], positional, strict=False)) | named
        for name in self._known[space]:
            if name not in values:
                raise self.error(f"{name}=... before this")
        self._check_end()
        nested = {
            self._name(space, key): sizes for key, sizes in self._nested.items()
        }
        return Fields(space, values, nested)

    def _call(self):
        start, name = self.at, self.token("name", "Genotype(...)")
        if self.accept("="):
            start, name = self.at, self.token("name", "Genotype(...)")
        if name != "Genotype":
            raise self.error("Genotype(...)", start)

    def _check_end(self):
        """Refuses whatever follows on the same line."""
        if self._quote:
            self.accept(self._quote)
        rest = self.text[self.last : self.at]
        if self.at < len(self.text) and "\n" not in rest:
            raise self.error("the end of the text")

    def _space(self, count, named):
        """The space whose fields were given: all of them, if possible."""
        given = count + len(named)
        spaces = self._spaces_with(count, named)
        return min(spaces, key=lambda name: len(self._known[name]) != given)

    def _name(self, space, key):
        return self._known[space][key] if isinstance(key, int) else key

    def _spaces_with(self, count, named):
        """The names of the spaces whose genotypes have all these fields."""
        return [
            name
            for name, own in self._known.items()
            if count <= len(own) and set(named) <= set(own[count:])
        ]

    def _left(self, count, named):
        """The fields that may still follow."""
        return [
            field
            for space in self._spaces_with(count, named)
            for field in self._known[space][count:]
            if field not in named
        ]

    def _field(self, positional, named):
        """Reads one field, with its name or, as in Python, without."""
        longest = max(map(len, self._known.values()))
        if self._at_bracket() and not named and len(positional) < longest:
            key = len(positional)
            positional.append(self._value(key, is_pairs=key % 2 == 0))
            return
        left = self._left(len(positional), named)
        expected = f"{' or '.join(left)}=..." if left else "')'"
        start, name = self.at, self.token("name", expected)
        if name in ("connectN", "connects") and self.accept("="):
            self._none()
            return
        if name not in left:
            raise self.error(expected, start)
        self.sign("=")
        named[name] = self._value(name, self._is_pairs(name))

    def _at_bracket(self):
        return self.at_any("[", "(", "range", "list", "tuple")

    def _entry(self, named):
        """Reads one entry of a dictionary."""
        left = self._left(0, named)
        expected = f"{' or '.join(map(repr, left))}: ..." if left else "'}'"
        start, name = self.at, self.token("string", expected)[1:-1]
        if name in ("connectN", "connects") and self.accept(":"):
            self._none()
            return
        if name not in left:
            raise self.error(expected, start)
        self.sign(":")
        named[name] = self._value(name, self._is_pairs(name))

    def _is_pairs(self, name):
        return any(name in own[::2] for own in self._known.values())

    def _none(self):
        """Reads None, the value of fields of other networks."""
        start = self.at
        if self.token("name", "None") not in ("None", "null"):
            raise self.error("None", start)

    def _value(self, key, is_pairs):
        return self._pairs(key) if is_pairs else self._states()

    def _pairs(self, key):
        """All pairs of a cell, whether or not they are listed by node."""
        pairs, sizes = [], []

        def read():
            start = self.at
            close = self.sign("[(")
            if not self.at_any("[", "("):
                if sizes:
                    raise self.error("a list of pairs, as before", start)
                pairs.append(self._rest_of_pair(close))
                return
            if len(pairs) > sum(sizes):
                raise self.error("a pair, as before", start)
            self.go_back(start)
            node = self.items("[(", self._pair)
            sizes.append(len(node))
            pairs.extend(node)

        self.items("[(", read)
        if sizes:
            self._nested[key] = sizes
        return pairs

    def _pair(self):
        return self._rest_of_pair(self.sign("[("))

    def _rest_of_pair(self, close):
        """Reads an operation, its state and, as in GDAS, its weight."""
        op = self.wrapped("string", "an operation's name in quotes")[1:-1]
        self.sign(",")
        source = self.number()
        if self.accept(",") and not self.at_any(close):
            self.wrapped("weight", f"{close!r} or the weight of an operation")
            self.accept(",")
        self.sign(close)
        return op, source

    def _states(self):
        wrapped = self.accept("list") or self.accept("tuple")
        if wrapped:
            self.sign("(")
        is_range = self.at_any("range")
        states = self._range() if is_range else self.items("[(", self.number)
        if wrapped:
            self.sign(")")
        return states

    def _range(self):
        start = self.at
        self.accept("range")
        limits = self.items("(", self.number)
        most = cell_space.MOST_NODES
        if len(limits) in (2, 3) and 0 not in limits[2:]:
            states = range(*limits)
            if len(states) <= most:
                return list(states)
        raise self.error(f"a range of at most {most} states", start)
