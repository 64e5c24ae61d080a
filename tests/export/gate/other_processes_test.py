import shutil
import subprocess
import sys

import numpy as np
import pytest

from ednas_tf import errors
from ednas_tf.export.gate import other_processes
from ednas_tf.export.interface import CLI, SignatureRequest

REQUEST = SignatureRequest(CLI, {"images": np.zeros((1, 8, 8, 1), np.uint8)})


def test_a_failing_process_is_a_run_error(monkeypatch, tmp_path):
    monkeypatch.setattr(
        other_processes,
        "_commands",
        lambda *_: {
            "good": ["true"],
            "bad": ["sh", "-c", "echo first; echo second >&2; exit 3"],
        },
    )
    with pytest.raises(errors.RunError, match=r"process \(bad\): second"):
        other_processes.run(tmp_path / "1", [REQUEST])


def test_a_failing_process_without_a_message(monkeypatch, tmp_path):
    monkeypatch.setattr(
        other_processes,
        "_commands",
        lambda *_: {"bad": [shutil.which("false")]},
    )
    with pytest.raises(errors.RunError, match="no message"):
        other_processes.run(tmp_path / "1", [REQUEST])


def test_load_alone_imports_neither_keras_nor_this_project():
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
