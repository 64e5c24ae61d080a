"""SIGKILL at random moments; see `benchmarks/kill_and_resume.py`.

The processes are forked from one that has imported TensorFlow and computed
nothing, which saves its import in each of them.
"""

import multiprocessing
import os
import sys

import numpy as np
import pytest

from benchmarks import kill_and_resume

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(
    ["ednas_tf.loops.train.train_loop", "ednas_tf.data.datasets.digits"]
)


class Process:
    """What `kill_and_resume` needs of a `subprocess.Popen`."""

    def __init__(self, *args):
        self._process = CONTEXT.Process(target=run, args=args)
        self._process.start()
        self.kill = self._process.kill

    def wait(self):
        self._process.join()
        return self._process.exitcode

    def poll(self):
        return self._process.exitcode

    @property
    def returncode(self):
        return self._process.exitcode


def run(command, arguments, folder):
    from ednas_tf import search, train
    from ednas_tf.commands import running

    os.chdir(folder)
    sys.argv = [command, *arguments]
    sys.stdout = open(os.devnull, "w")
    running.run({"search": search.main, "train": train.main}[command])


@pytest.fixture(scope="module", autouse=True)
def imported():
    """Else the first run would seem to take the time of the import, too."""
    process = CONTEXT.Process(target=os.getpid)
    process.start()
    process.join()


@pytest.mark.parametrize("command, kills", [("search", 4), ("train", 1)])
def test_killed_runs_end_as_one_that_was_not(tmp_path, command, kills):
    result = kill_and_resume.measure(
        tmp_path, command, 8, kills, kills_a_run=10, seed=1, start=Process
    )
    assert result.differences == []
    assert (result.kills, result.equal_kills) == (kills, kills)
    # Of so many not all are before the first checkpoint.
    assert kills < 4 or max(result.steps) > 0


def test_a_difference_is_found(tmp_path):
    whole = tmp_path / "whole"
    for folder, seed in ((whole, 0), (tmp_path / "other", 1)):
        folder.mkdir()
        words = kill_and_resume.arguments("search", 4)
        words = [*words, f"--seed={seed}"]
        assert Process("search", words, folder).wait() == 0
    one, other = (
        kill_and_resume.contents(folder / "run", "search")
        for folder in (whole, tmp_path / "other")
    )
    assert kill_and_resume.compare(one, one) == []
    different = kill_and_resume.compare(one, other)
    assert {"policy.npz", "candidates.csv", "genotype.json"} <= set(different)
    # Weights, velocities, policies and their moments among them.
    assert len(different) > 40
    name = "rewards/.ATTRIBUTES/VARIABLE_VALUE"
    last_bit = one[name].copy()
    last_bit[0] = np.nextafter(last_bit[0], np.float32(1))
    assert kill_and_resume.compare(one, one | {name: last_bit}) == [name]
