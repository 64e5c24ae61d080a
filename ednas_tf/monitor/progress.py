"""A progress bar with the time left, on a terminal."""

import contextlib
import sys

import tqdm


class _Above:
    """A stream whose lines are printed above the bar."""

    def __init__(self, bar):
        self.bar = bar

    def write(self, text):
        if text.strip():
            self.bar.write(text.rstrip("\n"))

    def flush(self):
        pass


@contextlib.contextmanager
def bar(description: str, total: int, done: int):
    """Shows a bar while in the context; prints pass above it.

    Args:
      description: stands before the bar.
      total: steps in all.
      done: steps before this start, which do not count for the time left.

    Yields:
      step -> None, moves the bar to a step.
    """
    hidden = not sys.stderr.isatty()
    with tqdm.tqdm(
        desc=description, total=total, initial=done, disable=hidden, unit="step"
    ) as shown:
        stdout = sys.stdout if hidden else _Above(shown)
        with contextlib.redirect_stdout(stdout):
            yield lambda step: shown.update(step - shown.n)
