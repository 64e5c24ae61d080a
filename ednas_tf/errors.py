"""The errors that end a command, and helpers for their messages."""

import difflib
import functools
import re
import reprlib
import signal
import sys
from collections.abc import Callable, Iterable, Sequence

from ednas_tf import wording

#: Advice for missing packages that only exports need. The second half is for a
#: checkout that is not installed, where pip does not know the extras.
INSTALL_EXPORT = (
    'run: python -m pip install "ednas_tf[export]" (in a checkout: '
    "python -m pip install -r requirements-export.txt)"
)
#: Flags of the commands that are arguments of Python functions, too; and those
#: that have other names there.
_SAME = (
    *("config_file", "data_dir", "export_dir", "genotype", "litert"),
    *("model_dir", "onnx", "output", "plugin", "weights"),
)
_OTHER = {
    "dataset": "x",
    "deterministic": "runtime.deterministic",
    "distribution_strategy": "runtime.distribution_strategy",
    "download": "download=True",
}
_FLAG = re.compile(rf"(?<![\w/.-])--({'|'.join((*_SAME, *_OTHER))})\b")
#: Whether a Python program has called a function of the package.
_python = False


class RequestError(ValueError):
    """The request cannot be fulfilled: one line, exit status 2."""


class RunError(RuntimeError):
    """The run itself failed: one line, exit status 1."""


class LostProcess(RunError):
    """Another process of the run has ended, so this one must restart."""


class Interrupted(BaseException):
    """A signal ended the run: one line, exit status 128 + its number.

    It is not an `Exception`, so that no library mistakes it for one of its
    errors.

    Attributes:
      signal: the signal.
    """

    def __init__(self, number: signal.Signals, message: str = ""):
        name = "Ctrl-C" if number == signal.SIGINT else number.name
        super().__init__(f"stopped by {name}{message and '; '}{message}")
        self.signal = number


def in_python(function: Callable) -> Callable:
    """Lets errors and warnings of a function name arguments, not flags."""

    @functools.wraps(function)
    def call(*args, **kwargs):
        global _python
        before, _python = _python, True
        try:
            return function(*args, **kwargs)
        except (RequestError, RunError) as error:
            error.args = (_of_arguments(str(error)),)
            raise
        finally:
            _python = before

    return call


def is_python_call() -> bool:
    """Whether a Python program, and no command, has asked for what is done."""
    return _python


def _of_arguments(text):
    """Replaces the names of flags by those of arguments."""
    return _FLAG.sub(lambda flag: _OTHER.get(flag[1], flag[1]), text)


def warn(message: str) -> None:
    """Prints a warning about something that does not end the run.

    Args:
      message: one line; a long one is broken, as other output is.
    """
    text = _of_arguments(message) if _python else message
    line = f"warning: {one_line(text)}"
    print(wording.wrapped(line), file=sys.stderr, flush=True)


def one_line(text: str) -> str:
    """A text as one line, with unprintable characters escaped.

    A line break and the blanks around it become one blank. Other blanks stay,
    because they can belong to a path.
    """
    text = re.sub(r"\s*[^\S ]\s*", " ", text).strip()
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def first_line(error: BaseException) -> str:
    """The first line of an error's message, at most 200 characters.

    Names of TensorFlow's graph nodes are removed.
    """
    text = re.sub(r"{{.*?}} |\s*\[Op:\w+\]", "", str(error)).strip()
    return (text.splitlines() or [type(error).__name__])[0][:200]


class _Repr(reprlib.Repr):
    """A `repr` that visits no more of a value than it shows."""

    def __init__(self):
        super().__init__()
        self.maxlist = self.maxtuple = self.maxdict = 8
        self.maxstring = self.maxother = 100

    def repr_int(self, x, level):
        # Python refuses to print more than 4,300 digits.
        if x.bit_length() > 10_000:
            return f"an integer of {x.bit_length()} bits"
        return repr(x)


_REPR = _Repr()


def shown(value: object) -> str:
    """The `repr` of a value for an error message: a line of 120 characters."""
    return shortened(one_line(_REPR.repr(value)), 120)


def shortened(text: str, most: int) -> str:
    """A text of at most `most` characters; if necessary, its middle is cut."""
    if len(text) <= most:
        return text
    half = (most - 5) // 2
    return f"{text[:half]} ... {text[-half:]}"


def listed(names: Sequence[str], most: int = 10) -> str:
    """The first of several names, and the number of the others."""
    more = len(names) - most
    text = ", ".join(names[:most])
    return f"{text} and {more} more" if more > 0 else text


def nearest(name: str, valid: Iterable[str], prefix: str = "") -> str:
    """Lists the valid choices and suggests the one closest to `name`.

    Args:
      name: what was found.
      valid: the choices.
      prefix: what stands before a choice where a person writes it.

    Returns:
      The end of an error message, which follows the name that was found, such
      as ", did you mean 'sep_conv_3x3'? (one of: max_pool_3x3, ...)".
    """
    valid = sorted(valid)
    close = difflib.get_close_matches(name[:100], valid, n=1, cutoff=0.5)
    guess = f", did you mean {prefix + close[0]!r}?" if close else ""
    return f"{guess} (one of: {', '.join(valid)})"
