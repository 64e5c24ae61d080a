"""The ways a command ends badly, and how a name is guessed at."""

import difflib
import signal
import sys
from collections.abc import Iterable


class RequestError(ValueError):
    """What was asked for cannot be done: one line, exit status 2."""


class RunError(RuntimeError):
    """The run itself failed: one line, exit status 1."""


class Interrupted(BaseException):
    """A signal ended the run: one line, exit status 128 and its number.

    No `Exception`, so that no library takes it for an error of its own.

    Attributes:
      signal: which one.
    """

    def __init__(self, number: signal.Signals, message: str = ""):
        super().__init__(f"stopped by {number.name}{message and '; '}{message}")
        self.signal = number


def warn(message: str) -> None:
    """Tells of something that does not stop the run, in one line."""
    print("warning:", " ".join(message.split()), file=sys.stderr, flush=True)


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
