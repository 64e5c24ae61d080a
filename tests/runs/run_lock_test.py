import json
import os
import re
import signal
import subprocess
import sys

import pytest

from ednas_tf import errors
from ednas_tf.runs import run_lock
from tests import printed

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
    assert printed.unbroken(capsys.readouterr().err) == (
        f"warning: {tmp_path}/.lock: this file system has no locks; do not "
        "start a second process on this directory\n"
    )


@pytest.mark.parametrize("again", [True, False])
def test_a_directory_that_is_moved_or_begun_again_is_noticed(tmp_path, again):
    run = tmp_path / "run"
    run.mkdir()
    with run_lock.held(run) as lock:
        lock.check()
        run.rename(tmp_path / "moved")
        if again:
            run.mkdir()
            hold(run)
        with pytest.raises(errors.RunError) as raised:
            lock.check()
    assert str(raised.value).startswith(
        f"{run}: expected the directory that this run was started in, found "
        "that it was moved, removed or replaced; nothing more is written; "
    )
    assert os.listdir(tmp_path / "moved") == [".lock"]
    assert run.exists() == again


def test_a_directory_removed_before_it_is_locked_is_not_held(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(
        run_lock.fcntl, "flock", lambda *_: os.remove(tmp_path / ".lock")
    )
    assert "is in use by another process" in refusal(hold, tmp_path)


@pytest.mark.parametrize("call", [hold, run_lock.check])
@pytest.mark.parametrize("kind", ["link", "dangling", "pipe", "text", "large"])
def test_nothing_but_a_lock_is_opened_as_one(tmp_path, call, kind):
    run, notes = tmp_path / "run", tmp_path / "notes"
    run.mkdir()
    notes.write_text("precious")
    lock = run / ".lock"
    if kind == "pipe":
        os.mkfifo(lock)
    elif kind == "text":
        lock.write_text("precious")
    elif kind == "large":
        lock.write_text('{"pid": ' + "9" * 9999)
    else:
        lock.symlink_to(notes if kind == "link" else tmp_path / "none")
    assert refusal(call, run).startswith(
        f"{lock}: expected a lock, which is a plain file of this directory, "
    )
    assert notes.read_text() == "precious"
    assert not (tmp_path / "none").exists()
    if kind == "text":
        assert lock.read_text() == "precious"


def test_a_lock_that_a_killed_process_cut_short_is_taken(tmp_path):
    for content in ('{"p', '{"pid": 12', '{"pid": 12, "host": "a"}'):
        (tmp_path / ".lock").write_text(content)
        hold(tmp_path)
