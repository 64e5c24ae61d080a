"""A progress bar that shows the time left in a terminal."""

import contextlib
import functools
import io
import sys

import tqdm

#: Whether bars are hidden in a terminal, too.
_quiet = False


@contextlib.contextmanager
def quiet():
    """A context in which no bar is shown and nothing is printed but warnings.

    Warnings go to stderr.
    """
    global _quiet
    before, _quiet = _quiet, True
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        _quiet = before


class _Above(io.TextIOBase):
    """Passes on what is printed, and keeps the bar below it."""

    def __init__(self, bar, stream):
        self.bar = bar
        self.stream = stream
        self.at_line_start = True

    def write(self, text):
        # tqdm's own write would print to sys.stdout, which is this object.
        if self.at_line_start:
            self.bar.clear()
        self.stream.write(text)
        self.stream.flush()
        # print() hands over a line in pieces.
        self.at_line_start = text.endswith("\n")
        if self.at_line_start:
            self.bar.refresh()
        return len(text)


#: A bar without an estimate of its own.
_PLAIN = (
    "{desc}: {percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} [{elapsed}{postfix}]"
)


@contextlib.contextmanager
def bar(description: str, total: int, done: int, estimates: bool = True):
    """Shows a bar within the context, below everything that is printed.

    Args:
      description: the text before the bar.
      total: the number of all steps.
      done: the number of steps before this start; the time left is estimated
        from the others.
      estimates: whether the bar shows its own estimate of the time left.

    Yields:
      A function (step, text="") that moves the bar to a step, and shows the
      text beside it until there is another one.
    """
    hidden = _quiet or not sys.stderr.isatty()
    with tqdm.tqdm(
        desc=description,
        total=total,
        initial=done,
        disable=hidden,
        unit="step",
        bar_format=None if estimates else _PLAIN,
    ) as shown:
        stdout = sys.stdout if hidden else _Above(shown, sys.stdout)
        with contextlib.redirect_stdout(stdout):
            yield functools.partial(_show, shown)


def _show(shown, step, text=""):
    if text:
        shown.set_postfix_str(text, refresh=False)
    shown.update(step - shown.n)
