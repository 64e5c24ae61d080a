"""A search in a table, by the commands."""

import csv
import json
import shutil
import time

import numpy as np
import pytest

from ednas_tf import tasks
from ednas_tf.runs import run_directory
from ednas_tf.space import nas_bench_text
from ednas_tf.space.genotype import Genotype
from tests.data import bench_tables
from tests.plugins_test import refusal, run

BUDGET = 4000.0


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    return bench_tables.write(tmp_path_factory.mktemp("table"))


def flags(table, model_dir, *others, seconds=BUDGET):
    return (
        "--dataset=nas_bench_201",
        f"--data_dir={table}",
        f"--model_dir={model_dir}",
        f"--table_seconds={seconds}",
        *others,
    )


@pytest.fixture(scope="module")
def searched(table, tmp_path_factory):
    """Output and directory of a whole run, which took some seconds."""
    folder = tmp_path_factory.mktemp("runs") / "run"
    begin = time.monotonic()
    status, output, error = run("ednas_tf.run", *flags(table, folder))
    assert (status, error) == (0, "")
    print(f"{time.monotonic() - begin:.0f} s")
    return output, folder / "search"


def looked_up(folder):
    """The task, and the rows of all architectures, in their order."""
    settings = run_directory.load(folder / "params.yaml")
    task = tasks.make(settings)
    with np.load(folder / "policy.npz") as history:
        architectures = history["epoch/architectures"]
        rewards = history["epoch/rewards"].reshape(-1)
    rows = task.codes(architectures).reshape(-1)
    return task, architectures, rows, rewards


def test_each_reward_is_that_of_the_table(searched):
    task, _, rows, rewards = looked_up(searched[1])
    np.testing.assert_allclose(rewards, task.table.validation[12][rows])


def test_it_ends_when_the_budget_is_spent(searched):
    task, architectures, rows, _ = looked_up(searched[1])
    spent = task.seconds[rows].reshape(len(architectures), -1).sum(-1)
    assert spent.sum() > BUDGET >= spent[:-1].sum()


def test_each_epoch_says_how_much_of_the_budget_is_spent(searched):
    output, folder = searched
    task, architectures, rows, _ = looked_up(folder)
    seconds = task.seconds[rows].reshape(len(architectures), -1)
    lines = [line for line in output.splitlines() if line[:6] == "epoch "]
    assert len(lines) == len(architectures) > 2
    first = seconds[0].sum()
    assert lines[0].startswith("epoch 1: reward ")
    assert lines[0].endswith(f", {first:,.0f} of 4,000 simulated seconds spent")
    within = task.within_budget(architectures)
    total = task.seconds[rows][within].sum()
    assert f", {total:,.0f} of 4,000 simulated seconds spent" in lines[-1]
    assert not any(" left" in line for line in lines)


def test_the_report_names_no_child_steps(searched):
    page = (searched[1] / "report.html").read_text()
    assert "was sampled in all look-ups, as in Figure 5" in page
    assert "By the table, the best of" in page


def test_the_result_is_the_best_within_the_budget(searched):
    output, folder = searched
    task, architectures, rows, rewards = looked_up(folder)
    within = task.within_budget(architectures)
    assert 0 < within.sum() < len(rows)
    found = Genotype.from_json((folder / "genotype.json").read_text())
    assert task.rewards[task.row(found)] == pytest.approx(rewards[within].max())
    assert nas_bench_text.write(found) in output
    assert task.describe_result(found) in " ".join(output.split())
    with open(folder / "candidates.csv") as stream:
        candidates = list(csv.DictReader(stream))
    assert len(candidates) == len(set(rows[within]))
    assert float(candidates[0]["reward"]) == rewards[within].max()


def test_an_epoch_has_about_ten_look_ups_also_of_several_in_a_step(
    searched, table, tmp_path
):
    folder = tmp_path / "thompson"
    several = (
        "--searcher=thompson",
        "--params_override=search.searcher_settings.architectures=8",
    )
    run("ednas_tf.search", *flags(table, folder, *several))
    for each, expected in ((searched[1], 10), (folder, 8)):
        task, architectures, rows, _ = looked_up(each)
        assert architectures.shape[1] == expected
        spent = task.seconds[rows].reshape(len(architectures), -1).sum(-1)
        assert spent.sum() > BUDGET >= spent[:-1].sum()


def test_the_whole_run_ends_with_a_report(searched):
    output, folder = searched
    assert "report: " in output
    assert (folder / "report.html").stat().st_size > 10_000
    assert not (folder.parent / "train").exists()


def test_a_search_that_was_stopped_goes_on_as_if_it_had_not_been(
    searched, table, tmp_path
):
    folder = tmp_path / "stopped"
    shutil.copytree(searched[1], folder)
    # As if it had been stopped one epoch after the first checkpoint of these.
    first, *others = sorted(
        {file.stem for file in (folder / "checkpoints").glob("ckpt-*.index")},
        key=lambda name: int(name.removeprefix("ckpt-")),
    )
    assert others
    for name in others:
        for file in (folder / "checkpoints").glob(f"{name}.*"):
            file.unlink()
    for name in ("genotype.json", "candidates.csv"):
        (folder / name).unlink()
    status, _, error = run("ednas_tf.search", *flags(table, folder))
    assert status == 0, error
    for one, other in zip(
        looked_up(folder)[1:], looked_up(searched[1])[1:], strict=True
    ):
        np.testing.assert_array_equal(one, other)
    found = (folder / "candidates.csv").read_text()
    assert found == (searched[1] / "candidates.csv").read_text()


@pytest.mark.parametrize(
    "module, others, message",
    [
        ("search", {"seconds": 100}, "expected at least 204"),
        ("search", {"seconds": "a"}, "--table_seconds"),
        ("run", {"seconds": 100}, "expected at least 204"),
    ],
)
def test_wrong_requests(module, others, message, table, tmp_path):
    error = refusal(f"ednas_tf.{module}", *flags(table, tmp_path, **others))
    assert message in error


def test_a_budget_is_only_for_a_table(tmp_path):
    error = refusal(
        *("ednas_tf.search", "--dataset=digits", "--table_seconds=1000"),
        f"--model_dir={tmp_path}",
    )
    assert "--table_seconds: expected a search in a table" in error


def test_a_table_cannot_be_trained_on(table, tmp_path):
    genotype = nas_bench_text.write(
        nas_bench_text.read(
            "|none~0|+|none~0|none~1|+|none~0|none~1|skip_connect~2|"
        )
    )
    given = (
        "--dataset=nas_bench_201",
        f"--data_dir={table}",
        f"--genotype={genotype}",
    )
    error = refusal("ednas_tf.train", *given, f"--model_dir={tmp_path / 'a'}")
    assert "expected a data set of images to train on" in error
    status, output, _ = run("ednas_tf.summary", *given)
    found = json.loads(output)
    assert status == 0
    assert found["parameters"] == 73306
    assert found["test_accuracy"] == pytest.approx(0.44)


def test_its_report_speaks_of_look_ups_and_not_of_minibatches(
    searched, table, tmp_path
):
    random = tmp_path / "random"
    run("ednas_tf.search", *flags(table, random, "--searcher=random"))
    page = tmp_path / "report.html"
    status, _, error = run(
        "ednas_tf.report",
        f"--model_dir={searched[1]}",
        f"--compare={random}",
        f"--output={page}",
    )
    assert (status, error) == (0, "")
    text = page.read_text()
    assert "looked up in a table of trainings" in text
    assert "Rewards are exact" in text
    assert "in one search each: the best architecture that it has" in text
    assert '<section id="truth">' in text
    for wrong in ("child step", "minibatch", "shared weights"):
        assert wrong not in text.split('<section id="found">')[0]
