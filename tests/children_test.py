import pathlib
import signal
import subprocess
import sys
import time

from ednas_tf import children

PARENT = """
import subprocess, sys
from ednas_tf import children
program = "import os, time; print(os.getpid(), flush=True); time.sleep(300)"
words = children.tied([sys.executable, "-c", program])
subprocess.Popen(words).wait()
"""


def is_running(process):
    """Whether there is such a process that is not a zombie."""
    try:
        status = pathlib.Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] not in ("Z", "X")


def test_a_child_ends_when_its_parent_is_killed():
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True
    )
    child = int(parent.stdout.readline())
    assert is_running(child)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    end = time.monotonic() + 10
    while is_running(child):
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_child_is_the_command_itself():
    program = "import sys; print(sys.argv[1:]); sys.exit(3)"
    done = subprocess.run(
        children.tied([sys.executable, "-c", program, "a b", "--c"]),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 3
    assert done.stdout == "['a b', '--c']\n"
