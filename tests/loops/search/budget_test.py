"""Lengths of a search that follow from hours."""

import types

import pytest

from ednas_tf import errors
from ednas_tf.loops.search import budget
from ednas_tf.loops.short import rungs
from ednas_tf.settings import resolve
from ednas_tf.settings.short_settings import Short

COST = budget.Cost(step=0.1, score=2.0, processes=2, start=20.0)


def taken(planned, cost=COST):
    work = rungs.steps(planned) * cost.step + rungs.count(planned) * cost.score
    return work / cost.processes


@pytest.mark.parametrize("minutes", [3, 5, 10, 30, 60, 120, 600, 3000])
def test_short_trainings_take_the_time_that_there_is(minutes):
    planned = budget.short(Short(), 60 * minutes, COST, 300)
    assert 0.85 * 60 * minutes < taken(planned) <= 60 * minutes or (
        # More time is used by more architectures only in large steps.
        planned.steps == 40 * 300
    )


def test_more_time_makes_trainings_longer_and_then_more_of_them():
    found = [
        budget.short(Short(), 60 * minutes, COST, 20)
        for minutes in (5, 10, 20, 40, 80, 160)
    ]
    steps = [each.steps for each in found]
    counts = [each.trainings for each in found]
    assert steps[1] < steps[2]
    assert steps[2] == 40 * 20
    assert counts == sorted(counts)
    assert counts[0] <= 48 < counts[-1]


@pytest.mark.parametrize("minutes", [3, 10, 30, 80, 300])
@pytest.mark.parametrize("steps_a_pass", [2, 20])
def test_few_data_do_not_make_it_longer(minutes, steps_a_pass):
    """The first rung has its least steps, however few a pass has."""
    planned = budget.short(Short(), 60 * minutes, COST, steps_a_pass)
    assert taken(planned) <= 60 * minutes
    assert rungs.plan(planned)[0].end >= budget.LEAST_STEPS


@pytest.mark.parametrize("minutes", range(3, 100, 5))
def test_more_than_the_fewest_are_trained_long_enough_to_tell(minutes):
    planned = budget.short(Short(), 60 * minutes, COST, 300)
    first = rungs.plan(planned)[0]
    assert first.count == 8 or first.end >= budget.TELLING_STEPS


def test_what_is_no_length_is_kept():
    given = Short(searcher="ednas", random_share=0.25, proposals=7)
    planned = budget.short(given, 1800, COST, 300)
    kept = "searcher", "random_share", "proposals", "shared_share"
    for name in kept:
        assert getattr(planned, name) == getattr(given, name)
    assert rungs.plan(planned)


def test_too_little_time_says_how_much_is_needed(monkeypatch):
    settings = resolve.resolve(
        "digits", [], "search.hours=0.01,search.evidence=both"
    )
    task = types.SimpleNamespace(
        settings=settings, search_steps=lambda replicas: (300, 10)
    )
    clock = iter([100.0, 110.0])
    monkeypatch.setattr(budget.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(budget, "measured", lambda task, workers: COST)
    with pytest.raises(errors.RequestError) as caught:
        budget.settle(task, None, 1)
    # 8 trainings of 40 steps, 4 of 40 more, 3 again, and 7 of 80: 1160 steps
    # and 22 scores. They get 92 % of what is left after 10 s, without the
    # tenth for shared weights.
    seconds = 10 + (1160 * 0.1 + 22 * 2) / 2 / 0.92 / 0.9
    assert f"expected at least {seconds / 3600:.2g} for" in str(caught.value)
    assert "found 0.01 for this search" in str(caught.value)
    assert str(caught.value).startswith("search.hours: expected at least")


def test_a_python_program_gives_hours():
    search = types.SimpleNamespace(short=Short(), hours=0.048)
    error = errors.in_python(budget._too_short)(search, 0.0, 0.5, COST)
    assert str(error).startswith("hours: expected at least ")


def test_a_stage_of_a_whole_run_says_what_the_run_needs(monkeypatch):
    monkeypatch.setattr(budget.children, "is_stage", lambda: True)
    search = types.SimpleNamespace(short=Short(), hours=0.048)
    error = budget._too_short(search, 0.0, 0.5, COST)
    hours = 0.048 + (1160 * 0.1 + 22 * 2) / 2 / 0.5 / 3600
    assert f"--hours={hours / 0.48:.2g} is enough for all" in str(error)


def test_a_little_more_time_than_the_least_is_planned():
    seconds = (1160 * 0.1 + 22 * 2) / 2
    assert budget.short(Short(), seconds - 1, COST, 300) is None
    planned = budget.short(Short(), seconds + 0.1, COST, 300)
    assert planned == budget.least(Short())


def test_the_search_with_shared_weights_takes_its_time():
    # 720 s are 14,400 steps of 0.05 s: 28.8 passes of 400 + 300 / 3 steps.
    found = budget.shared(720.0, COST, 400, 300)
    assert found == (28, 400, 300)
    # 72 s are 2.88 passes, in ten epochs of 115 and 86 steps.
    assert budget.shared(72.0, COST, 400, 300) == (10, 115, 86)
    assert budget.shared(0.1, COST, 400, 300) == (10, 1, 1)
