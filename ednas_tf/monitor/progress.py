"""A progress bar with the time left, on a terminal."""

import contextlib
import io
import sys

import tqdm


class _Above(io.TextIOBase):
    """Hands on what is printed, and keeps the bar below it."""

    def __init__(self, bar, stream):
        self.bar = bar
        self.stream = stream
        self.at_line_start = True

    def write(self, text):
        # Not tqdm's own write: it prints to sys.stdout, which is this here.
        if self.at_line_start:
            self.bar.clear()
        self.stream.write(text)
        self.stream.flush()
        # print() hands over a line in pieces.
        self.at_line_start = text.endswith("\n")
        if self.at_line_start:
            self.bar.refresh()
        return len(text)


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
        stdout = sys.stdout if hidden else _Above(shown, sys.stdout)
        with contextlib.redirect_stdout(stdout):
            yield lambda step: shown.update(step - shown.n)
