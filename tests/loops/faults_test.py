"""Faults of the machine, in processes of their own."""

import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

from benchmarks import kill_and_resume
from tests import forked
from tests.data import pictures

WORDS = kill_and_resume.arguments("search", 8)
LIMITED = """
import resource, sys
from ednas_tf import search
from ednas_tf.commands import running

def main():
    import tensorflow as tf
    from ednas_tf.loops.search import search_loop

    tf.zeros([1])
    with open("/proc/self/statm") as file:
        now = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + 4 * 2**30,) * 2)
    search.main()

running.run(main)
"""


def run(folder, *words):
    """Runs a small search in a folder; returns its status and error lines."""
    status, _, told = forked.run(
        "ednas_tf.search", *WORDS, *words, folder=folder
    )
    return status, told.splitlines()


def run_limited(folder, *words):
    """Runs it in a process that gets little more memory than it has."""
    process = subprocess.run(
        [sys.executable, "-c", LIMITED, *WORDS, *words],
        cwd=folder,
        env=os.environ
        | {
            "PYTHONPATH": str(kill_and_resume.ROOT),
            "TF_CPP_MIN_LOG_LEVEL": "3",
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        timeout=300,
    )
    return process.returncode, process.stderr.splitlines()


@pytest.fixture
def disk(tmp_path):
    """Mounts a small file system; (options) -> its folder, again: anew."""
    folder = tmp_path / "disk"
    folder.mkdir()

    def mount(options):
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
        result = subprocess.run(command, capture_output=True, text=True)
        if result.returncode:
            pytest.skip(f"cannot mount a file system: {result.stderr.strip()}")
        return folder

    yield mount
    while os.path.ismount(folder):
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """What a search leaves that no fault stops."""
    folder = tmp_path_factory.mktemp("whole")
    assert run(folder)[0] == 0
    return kill_and_resume.contents(folder / "run", "search")


def test_no_space_left(disk, whole):
    folder = disk("size=380k")
    status, lines = run(folder)
    assert status == 1
    assert len(lines) == 1
    assert lines[0].startswith("error: ")
    assert "No space left on device" in lines[0]
    # What is there is whole, and nothing half written is left.
    assert kill_and_resume.last_step(folder / "run") > 0
    with np.load(folder / "run/policy.npz") as arrays:
        assert 1 <= len(arrays["probabilities/operations/normal"]) <= 4
    assert not list(folder.glob("run/checkpoints/*temp*"))

    disk("remount,size=100m")
    assert run(folder)[0] == 0
    found = kill_and_resume.contents(folder / "run", "search")
    assert kill_and_resume.compare(whole, found) == []


def files(folder):
    return [file for file in pathlib.Path(folder).rglob("*") if file.is_file()]


def test_a_directory_that_became_read_only(disk):
    folder = disk("size=100m")
    assert run(folder, "--params_override=search.epochs=1")[0] == 0
    before = {file: file.read_bytes() for file in files(folder)}
    disk("remount,ro")
    status, lines = run(folder, "--params_override=search.epochs=1")
    assert (status, len(lines)) == (2, 1)
    assert lines[0] == (
        "error: run: cannot be written: Read-only file system; choose another "
        "--model_dir"
    )
    assert before == {file: file.read_bytes() for file in files(folder)}


def test_a_damaged_last_checkpoint(tmp_path, whole):
    assert run(tmp_path)[0] == 0
    folder = tmp_path / "run/checkpoints"
    last = kill_and_resume.last_step(tmp_path / "run")
    file = folder / f"ckpt-{last}.data-00000-of-00001"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    for name in ("candidates.csv", "genotype.json"):
        (tmp_path / "run" / name).unlink()

    status, lines = run(tmp_path)
    assert status == 0
    assert any(
        line.startswith(f"warning: run/checkpoints: ckpt-{last} cannot be read")
        for line in lines
    )
    found = kill_and_resume.contents(tmp_path / "run", "search")
    assert kill_and_resume.compare(whole, found) == []


def test_too_little_memory(tmp_path, monkeypatch):
    # The first thing that is computed is too large: where room is lacking in
    # the middle of a convolution, TensorFlow may end the process itself. So do
    # oneDNN's convolutions on processors with AMX, wherever room is lacking.
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    images = pictures.folder(tmp_path / "images", 10)
    status, lines = run_limited(
        tmp_path,
        *("--dataset=images", f"--data_dir={images}"),
        "--params_override=data.image_size=2048,search.network.stem=cifar,"
        "search.network.channels=128,search.batch_size=2,policy.batch_size=2",
    )
    assert status == 1
    assert lines[-1].startswith(
        "error: out of memory, for a tensor with shape[1,2048,2048,384]"
    )
    assert lines[-1].endswith("use smaller batches or networks")
