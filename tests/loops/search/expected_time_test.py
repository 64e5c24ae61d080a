import types

import pytest

from ednas_tf.loops.schedule import CHILD, POLICY, Schedule
from ednas_tf.loops.search import expected_time
from ednas_tf.settings import resolve

SECONDS = {CHILD: 0.5, POLICY: 0.25}


def test_the_time_of_all_steps():
    schedule = Schedule(epochs=3, child_steps=10, policy_steps=4)
    assert expected_time.total(schedule, SECONDS) == 3 * (5 + 1)


def trainer(schedule):
    settings = resolve.resolve("digits", overrides="train.epochs=20")
    task = types.SimpleNamespace(settings=settings, train_steps=lambda _: 3)
    return types.SimpleNamespace(schedule=schedule, task=task)


@pytest.mark.parametrize("steps, measured", [(430, False), (450, True)])
def test_only_long_searches_are_measured(monkeypatch, steps, measured):
    """40 steps for each that is timed, and for the first ones."""
    monkeypatch.setattr(expected_time, "measure", lambda _: SECONDS)
    schedule = Schedule(epochs=1, child_steps=steps - 10, policy_steps=10)
    found = expected_time.expect(trainer(schedule))
    assert bool(found) == measured
    if measured:
        # 440 * 0.5 + 10 * 0.25 seconds.
        assert found.epoch == 222.5
        assert found.text.splitlines() == [
            "expected time: 3 min 42 s (1 epoch of 440 child steps (0.5 s "
            "each) and 10 policy",
            "  steps (0.25 s each); shorten it by search.epochs)",
        ]


def test_a_whole_run_is_told_as_a_whole(monkeypatch):
    monkeypatch.setenv("EDNAS_TF_STAGE", "1")
    monkeypatch.setattr(expected_time, "measure", lambda _: SECONDS)
    # A step of the training computes twice as much as a child step.
    monkeypatch.setattr(expected_time, "_ratio", lambda _: 2.0)
    made = trainer(Schedule(epochs=2, child_steps=200, policy_steps=40))
    lines = expected_time.expect(made).text.splitlines()
    # 2 * (100 + 10) seconds, 20 * 3 * 0.5 * 2 seconds, and the export.
    assert lines[0] == "expected time: 5 min 20 s in all"
    assert lines[1].startswith("  search: 3 min 40 s (2 epochs of 200 child st")
    assert lines[3:] == [
        "  training: 1 min (estimated; 20 epochs, 60 steps; shorten it by "
        "train.epochs)",
        "  export: 40 s (about the same for all small networks)",
    ]


@pytest.mark.parametrize("processes, seconds", [(1, 14.0), (2, 7.0)])
def test_short_trainings_share_the_processes(processes, seconds):
    settings = resolve.resolve(
        "digits",
        overrides="search.short.trainings=4,search.short.rungs=1,"
        "search.short.steps=2,search.short.repeats=0,search.short.controls=5,"
        f"search.short.confirmations=3,runtime.processes={processes}",
    )
    # (4 + 5 + 3 + 2) trainings of 2 steps, half a second each.
    part = expected_time._short(settings, 0.5)
    assert part.seconds == seconds
    assert "28 steps" in part.reason
