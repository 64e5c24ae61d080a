"""Signals to separate processes, because their effects cannot be undone."""

import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

START = """
import hashlib, signal, sys, time
from ednas_tf import interruption, errors
from ednas_tf.commands import running

def started():
    print("started", flush=True)

def main():
{body}

running.run(main)
"""
AT_ONCE = "    started(); time.sleep(50)"
DEFERRED = """
    with interruption.deferred():
        started()
        while not interruption.received():
            time.sleep(0.01)
        print("saved", flush=True)
        raise errors.Interrupted(interruption.received(), "goes on from 3")
"""
# Ignores everything until it is done, like a call of TensorFlow.
DEAF = """
    with interruption.deferred():
        started()
        hashlib.pbkdf2_hmac("sha256", b"", b"", 10**9)
"""
LAST_MOMENT = """
    with interruption.deferred():
        started()
        while not interruption.received():
            time.sleep(0.01)
    print("not reached", flush=True)
"""


def start(body):
    process = subprocess.Popen(
        [sys.executable, "-c", START.format(body=body)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "started\n"
    return process


NOW = "stopping after this step, then saving ... (once more: stop at once)\n"


@pytest.mark.parametrize(
    "number, status, name",
    [(signal.SIGTERM, 143, "SIGTERM"), (signal.SIGINT, 130, "Ctrl-C")],
)
def test_a_signal_ends_the_command_with_one_line(number, status, name):
    process = start(AT_ONCE)
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (status, "")
    assert err == f"stopped by {name}\n"


def test_what_holds_its_directory_can_go_on(tmp_path):
    held = f"""
    import pathlib
    from ednas_tf.runs import run_lock
    with run_lock.held(pathlib.Path({str(tmp_path)!r})):
        started(); time.sleep(50)
"""
    process = start(held)
    process.terminate()
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (143, "")
    assert err == "stopped by SIGTERM; the same command goes on\n"


def test_a_deferred_signal_is_acknowledged_before_it_is_handled():
    process = start(DEAF)
    process.send_signal(signal.SIGINT)
    assert process.stderr.readline() == NOW
    process.kill()
    process.communicate(timeout=20)


def test_a_stage_of_a_whole_run_acknowledges_in_its_place():
    process = start(DEFERRED.replace("deferred()", 'deferred("")'))
    process.terminate()
    assert process.communicate(timeout=20)[1] == (
        "stopped by SIGTERM; goes on from 3\n"
    )


def test_a_deferred_signal_is_handled_later():
    process = start(DEFERRED)
    process.terminate()
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (143, "saved\n")
    assert err == f"{NOW}stopped by SIGTERM; goes on from 3\n"


def test_a_deferred_signal_ends_the_context():
    process = start(LAST_MOMENT)
    process.terminate()
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (143, "")
    assert err == f"{NOW}stopped by SIGTERM\n"


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_ends_the_process_at_once(second):
    process = start(DEAF)
    process.terminate()
    process.send_signal(signal.SIGTERM)
    time.sleep(1.5)
    # Two signals within a second count as one.
    assert process.poll() is None
    process.send_signal(second)
    out, err = process.communicate(timeout=5)
    assert process.returncode == 128 + second
    assert (out, err) == ("", NOW)


@pytest.mark.parametrize("start", [["-m", "ednas_tf.summary"], ["ednas-run"]])
def test_a_command_that_still_imports_ends_without_a_traceback(tmp_path, start):
    (tmp_path / "absl").mkdir()
    slow = "import time\nprint('importing', flush=True)\ntime.sleep(50)"
    (tmp_path / "absl/__init__.py").write_text(slow)
    (tmp_path / "ednas-run").write_text("import ednas_tf.run")
    root = pathlib.Path(__file__).resolve().parents[1]
    process = subprocess.Popen(
        [sys.executable, *start],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": f"{tmp_path}:{root}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "importing\n"
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=30) == ("", "")
    assert process.returncode == -signal.SIGINT


#: A program of somebody else, in which a search runs.
PROGRAM = """
import sys, tempfile, time
from ednas_tf import interruption

kept = tempfile.TemporaryDirectory(dir=sys.argv[1])
with interruption.answering():
    print("started", flush=True)
    time.sleep(50)
"""


def test_a_program_that_ends_by_sigterm_leaves_no_temporary_folder(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(tmp_path)], stdout=subprocess.PIPE
    )
    assert process.stdout.readline() == b"started\n"
    assert len(os.listdir(tmp_path)) == 1
    process.terminate()
    process.communicate(timeout=20)
    assert (process.returncode, os.listdir(tmp_path)) == (143, [])
