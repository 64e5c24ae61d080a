import types

import pytest

from ednas_tf.loops.schedule import CHILD, POLICY, Schedule
from ednas_tf.loops.search import budget, expected_time
from ednas_tf.loops.train import train_budget
from ednas_tf.settings import resolve

SECONDS = {CHILD: 0.5, POLICY: 0.25}


def test_the_time_of_all_steps():
    schedule = Schedule(epochs=3, child_steps=10, policy_steps=4)
    assert expected_time.total(schedule, SECONDS) == 3 * (5 + 1)


def small_task(overrides=""):
    settings = resolve.resolve("digits", [], f"train.epochs=20,{overrides}")
    return types.SimpleNamespace(settings=settings, train_steps=lambda _: 3)


@pytest.fixture
def whole(monkeypatch):
    """A whole run, whose training takes half a second for a step."""
    monkeypatch.setenv("EDNAS_TF_STAGE", "1")
    monkeypatch.setattr(expected_time, "measure", lambda _: SECONDS)
    cost = train_budget.Cost(5.0, 0.5, 0.0)
    monkeypatch.setattr(expected_time, "_cost", lambda _: cost)


def trainer(schedule):
    task = small_task()
    return types.SimpleNamespace(schedule=schedule, task=task)


@pytest.mark.parametrize("steps, measured", [(430, False), (450, True)])
def test_only_long_searches_are_measured(monkeypatch, capsys, steps, measured):
    """40 steps for each that is timed, and for the first ones."""
    monkeypatch.setattr(expected_time, "measure", lambda _: SECONDS)
    schedule = Schedule(epochs=1, child_steps=steps - 10, policy_steps=10)
    found = expected_time.expect(trainer(schedule), None)
    assert bool(found) == measured
    told = "timing some steps of each kind ...\n"
    assert capsys.readouterr().out == (told if measured else "")
    if measured:
        # 440 * 0.5 + 10 * 0.25 seconds.
        assert found.epoch == 222.5
        assert found.text.splitlines() == [
            "expected time: 3 min 42 s (1 epoch of 440 child steps (0.5 s "
            "each) and 10 policy",
            "  steps (0.25 s each); shorten it by search.epochs)",
        ]


def test_a_whole_run_is_told_as_a_whole(whole):
    made = trainer(Schedule(epochs=2, child_steps=200, policy_steps=40))
    lines = expected_time.expect(made, None).text.splitlines()
    # 2 * (100 + 10) seconds; 20 * 3 * 0.5 seconds, 5 for the network, and 10
    # for the process; and the export.
    assert lines[0] == "expected time: 5 min 5 s in all"
    assert lines[1].startswith("  search: 3 min 40 s (2 epochs of 200 child st")
    assert lines[3:] == [
        "  training: 45 s (20 epochs, 60 steps (0.5 s each for a random "
        "architecture);",
        "    shorten it by train.epochs)",
        "  export: 40 s (about the same for all small networks)",
    ]


def test_baselines_and_given_hours_are_parts(whole):
    found = small_task("runtime.baseline=true,train.hours=0.5")
    assert [part[:2] for part in expected_time._after(found)] == [
        ("training", 1800.0),
        ("baselines", 1800.0),
        ("export", 40.0),
    ]


def test_a_search_that_only_trains_shortly_says_how_long(whole, monkeypatch):
    short = "search.evidence=short,search.short.trainings=8"
    task = small_task(f"{short},search.short.rungs=1,search.short.steps=100")
    cost = budget.Cost(0.5, 1.0, 2, 20.0)
    monkeypatch.setattr(budget, "measured", lambda *_: cost)
    workers = types.SimpleNamespace(count=2)
    lines = expected_time.expect_short(task, workers).splitlines()
    # 8 + 8 + 6 + 3 + 2 trainings of 100 steps and a second, by two.
    assert lines[1:3] == [
        "  short trainings: 11 min 28 s (2,700 steps, 0.5 s each, and 27 "
        "scores, 1 s",
        "    each, 2 at once; shorten them by search.short.steps)",
    ]
    assert lines[0] == "expected time: 12 min 54 s in all"
    # 60 steps of the training and 27 of short ones are not worth it.
    few = f"{short},search.short.rungs=1,search.short.steps=1"
    assert expected_time.expect_short(small_task(few), workers) == (
        "expected time: short, and not measured: search and training have 87 "
        "steps in\n  all; export takes about 40 s"
    )


def test_a_short_search_alone_says_nothing_of_its_time():
    short = "search.evidence=short,search.short.trainings=8"
    few = small_task(f"{short},search.short.rungs=1,search.short.steps=1")
    workers = types.SimpleNamespace(count=2)
    assert expected_time.expect_short(few, workers) == ""


def test_a_whole_run_of_few_steps_says_so(whole):
    found = expected_time.expect(trainer(Schedule(1, 200, 10)), None)
    assert found.epoch == 0
    assert "search and training have 270 steps in\n  all" in found.text


SHORT = (
    "search.short.trainings=4,search.short.rungs=1,search.short.steps=2,"
    "search.short.repeats=0,search.short.controls=5,"
    "search.short.confirmations=3"
)


def test_a_short_training_in_this_process_takes_child_steps():
    workers = types.SimpleNamespace(count=1)
    # (4 + 5 + 3 + 2) trainings of 2 steps, half a second each.
    part = expected_time._short(small_task(SHORT), workers, 0.5)
    assert part.seconds == 14.0
    assert "28 steps" in part.reason


def test_short_trainings_in_several_processes_are_measured(monkeypatch):
    workers = types.SimpleNamespace(count=2)
    # Both at once take 1.6 times as long as one alone.
    cost = budget.Cost(0.8, 0.25, 2, 20.0)
    monkeypatch.setattr(budget, "measured", lambda *_: cost)
    part = expected_time._short(small_task(SHORT), workers, 0.5)
    # Each of the 14 trainings is scored, too.
    assert part.seconds == (28 * 0.8 + 14 * 0.25) / 2
    assert part.reason.startswith(
        "28 steps, 0.8 s each, and 14 scores, 0.25 s each, 2 at once; "
    )
