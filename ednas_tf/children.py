"""Processes that end with the one that starts them, even if it is killed."""

import os
import sys
from collections.abc import Sequence

#: The variable that the stages of a whole run have.
_STAGE = "EDNAS_TF_STAGE"
#: Asks Linux for SIGTERM at the parent's end (PR_SET_PDEATHSIG), ends if that
#: has come already, and then becomes the command.
_PROGRAM = """
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGTERM)
if os.getppid() != int(sys.argv[1]):
    sys.exit(128 + signal.SIGTERM)
os.execvp(sys.argv[2], sys.argv[2:])
"""


def tied(words: Sequence[object]) -> list[str]:
    """A command that gets SIGTERM when this process ends, however it ends.

    Args:
      words: the program and its arguments.

    Returns:
      The words for `subprocess.Popen`, which must be called by the main thread.
    """
    return [
        *(sys.executable, "-I", "-S", "-c", _PROGRAM, str(os.getpid())),
        *map(str, words),
    ]


def of_whole_run() -> dict[str, str]:
    """The environment of a process that is one stage of a whole run."""
    return {**os.environ, _STAGE: "1"}


def is_stage() -> bool:
    """Whether this process is one stage of a whole run.

    The whole run then says what comes next.
    """
    return _STAGE in os.environ
