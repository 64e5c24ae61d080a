"""The two ways a command ends badly, and how a name is guessed at."""

import difflib
from collections.abc import Iterable


class RequestError(ValueError):
    """What was asked for cannot be done: one line, exit status 2."""


class RunError(RuntimeError):
    """The run itself failed: one line, exit status 1."""


def nearest(name: object, valid: Iterable[str]) -> str:
    """Names the valid choices, the one closest to `name` first.

    Returns:
      A phrase to end an error message with, such as
      "did you mean 'sep_conv_3x3'? (one of: max_pool_3x3, ...)".
    """
    valid = sorted(valid)
    close = difflib.get_close_matches(str(name), valid, n=1, cutoff=0.5)
    guess = f"did you mean {close[0]!r}? " if close else ""
    return f"{guess}(one of: {', '.join(valid)})"
