"""How numbers and lines look in a terminal."""

import textwrap

#: The most letters in a line.
COLUMNS = 80


def wrapped(text: str, indent: str = "  ") -> str:
    """Breaks a text into lines of at most `COLUMNS` letters.

    Args:
      text: one line; a word that is longer than a line stays whole.
      indent: what all lines but the first begin with.
    """
    return textwrap.fill(
        text,
        COLUMNS,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def count(number: int, noun: str) -> str:
    """ "1 epoch", "2 epochs", "1,000 epochs"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def percent(share: float) -> str:
    """A share from 0 to 1 as "14 %"."""
    return f"{100 * share:.0f} %"
