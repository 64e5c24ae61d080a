"""The ways a command ends badly, and how errors speak of what they found."""

import difflib
import re
import reprlib
import signal
import sys
from collections.abc import Iterable

#: Ends the messages about packages that only exports need. The second half is
#: for a checkout that is not installed: pip does not know its extras there.
INSTALL_EXPORT = (
    'run: python -m pip install "ednas_tf[export]" (in a checkout: '
    "python -m pip install -r requirements-export.txt)"
)


class RequestError(ValueError):
    """What was asked for cannot be done: one line, exit status 2."""


class RunError(RuntimeError):
    """The run itself failed: one line, exit status 1."""


class LostProcess(RunError):
    """Another process of the run has ended: this one has to start again."""


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
    print("warning:", one_line(message), file=sys.stderr, flush=True)


def one_line(text: str) -> str:
    """A text, such as a library's error or a path, without what is no print."""
    text = " ".join(text.split())
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def first_line(error: BaseException) -> str:
    """The first line of a library's message, 200 characters at most.

    Without the names that TensorFlow gives to nodes of its graph.
    """
    text = re.sub(r"{{.*?}} |\s*\[Op:\w+\]", "", str(error)).strip()
    return (text.splitlines() or [type(error).__name__])[0][:200]


class _Repr(reprlib.Repr):
    """Looks at no more of a value than is shown."""

    def __init__(self):
        super().__init__()
        self.maxlist = self.maxtuple = self.maxdict = 8
        self.maxstring = self.maxother = 100

    def repr_int(self, x, level):
        # Python refuses to write more than 4,300 digits.
        if x.bit_length() > 10_000:
            return f"an integer of {x.bit_length()} bits"
        return repr(x)


_REPR = _Repr()


def shown(value: object) -> str:
    """What `repr` gives for a value that was found, 120 characters at most."""
    return shortened(_REPR.repr(value), 120)


def shortened(text: str, most: int) -> str:
    """A text of at most so many characters, without its middle if need be."""
    if len(text) <= most:
        return text
    half = (most - 5) // 2
    return f"{text[:half]} ... {text[-half:]}"


def nearest(name: str, valid: Iterable[str]) -> str:
    """Names the valid choices, the one closest to `name` first.

    Returns:
      A phrase to end an error message with, such as
      "did you mean 'sep_conv_3x3'? (one of: max_pool_3x3, ...)".
    """
    valid = sorted(valid)
    close = difflib.get_close_matches(name[:100], valid, n=1, cutoff=0.5)
    guess = f"did you mean {close[0]!r}? " if close else ""
    return f"{guess}(one of: {', '.join(valid)})"
