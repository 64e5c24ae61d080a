"""Searches that decide by short trainings, on digits."""

import json

import pytest

from ednas_tf import errors
from ednas_tf.analysis import trainings
from ednas_tf.loops.search import search_loop
from ednas_tf.loops.short import stage, workers
from ednas_tf.settings import resolve
from ednas_tf.space import convolutional
from ednas_tf.space.genotype import Genotype

OPS = ("skip_connect", "max_pool_3x3", "dil_conv_3x3")
SPACE = convolutional.convolutional(1, OPS)
TINY = (
    "search.space.ops=[skip_connect,max_pool_3x3,dil_conv_3x3],"
    "search.space.nodes=1,search.network.cells=3,search.network.channels=2,"
    "search.epochs=1,search.child_steps=2,search.policy_steps=2,"
    "search.batch_size=8,policy.batch_size=64,search.candidates=4,"
    "search.short.trainings=8,search.short.rungs=2,search.short.steps=4,"
    "search.short.repeats=3,search.short.controls=2,"
    "search.short.confirmations=2,runtime.processes=1,"
)


def search(directory, overrides):
    settings = resolve.resolve("digits", overrides=TINY + overrides)
    return search_loop.search(settings, directory)


def lines(directory):
    text = (directory / "trainings.jsonl").read_text()
    return trainings.from_lines(text, SPACE)


def names(directory):
    return {file.name for file in directory.iterdir()}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    directory = tmp_path_factory.mktemp("runs") / "both"
    search(directory, "search.evidence=both")
    return directory


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    directory = tmp_path_factory.mktemp("runs") / "short"
    search(directory, "search.evidence=short")
    return directory


def test_both_kinds_of_evidence_leave_their_files(whole):
    assert names(whole) == {
        *(".lock", "starts.json", "params.yaml", "policy.npz", "summaries"),
        *("candidates.csv", "genotype.json", "checkpoints"),
        *("trainings.jsonl", "verdict.json"),
    }


def test_the_trainings_are_those_of_the_plan(whole):
    found = lines(whole)
    counted = {
        (purpose, steps): sum(
            (each.purpose, each.steps) == (purpose, steps) for each in found
        )
        for purpose in trainings.PURPOSES
        for steps in (2, 4)
    }
    assert {key: count for key, count in counted.items() if count} == {
        (trainings.RUNG, 2): 8,
        (trainings.REPEAT, 2): 3,
        (trainings.RUNG, 4): 4,
        (trainings.CONFIRMATION, 4): 2,
        (trainings.CONTROL, 4): 2,
        (trainings.LARGEST, 4): 2,
    }


def test_the_genotype_says_how_sure_it_is(whole):
    found = Genotype.from_json((whole / "genotype.json").read_text())
    verdict = json.loads((whole / "verdict.json").read_text())
    confirmed = [
        each for each in lines(whole) if each.purpose == trainings.CONFIRMATION
    ]
    assert {each.genotype for each in confirmed} == {found}
    mean = sum(each.reward for each in confirmed) / 2
    assert found.provenance["reward"] == pytest.approx(mean)
    assert found.provenance["gain"] == verdict["gain"]
    assert verdict["worth"].keys() == {
        "the number of weights",
        "the search with shared weights",
    }
    for name in ("low", "high", "p", "unit"):
        assert found.provenance[f"gain_{name}"] == verdict[name]
    assert verdict["unit"] == "points of accuracy"
    random = [
        each.reward
        for each in lines(whole)
        if each.purpose == trainings.CONTROL
    ]
    assert verdict["gain"] == pytest.approx(100 * (mean - sum(random) / 2))


@pytest.mark.parametrize(
    "evidence, stopped_after", [("short", 1), ("short", 9), ("both", 13)]
)
def test_a_stopped_search_ends_as_one_that_was_not(
    request, tmp_path, monkeypatch, evidence, stopped_after
):
    name = {"short": "alone", "both": "whole"}[evidence]
    expected = request.getfixturevalue(name)
    count, run = 0, workers.Workers.run

    def until(self, jobs):
        nonlocal count
        for found in run(self, jobs):
            yield found
            count += 1
            if count == stopped_after:
                raise errors.RunError("stopped")

    monkeypatch.setattr(workers.Workers, "run", until)
    with pytest.raises(errors.RunError, match="stopped"):
        search(tmp_path / "run", f"search.evidence={evidence}")
    assert not (tmp_path / "run" / "genotype.json").exists()
    search(tmp_path / "run", f"search.evidence={evidence}")

    def comparable(directory):
        return [{**vars(each), "seconds": None} for each in lines(directory)]

    assert comparable(tmp_path / "run") == comparable(expected)
    assert (tmp_path / "run" / "verdict.json").read_text() == (
        expected / "verdict.json"
    ).read_text()


def test_without_shared_weights(alone, capsys):
    assert names(alone) == {
        *(".lock", "starts.json", "params.yaml", "genotype.json"),
        *("trainings.jsonl", "verdict.json", "summaries"),
    }
    # Once more, it finds all that it needs.
    search(alone, "search.evidence=short")
    assert len(lines(alone)) == 21
    output = capsys.readouterr().out
    assert "\nrung 1/2: 8 architectures (" in output
    assert "\nverdict: " in output


@pytest.mark.parametrize(
    "overrides, message",
    [
        ("search.short.trainings=3", "search.short.trainings: expected at"),
        (
            "runtime.distribution_strategy=multi_worker_mirrored",
            "search.evidence: expected shared, and no hours, with",
        ),
    ],
)
def test_what_cannot_be_done_is_refused(overrides, message):
    settings = resolve.resolve(
        "digits", overrides=f"{TINY}search.evidence=short,{overrides}"
    )
    with pytest.raises(errors.RequestError, match=message):
        stage.check(settings)


def test_damaged_trainings_are_refused(whole, tmp_path):
    (tmp_path / "run").mkdir()
    for name in ("params.yaml", "starts.json"):
        (tmp_path / "run" / name).write_bytes((whole / name).read_bytes())
    (tmp_path / "run" / "trainings.jsonl").write_text("nonsense")
    with pytest.raises(errors.RunError, match="trainings.jsonl: expected the"):
        search(tmp_path / "run", "search.evidence=both")
