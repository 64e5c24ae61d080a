import json
import os
import re
import signal
import subprocess
import sys

import pytest

from ednas_tf import errors
from ednas_tf.runs import run_lock

HOLD = """
import pathlib, sys, time
from ednas_tf.runs import run_lock
with run_lock.held(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(100)
"""


@pytest.fixture
def holder(tmp_path):
    """Another process, which holds tmp_path."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def refusal(call, directory):
    with pytest.raises(errors.RequestError) as raised:
        call(directory)
    return str(raised.value)


def hold(directory):
    with run_lock.held(directory):
        pass


@pytest.mark.parametrize("call", [hold, run_lock.check])
def test_a_second_process_is_refused_with_a_message_naming_the_first(
    tmp_path, holder, call
):
    assert re.fullmatch(
        rf"{tmp_path}: is in use by process {holder.pid} on \S+ since "
        r"20\d\d-\d\d-\d\d \d\d:\d\d:\d\d \S*; wait until it ends, or choose "
        "another --model_dir",
        refusal(call, tmp_path),
    )


def test_the_lock_of_a_killed_process_is_taken_over(tmp_path, holder):
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    run_lock.check(tmp_path)
    with run_lock.held(tmp_path):
        held = json.loads((tmp_path / ".lock").read_text())
        assert held["pid"] == os.getpid()


def test_the_lock_ends_with_the_context(tmp_path):
    for _ in range(2):
        hold(tmp_path)
    run_lock.check(tmp_path)


def test_there_is_one_holder_within_one_process_too(tmp_path):
    with run_lock.held(tmp_path):
        assert f"process {os.getpid()} on" in refusal(hold, tmp_path)


def test_a_holder_that_has_not_written_its_name_yet(tmp_path):
    with run_lock.held(tmp_path):
        (tmp_path / ".lock").write_text("")
        assert "is in use by another process; " in refusal(hold, tmp_path)


def test_a_check_creates_nothing(tmp_path):
    run_lock.check(tmp_path)
    run_lock.check(tmp_path / "new")
    assert not os.listdir(tmp_path)


def test_a_file_system_without_locks(tmp_path, monkeypatch, capsys):
    def flock(*_):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(run_lock.fcntl, "flock", flock)
    hold(tmp_path)
    assert capsys.readouterr().err == (
        f"warning: {tmp_path}/.lock: this file system has no locks; do not "
        "start a second process on this directory\n"
    )
