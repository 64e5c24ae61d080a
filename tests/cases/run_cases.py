"""Runs the folders of inputs that once failed, where they are there.

    EDNAS_TF_SHARED=... python -m pytest tests/cases/run_cases.py

EDNAS_TF_SHARED names the folder above `cases`; `table.py` says what is right.
This is not among the tests of `make test`, because some cases take minutes.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

from tests.cases.table import CASES

_ROOT = pathlib.Path(__file__).resolve().parents[2]
_SHARED = pathlib.Path(
    os.environ.get("EDNAS_TF_SHARED", _ROOT.parent / "shared")
)


@pytest.fixture
def checkout(tmp_path):
    """A folder that looks like a checkout, in which a command may write."""
    made = tmp_path / "checkout"
    (made / ".venv" / "bin").mkdir(parents=True)
    for name in ("configs", "ednas_tf", "export", "tests"):
        (made / name).symlink_to(_ROOT / name)
    python = made / ".venv" / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    return made


def _run(case, checkout):
    """The exit status of a case's command, and what it printed."""
    source = _SHARED / "cases" / case.folder
    if not source.is_dir():
        pytest.skip(f"no folder {source}: EDNAS_TF_SHARED names the one above")
    folder, home, output = (
        checkout.parent / name for name in ("case", "home", "output")
    )
    shutil.copytree(source, folder)
    home.mkdir()
    output.mkdir()
    script = case.command or 'bash "$H/cmd.sh" "$@"'
    done = subprocess.run(
        ["bash", "-c", script, "bash", *case.arguments],
        cwd=checkout,
        env=os.environ
        | {"P": str(checkout), "CHECKOUT": str(checkout), "H": str(folder)}
        | {"HOME": str(home), "O": str(output)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=case.seconds,
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize(
    "case", CASES, ids=lambda case: "-".join((case.folder, *case.arguments))
)
def test_an_input_that_once_failed(case, checkout):
    status, printed = _run(case, checkout)

    assert "Traceback" not in printed, printed
    assert case.status in (None, status), printed
    for pattern in case.found:
        assert re.search(pattern, printed), f"{pattern!r} in: {printed}"
    for pattern in case.absent:
        assert not re.search(pattern, printed), f"{pattern!r} in: {printed}"
    count = sum(line.startswith("error: ") for line in printed.splitlines())
    assert count == case.errors, printed
