import shutil
import subprocess
import sys

import numpy as np
import pytest

from ednas_tf import errors
from ednas_tf.export.exports import CLI, Request
from ednas_tf.export.gate import other_processes

ASKED = Request(CLI, {"images": np.zeros((1, 8, 8, 1), np.uint8)})


def test_what_does_not_run_in_another_process(monkeypatch):
    monkeypatch.setattr(
        other_processes,
        "_commands",
        lambda *_: {
            "good": ["true"],
            "bad": ["sh", "-c", "echo first; echo second >&2; exit 3"],
        },
    )
    with pytest.raises(errors.RunError, match=r"process \(bad\): second"):
        other_processes.run(None, [ASKED])


def test_a_process_that_says_nothing(monkeypatch):
    monkeypatch.setattr(
        other_processes,
        "_commands",
        lambda *_: {"bad": [shutil.which("false")]},
    )
    with pytest.raises(errors.RunError, match="no message"):
        other_processes.run(None, [ASKED])


def test_the_other_process_has_neither_keras_nor_this_project():
    script = other_processes.SCRIPT
    program = (
        "import runpy, sys; sys.path.insert(0, sys.argv[2])\n"
        "runpy.run_path(sys.argv[1])\n"
        "for name in ('keras', 'tf_keras', 'ednas_tf', 'export'):\n"
        "    try:\n"
        "        __import__(name)\n"
        "    except ImportError:\n"
        "        print('no', name)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, script, script.parent],
        capture_output=True,
        text=True,
    )
    assert done.stdout.splitlines() == [
        "no keras",
        "no tf_keras",
        "no ednas_tf",
        "no export",
    ]
