"""Rungs of short trainings as TensorBoard reads them."""

import types

import pytest
import tensorflow as tf

from ednas_tf.analysis import short_rungs, trainings
from ednas_tf.loops.short import summaries
from tests.analysis import histories, short_histories

RUNGS = short_rungs.rungs(short_histories.trainings_of(histories.SMALL))


def run_in(directory, writes=True):
    return types.SimpleNamespace(
        directory=directory, writes=writes, check_in_place=lambda: None
    )


def scalars(folder):
    """By tag the pairs of step and value."""
    found = {}
    for file in folder.iterdir():
        for event in tf.compat.v1.train.summary_iterator(str(file)):
            for value in event.summary.value:
                number = float(tf.make_ndarray(value.tensor))
                found.setdefault(value.tag, []).append((event.step, number))
    return found


def test_each_rung_is_a_point_of_three_curves(tmp_path):
    summaries.write(run_in(tmp_path), RUNGS)
    best, mean, random = (
        scalars(tmp_path / "summaries" / f"short_{name}")
        for name in ("best", "mean", "random_mean")
    )
    for name in ("loss", "reward"):
        tag = f"short/{name}"
        values = [[getattr(each, name) for each in rung] for rung in RUNGS]
        assert [step for step, _ in best[tag]] == [50, 100, 200]
        assert [value for _, value in best[tag]] == pytest.approx(
            [rung[0] for rung in values]
        )
        assert [value for _, value in mean[tag]] == pytest.approx(
            [sum(rung) / len(rung) for rung in values]
        )
        drawn = [
            getattr(each, name)
            for each in RUNGS[0]
            if each.origin == trainings.RANDOM
        ]
        assert random[tag][0] == (50, pytest.approx(sum(drawn) / 8))
        # No architecture that was drawn at random is in the last rung.
        assert [step for step, _ in random[tag]] == [50, 100]


def test_a_finished_search_writes_nothing_more(tmp_path):
    (tmp_path / "verdict.json").touch()
    summaries.write(run_in(tmp_path), RUNGS)
    assert not (tmp_path / "summaries").exists()


def test_only_one_process_writes(tmp_path):
    summaries.write(run_in(tmp_path, writes=False), RUNGS)
    assert not (tmp_path / "summaries").exists()
