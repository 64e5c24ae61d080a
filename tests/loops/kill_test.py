"""SIGKILL at random moments; see `benchmarks/kill_and_resume.py`."""

import numpy as np
import pytest

from benchmarks import kill_and_resume
from tests import forked


class Process(forked.Process):
    """A command whose errors pytest shows."""

    def __init__(self, command, words, folder):
        super().__init__(f"ednas_tf.{command}", words, folder)

    def poll(self):
        status = super().poll()
        if status and status > 0:
            print(self.printed("err"))
        return status


@pytest.fixture(scope="module", autouse=True)
def imported(tmp_path_factory):
    """Else the first run would seem to take the time of the import, too."""
    folder = tmp_path_factory.mktemp("imported")
    assert Process("search", ["--version"], folder).wait() == 0


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
