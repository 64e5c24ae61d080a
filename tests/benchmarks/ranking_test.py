"""What the benchmark of rankings computes."""

import pathlib

import numpy as np
import pytest

from benchmarks.ranking import comparison, searches, ways
from ednas_tf.analysis.trainings import Training
from ednas_tf.data import bench_table
from ednas_tf.space import nas_bench_text, spaces


def test_cells_are_those_of_the_plan():
    cells = ways.drawn_cells()
    assert len(set(cells)) == ways.CELLS == 200
    assert cells == ways.drawn_cells()


def test_the_number_of_weights_is_that_of_the_table():
    cell = nas_bench_text.read(
        "|nor_conv_3x3~0|+|none~0|nor_conv_1x1~1|+"
        "|skip_connect~0|nor_conv_3x3~1|avg_pool_3x3~2|"
    )
    assert ways.num_weights(cell) == 2 * 243_040 + 28_000


def test_scores_are_compared_with_the_truth():
    truth = np.arange(100.0)
    same = comparison.compared({"scores": truth, "seconds": 3.0}, truth)
    assert same == {
        "tau": pytest.approx(1),
        "precision": 1,
        "best_of_10": 99,
        "seconds": 3,
    }
    # The best five change places with the next five.
    scores = truth.copy()
    scores[90:95], scores[95:] = truth[95:], truth[90:95]
    other = comparison.compared({"scores": scores, "seconds": 0}, truth)
    assert other["precision"] == 0 and other["best_of_10"] == 99
    worst = comparison.compared({"scores": -truth, "seconds": 0}, truth)
    assert worst["tau"] == pytest.approx(-1) and worst["best_of_10"] == 9


def test_means_over_seeds():
    rows = [
        {"a": {"tau": t, "precision": 0.5, "best_of_10": 93.0, "seconds": 9.0}}
        for t in (0.4, 0.6)
    ]
    found = comparison.joined(rows)
    assert found["a"]["tau"] == pytest.approx(0.5)
    assert found["a"]["taus"] == [0.4, 0.6]
    assert "| a | 0.500 (deviation 0.141) | 0.50 | 93.00 | 9 |" in (
        comparison.markdown(found)
    )


def test_a_loss_that_falls_evenly_is_extrapolated_exactly():
    """It falls by 0.1 from each span of steps to the next, twice as long."""
    losses = [3.0, 2.9, 2.8, 2.8, *[2.7] * 4, *[2.6] * 8, *[2.5] * 16]
    for steps in (80, 160, 320):
        assert ways.extrapolated(losses, steps) == pytest.approx(2.4)


def test_a_searcher_believes_what_it_was_shown():
    """Scores that are sums of effects are ranked as they are."""
    cells = ways.drawn_cells()[:60]
    scores = [ways.num_weights(cell) / 1e6 for cell in cells]
    short = [
        {
            "marks": {
                str(mark): {
                    "accuracy": score,
                    "log_likelihood": -2.0,
                    "seconds": 1.0,
                    "seconds_of_score": 2.0,
                    "while_training": {"loss": -score, "accuracy": 0.1},
                }
                for mark in ways.SHORT_MARKS
            },
            "losses": [1.0] * 32,
        }
        for score in scores[:50]
    ]
    scored = ways.by_short(short)
    scored[ways.SUPERNET] = {"scores": scores, "seconds": 5.0}
    found = ways.believed(scored, cells, 0)
    assert len(found) == 2 * len(ways.SHORT_MARKS)
    correlation = np.corrcoef(found[ways.DEFAULT]["scores"], scores)[0, 1]
    assert correlation > 0.95
    assert found[ways.DEFAULT]["seconds"] == 50 * 3
    assert found[f"{ways.DEFAULT} and supernet"]["seconds"] == 50 * 3 + 5


def test_what_a_search_found_is_looked_up():
    cells = ways.drawn_cells()[:4]
    rank = np.arange(1, 5**6 + 1)
    table = bench_table.BenchTable(
        file=pathlib.Path("table"),
        ops=spaces.default(ways.SPACE).ops,
        validation={},
        test=np.linspace(0.9, 0.1, 5**6),
        runs=np.empty(0),
        seconds_200=np.empty(0),
    )
    rows = ways.rows(table, cells)

    def training(cell, origin, purpose, steps):
        return Training(cell, origin, purpose, 0, steps, 1.0, 0.5, 7.0)

    found = searches.looked_up(
        cells[0],
        [
            training(cells[0], "proposed", "rung", 80),
            training(cells[1], "random", "rung", 80),
            training(cells[2], "random", "rung", 80),
            training(cells[0], "proposed", "rung", 160),
            training(cells[1], "random", "rung", 160),
            training(cells[3], "random", "control", 160),
        ],
        table,
    )
    test = 100 * table.test[rows]
    assert found == {
        "result": {"test": pytest.approx(test[0]), "rank": rank[rows[0]]},
        "random": pytest.approx((test[1] + test[2]) / 2),
        "last_rung": pytest.approx(test[:2]),
        "seconds": 42,
    }
    whole = {"searches": [found | {"seed": 3}]}
    assert f"| seed 3 | {test[0]:.2f} | {rank[rows[0]]:,} | " in (
        searches.markdown(whole)
    )
