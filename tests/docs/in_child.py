"""What a child process does with a command of a page.

A command takes seconds to import TensorFlow. The children are therefore copies
of one process that has imported it already (multiprocessing's "forkserver").
"""

import functools
import importlib
import os
import runpy
import sys
from collections.abc import Sequence

from absl import flags

#: What the process that is copied imports.
PRELOADED = (
    *("tensorflow", "keras", "tensorflow_probability"),
    *("matplotlib.pyplot", "bokeh.plotting", "sklearn.datasets"),
)


def run(
    module: str,
    arguments: Sequence[str],
    folder: str,
    output: str,
) -> None:
    """Runs a command as `python -m` does.

    The stages of `ednas_tf.run` are left out once it has checked all of them:
    they are commands of their own.

    Args:
      module: what `python -m` is given.
      arguments: its flags.
      folder: the working directory.
      output: the file for what the command prints.
    """
    _redirect(output)
    os.chdir(folder)
    if module == "ednas_tf.run":
        from ednas_tf.loops import whole_run

        whole_run.run = lambda *_: print("all stages can begin")
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def parse(module: str, arguments: Sequence[str], output: str) -> None:
    """Parses the flags of a command and does nothing else; see `run`."""
    _redirect(output)
    sys.argv = [module, *arguments]
    found = importlib.import_module(module)
    if not hasattr(found, "command"):
        flags.FLAGS(sys.argv)
        return
    found.main = functools.wraps(found.main)(lambda: None)
    found.command()


def _redirect(output):
    file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for descriptor in (1, 2):
        os.dup2(file, descriptor)
    sys.stdout = open(1, "w", closefd=False)
    sys.stderr = open(2, "w", closefd=False)
