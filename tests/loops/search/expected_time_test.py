import types

import pytest

from ednas_tf.loops.schedule import CHILD, POLICY, Schedule
from ednas_tf.loops.search import expected_time

SECONDS = {CHILD: 0.5, POLICY: 0.25}


def test_the_time_of_all_steps():
    schedule = Schedule(epochs=3, child_steps=10, policy_steps=4)
    assert expected_time.total(schedule, SECONDS) == 3 * (5 + 1)


@pytest.mark.parametrize("steps, measured", [(430, False), (450, True)])
def test_only_long_searches_are_measured(monkeypatch, steps, measured):
    """40 steps for each that is timed, and for the first ones."""
    monkeypatch.setattr(expected_time, "measure", lambda _: SECONDS)
    schedule = Schedule(epochs=1, child_steps=steps - 10, policy_steps=10)
    said = expected_time.describe(types.SimpleNamespace(schedule=schedule))
    assert bool(said) == measured
    if measured:
        # 440 * 0.5 + 10 * 0.25 seconds.
        assert "expected time: 3 min 42 s" in said
