"""The pages of the documentation, their code blocks and their commands."""

import dataclasses
import pathlib
import re
import shlex

ROOT = pathlib.Path(__file__).resolve().parents[2]

#: The pages that show a person what to type, in the order of reading. The
#: design and the log explain decisions, and quote commands of their time.
PAGES = (
    "README.md",
    *(
        f"docs/{name}.md"
        for name in (
            *("index", "search", "data", "language", "runs", "devices"),
            *("report", "train", "keras", "serving", "extending"),
            *("measured", "nas_bench_201", "short_trainings"),
        )
    ),
    "docs/python.md",
    "docs/reference.md",
    "docs/paper.md",
    "docs/settings.md",
)

_FENCE = re.compile(r"^( *)```(.*)\n((?:.*\n)*?) *```$", re.MULTILINE)


@dataclasses.dataclass(frozen=True)
class Block:
    """A fenced code block.

    Attributes:
      language: the word after the opening fence, or an empty text.
      text: the lines between the fences.
    """

    language: str
    text: str


@dataclasses.dataclass(frozen=True)
class Command:
    """A command of a page.

    Attributes:
      text: the command on one line, as a person would type it.
    """

    text: str

    @property
    def module(self) -> str:
        """The module that `python -m` starts, else an empty text."""
        words = self._words
        return words[2] if words[:2] == ["python", "-m"] else ""

    @property
    def arguments(self) -> tuple[str, ...]:
        """What follows the module."""
        return tuple(self._words[3:])

    @property
    def _words(self):
        words = shlex.split(self.text)
        # Variables of the environment stand before the program.
        while words and re.match(r"[A-Z_]+=", words[0]):
            words.pop(0)
        return words


def text(page: str) -> str:
    """The text of a page."""
    return (ROOT / page).read_text()


def blocks(page: str, language: str | None = None) -> list[Block]:
    """The code blocks of a page, by default those of all languages."""
    found = [Block(m[2], m[3]) for m in _FENCE.finditer(text(page))]
    return [b for b in found if language in (None, b.language)]


def prose(page: str) -> str:
    """The text of a page without its code blocks."""
    return _FENCE.sub("", text(page))


def commands(page: str) -> list[Command]:
    """The commands of a page, in order."""
    return [
        command
        for block in blocks(page, "bash")
        for command in split(block.text)
    ]


def split(lines: str) -> list[Command]:
    """The commands of a shell block; a command may span lines.

    A line continues the one before if that one ends with a backslash or a
    pipe, or within quotes.
    """
    found, begun = [], ""
    for line in lines.splitlines():
        begun += line + "\n"
        if _is_complete(begun):
            joined = " ".join(begun.replace("\\\n", " ").split())
            if joined:
                found.append(Command(joined))
            begun = ""
    if begun:
        raise ValueError(f"expected a complete command, found {begun!r}")
    return found


def _is_complete(typed):
    if re.search(r"(\\|\|)\s*$", typed):
        return False
    try:
        shlex.split(typed)
    except ValueError:
        # A quotation is open.
        return False
    return True
