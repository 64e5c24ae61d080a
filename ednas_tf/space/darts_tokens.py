"""Reads the tokens of a text from beginning to end, without evaluating any."""

import re
from collections.abc import Callable

from ednas_tf import errors
from ednas_tf.space import checks

_SKIPPED = re.compile(r"(?:\s++|#[^\n]*+)*+", re.ASCII)
_TOKENS = {
    "name": re.compile(r"[A-Za-z_]\w{0,99}\b", re.ASCII),
    "number": re.compile(r"(?:0|[1-9][0-9]{0,5})\b(?!\.)", re.ASCII),
    "string": re.compile(r"'[^'\\\n]{0,99}'|\"[^\"\\\n]{0,99}\""),
    "weight": re.compile(
        r"-?(?:[0-9]{1,25}(?:\.[0-9]{0,25})?(?:e[+-]?[0-9]{1,4})?|nan|inf)\b",
        re.ASCII,
    ),
}
#: What NumPy and PyTorch print around a number or a text, such as
#: `np.int64(0)` or `tensor(0, device='cuda:0')`.
_WRAPPED = re.compile(
    r"(?:(?:np|numpy)\.)?(?:u?int(?:8|16|32|64)|float(?:16|32|64)|str_)\(|"
    r"(?:torch\.)?tensor\(",
    re.ASCII,
)
_DEVICE = re.compile(r",\s{0,9}device='[a-z]{1,9}(?::[0-9]{1,4})?'", re.ASCII)


class Tokens:
    """A position in a text, and methods that read on from there.

    Blanks and comments between tokens are skipped. Every method raises
    `GenotypeError`, whose message names line and column, if the text has
    something else at the position.

    Args:
      text: the text.
      at: the position from which to read.

    Attributes:
      at: the position of the next token.
      last: the position behind the token that was read last.
    """

    def __init__(self, text: str, at: int = 0):
        self.text = text
        self._move_to(at)

    def at_any(self, *beginnings: str) -> bool:
        """Whether the next token begins with one of these texts."""
        return self.text.startswith(beginnings, self.at)

    def accept(self, sign: str) -> bool:
        """Reads a sign if it is the next token; returns whether it is."""
        found = self.text.startswith(sign, self.at)
        if found:
            self._move_to(self.at + len(sign))
        return found

    def sign(self, signs: str) -> str | None:
        """Reads one of the signs; returns the closing bracket for a bracket."""
        for sign in signs:
            if self.accept(sign):
                return {"(": ")", "[": "]", "{": "}"}.get(sign)
        raise self.error(" or ".join(map(repr, signs)))

    def token(self, kind: str, expected: str) -> str:
        """Reads a "name", a "number", a "string" or a "weight".

        Args:
          kind: what to read.
          expected: a text for the error.
        """
        found = _TOKENS[kind].match(self.text, self.at)
        if not found:
            raise self.error(expected)
        self._move_to(found.end())
        return found[0]

    def wrapped(self, kind: str, expected: str) -> str:
        """Like `token`, perhaps within the brackets of NumPy or PyTorch."""
        opened = _WRAPPED.match(self.text, self.at)
        if not opened:
            return self.token(kind, expected)
        self._move_to(opened.end())
        found = self.token(kind, expected)
        device = _DEVICE.match(self.text, self.at)
        if device:
            self._move_to(device.end())
        self.sign(")")
        return found

    def number(self) -> int:
        """Reads the number of a state."""
        return int(self.wrapped("number", "the number of a state"))

    def items(self, opens: str, read: Callable) -> list:
        """Reads a list of items, each by `read`, in one of the brackets."""
        close = self.sign(opens)
        items = []
        while not self.accept(close):
            items.append(read())
            if not self.accept(","):
                self.sign(close)
                break
        return items

    def error(
        self, expected: str, at: int | None = None
    ) -> checks.GenotypeError:
        """An error about the next token, or about the one at a position."""
        at = self.at if at is None else at
        line = self.text.count("\n", 0, at) + 1
        column = at - self.text.rfind("\n", 0, at)
        rest = self.text[at : at + 30].partition("\n")[0]
        found = errors.shown(rest) if rest else "the end"
        return checks.GenotypeError(
            f"line {line} column {column}: expected {expected}, found {found}"
        )

    def go_back(self, at: int) -> None:
        """Continues at the position of an earlier token."""
        self.at = at

    def _move_to(self, at):
        self.last = at
        self.at = _SKIPPED.match(self.text, at).end()
