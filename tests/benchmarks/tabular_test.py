"""Runs in the table by the benchmark, and by the trainer of a search."""

import json
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from benchmarks import table_runs, tabular
from ednas_tf import searchers, seeds, tasks
from ednas_tf.loops.schedule import POLICY
from ednas_tf.loops.search import search_loop
from ednas_tf.loops.search.search_trainer import SearchTrainer
from ednas_tf.settings import schema
from tests.data import bench_tables

BUDGET = 3000.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return bench_tables.write(tmp_path_factory.mktemp("table"))


def task(folder, searcher):
    overrides = f"table.seconds={BUDGET},policy.learning_rate=0.3"
    return table_runs.Task(searcher, str(folder), overrides)


def searched(settings):
    """The rows that the loop of a search looks up, and their costs."""
    lookup = tasks.make(settings)
    searcher = searchers.make(
        lookup.space, seeds.derive(settings.seed, "policies"), settings
    )
    trainer = SearchTrainer(
        lookup,
        settings,
        searcher,
        search_loop.schedule(lookup, 1),
        tf.distribute.get_strategy(),
    )
    rows = []
    for _ in range(4):
        trainer.run(POLICY, tf.constant(10))
        history = trainer.end_epoch()["epoch/architectures"]
        rows += lookup.codes(history).reshape(-1).tolist()
    return np.array(rows), lookup.seconds


@pytest.mark.parametrize(
    "searcher", ["ednas", "random", "evolution", "local_search"]
)
def test_a_run_is_what_a_search_does(searcher, folder):
    given = task(folder, searcher)
    # The third has been preceded by two others in the same loop.
    found = table_runs.run(given, range(3))
    rows, seconds = searched(given.settings(2))
    expected = rows[np.cumsum(seconds[rows]) <= BUDGET]
    assert len(expected) < len(rows)
    assert found[2].tolist() == expected.tolist()
    assert found[0].tolist() != found[1].tolist()


def test_processes_share_the_runs(folder):
    given = task(folder, "random")
    one = table_runs.run_all(given, range(3), 1)
    two = table_runs.run_all(given, range(3), 2)
    assert [rows.tolist() for rows in one] == [rows.tolist() for rows in two]


class Table:
    """Four rows, with the worse test accuracy for the better reward."""

    test = np.array([0.4, 0.3, 0.2, 0.1])
    validation = {200: np.array([0.6, 0.7, 0.8, 0.9])}
    ranks = np.array([1, 2, 3, 4])

    @staticmethod
    def rewards(epochs, run):
        return np.array([0.1, 0.2, 0.2, 0.9])

    @staticmethod
    def seconds(epochs):
        return np.array([10.0, 20.0, 30.0, 40.0])


def test_the_best_so_far_is_judged_by_its_reward():
    rows, settings = np.array([1, 0, 2, 3]), schema.Table()
    found = tabular.incumbents(rows, Table, settings)
    assert found.tolist() == [1, 1, 1, 3]
    grid = np.array([19.0, 20.0, 99.0, 100.0])
    values = tabular.over_time(rows, Table, settings, grid)
    np.testing.assert_allclose(values, [np.nan, 30, 30, 10])


def test_means_and_deviations():
    runs = [np.array([0]), np.array([0, 3])]
    found = tabular.result(runs, Table, schema.Table())
    assert found["valid_mean"] == 75
    assert found["test_mean"] == 25
    assert found["test_std"] == pytest.approx(15 * 2**0.5, abs=1e-4)
    assert found["interval"] == pytest.approx(1.96 * 15, abs=1e-4)
    assert (found["median_rank"], found["trainings"]) == (2.5, 1.5)


def test_the_command_ends_with_json(folder, tmp_path):
    output = subprocess.run(
        [
            *(sys.executable, "-m", "benchmarks.tabular", "--runs=3"),
            *(
                f"--data_dir={folder}",
                f"--table_seconds={BUDGET}",
                "--processes=1",
            ),
            *("--searcher=evolution", f"--output_dir={tmp_path}"),
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found = json.loads(output.splitlines()[-1])
    assert found["searcher"] == "evolution"
    assert 41 <= found["test_mean"] <= 89
    assert {"valid_mean", "valid_std", "test_std"} <= found.keys()
    assert "| evolution |" in (tmp_path / "tabular.md").read_text()
    assert (tmp_path / "tabular.png").stat().st_size > 5000


@pytest.mark.parametrize(
    "flag, message",
    [
        ("--table_seconds=100", "table.seconds: expected at least 204"),
        ("--searcher=evolutoin", "did you mean 'evolution'?"),
        ("--data_dir=nowhere", "expected cifar10.npz in"),
    ],
)
def test_wrong_requests_are_one_line(flag, message, folder):
    done = subprocess.run(
        [
            *(sys.executable, "-m", "benchmarks.tabular", "--runs=2"),
            *(f"--data_dir={folder}", "--processes=1", flag),
        ],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1
    assert message in done.stderr
