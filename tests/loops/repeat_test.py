"""Equal runs in processes of their own, and one that is watched."""

import csv
import io
import json
import re
import time

import numpy as np
import pytest
from tensorboard.backend.event_processing import event_accumulator

from benchmarks import kill_and_resume
from tests import forked

WORDS = kill_and_resume.arguments("search", 12)
#: An array with a row for the start and for each epoch.
POLICY = "probabilities/operations/normal"


def start(folder, *words):
    return forked.Process("ednas_tf.search", words, folder)


def watch(directory, seen):
    """Looks at all that a person may look at; raises if it is not whole."""
    try:
        with np.load(directory / "policy.npz") as arrays:
            # The version of the file is a number, and has no rows.
            rows = {name: len(np.atleast_1d(arrays[name])) for name in arrays}
        seen["policies"].add(rows[POLICY])
        assert rows.get("epoch/counts", 0) == rows[POLICY] - 1
        text = (directory / "candidates.csv").read_text()
        seen["candidates"].add(len(list(csv.DictReader(io.StringIO(text)))))
        assert text.endswith("\n")
    except FileNotFoundError:
        pass
    if (directory / "summaries").exists():
        events = event_accumulator.EventAccumulator(
            str(directory / "summaries"), {"tensors": 0}
        )
        events.Reload()
        if "child/loss" in events.Tags()["tensors"]:
            seen["losses"].add(len(events.Tensors("child/loss")))


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    """A search that is looked at all the time, and what was seen."""
    folder = tmp_path_factory.mktemp("watched")
    seen = {"policies": set(), "candidates": set(), "losses": set()}
    process = start(folder, *WORDS)
    while process.poll() is None:
        watch(folder / "run", seen)
        time.sleep(0.01)
    assert process.returncode == 0
    watch(folder / "run", seen)
    return folder / "run", seen


def test_who_watches_sees_whole_files_only(watched):
    _, seen = watched
    # Row by row and, of losses, more and more.
    assert max(seen["policies"]) == 4
    assert seen["candidates"] == {10}
    assert len(seen["losses"]) > 1


def test_the_settings_of_a_run_repeat_it_elsewhere(watched, tmp_path):
    directory, _ = watched
    settings = f"--config_file={directory / 'params.yaml'}"
    assert start(tmp_path, settings, "--model_dir=again").wait() == 0

    expected, found = (
        kill_and_resume.contents(each, "search")
        for each in (directory, tmp_path / "again")
    )
    one, other = (
        json.loads(each.pop("genotype.json")) for each in (expected, found)
    )
    assert kill_and_resume.compare(expected, found) == []
    # Its command names the directory.
    assert one["provenance"].pop("command") != other["provenance"].pop(
        "command"
    )
    assert one == other


def test_a_search_that_is_asked_to_stop_saves_before(watched, tmp_path):
    directory = tmp_path / "run"
    process = start(tmp_path, *WORDS)
    # One step in: not where an epoch or the setting asks for a checkpoint.
    while not (directory / "policy.npz").exists():
        assert process.poll() is None
        time.sleep(0.01)
    process.terminate()
    _, told = process.communicate()
    assert process.returncode == 143
    # The signal is acknowledged before the step has ended.
    line = re.fullmatch(
        "(?:stopping .*\n)?"
        "stopped by SIGTERM; (?:the same command goes on from step ([0-9]+)|"
        "no step was done, and the same command begins again)\n",
        told,
    )
    assert line, told
    saved = kill_and_resume.last_step(directory)
    assert int(line[1] or 0) == max(saved, 0)

    assert start(tmp_path, *WORDS).wait() == 0
    expected, found = (
        kill_and_resume.contents(each, "search")
        for each in (watched[0], directory)
    )
    assert kill_and_resume.compare(expected, found) == []
