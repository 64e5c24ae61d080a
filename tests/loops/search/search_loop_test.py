"""Whole searches on digits: 3 epochs of 3 child and 2 policy steps."""

import csv
import json
import os
import re
import shlex
import shutil
import signal
import types

import numpy as np
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing import event_accumulator

from ednas_tf import errors, interruption
from ednas_tf.analysis import history_names
from ednas_tf.analysis.policy_history import PolicyHistory
from ednas_tf.loops.search import expected_time, search_loop, startable
from ednas_tf.loops.search.search_trainer import SearchTrainer
from ednas_tf.runs import run_directory
from ednas_tf.settings import resolve
from ednas_tf.space import convolutional, genotype
from tests import printed, run_directories

OPS = ("skip_connect", "max_pool_3x3", "dil_conv_3x3")
SPACE = convolutional.convolutional(2, OPS)
TINY = (
    "search.space.ops=[skip_connect,max_pool_3x3,dil_conv_3x3],"
    "search.space.nodes=2,search.network.cells=3,search.network.channels=2,"
    "search.epochs=3,search.child_steps=3,search.policy_steps=2,"
    "search.batch_size=8,policy.batch_size=64,search.candidates=4,"
    "search.rescored_candidates=2,policy.initial_stddev=0.5,"
    "policy.learning_rate=0.01,policy.architectures=1,"
    "runtime.checkpoints_kept=2,runtime.steps_per_log=2,"
)
EDGES = "0->2", "1->2", "0->3", "1->3", "2->3"
#: Name -> shape of a row, of the policies alone.
POLICIES = {
    f"probabilities/{name}": shape
    for cell_type in ("normal", "reduction")
    for name, shape in {
        f"structure/{cell_type}/node_2": (1,),
        f"structure/{cell_type}/node_3": (3,),
        f"operations/{cell_type}": (5, 3),
    }.items()
}


def settings(overrides=""):
    return resolve.resolve("digits", overrides=TINY + overrides)


def search(directory, overrides=""):
    """Searches; returns the best architecture and all variables in the end."""
    made = []

    def make(*args):
        made.append(SearchTrainer(*args))
        return made[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search_loop, "SearchTrainer", make)
        best = search_loop.search(settings(overrides), directory)
    return types.SimpleNamespace(
        directory=directory, best=best, variables=variables(*made)
    )


def variables(trainer):
    supernet, searcher = trainer.supernet, trainer.searcher
    of = {
        "weights": supernet.network.variables,
        "velocities": supernet.weight_update.optimizer.variables,
        "searcher": searcher.variables,
        "moments": searcher.optimizer.variables,
        "others": [
            *(trainer.global_step, trainer.counts, trainer.rewards),
            trainer.architectures,
        ],
    }
    return {
        f"{name} {i}": np.array(variable)
        for name, several in of.items()
        for i, variable in enumerate(several)
    }


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A search that nothing stops."""
    return search(tmp_path_factory.mktemp("runs") / "whole")


def policies(run):
    with np.load(run.directory / "policy.npz") as arrays:
        return {
            name: arrays[name]
            for name in arrays
            if history_names.has_epochs(name)
        }


def test_the_history_names_its_axes_as_genotypes_do(whole):
    with np.load(whole.directory / "policy.npz") as arrays:
        assert arrays["version"] == 2
        assert list(arrays["names/edges"]) == list(EDGES)
        assert list(arrays["names/operations"]) == list(OPS)
        assert list(arrays["names/inputs/node_3"]) == ["0,1", "0,2", "1,2"]


def test_a_history_of_an_older_version_is_not_resumed(whole, tmp_path):
    shutil.copytree(whole.directory, tmp_path / "run")
    np.savez(tmp_path / "run/policy.npz", **policies(whole))
    with pytest.raises(errors.RequestError, match="a history without a vers"):
        startable.check(settings(), tmp_path / "run")


# What a search leaves.


def test_the_files(whole):
    found = {
        str(file.relative_to(whole.directory))
        for file in whole.directory.rglob("*")
        if file.is_file() and "tfevents" not in file.name
    }
    assert found == {
        ".lock",
        "starts.json",
        "params.yaml",
        "policy.npz",
        "candidates.csv",
        "genotype.json",
        "checkpoints/checkpoint",
        "checkpoints/ckpt-10.index",
        "checkpoints/ckpt-10.data-00000-of-00001",
        "checkpoints/ckpt-15.index",
        "checkpoints/ckpt-15.data-00000-of-00001",
    }
    held = run_directory.load(whole.directory / "params.yaml")
    assert held.as_dict() == settings().as_dict()


def test_the_history_of_the_policies(whole):
    found = policies(whole)
    shapes = {name: (4, *shape) for name, shape in POLICIES.items()}
    shapes |= {"baseline": (4,), "epoch/counts": (3, 2, 2, 5, 3)}
    shapes["epoch/rewards"] = (3, 2)
    shapes["epoch/architectures"] = (3, 2, 2, 2, 4)

    assert {name: array.shape for name, array in found.items()} == shapes
    for name in POLICIES:
        np.testing.assert_allclose(found[name].sum(-1), 1, rtol=1e-5)
        if found[name].shape != (4, 1):
            moved = np.diff(found[name], axis=0).reshape(3, -1) != 0
            assert moved.any(axis=1).all()
    assert found["baseline"][0] == 0
    # Three child and two policy steps, each with 4 edges of 2 cell types.
    per_phase = found["epoch/counts"].sum((2, 3, 4))
    np.testing.assert_array_equal(per_phase, [[24, 16]] * 3)


def test_the_history_says_which_architectures_were_sampled(whole):
    found = policies(whole)
    counts = np.zeros_like(found["epoch/counts"][:, 1])
    sampled = found["epoch/architectures"]
    for epoch, step, cell, slot in np.ndindex(3, 2, 2, 4):
        source, op = sampled[epoch, step, cell, :, slot]
        edge = SPACE.edges.index((source, SPACE.slot_nodes()[slot]))
        counts[epoch, cell, edge, op] += 1
    np.testing.assert_array_equal(counts, found["epoch/counts"][:, 1])


def test_the_candidates(whole):
    with open(whole.directory / "candidates.csv", newline="") as file:
        rows = list(csv.DictReader(file))

    assert [row["rank"] for row in rows] == list("1234")
    assert sorted(row["sample"] for row in rows) == list("0123")
    validation = [row["validation_reward"] for row in rows]
    assert float(validation[0]) >= float(validation[1])
    assert validation[2:] == ["", ""]
    rewards = [float(row["reward"]) for row in rows]
    assert rewards[2] >= rewards[3]
    assert min(rewards[:2]) >= rewards[2]
    for row in rows:
        genotype.Genotype.from_json(row["genotype"]).validate(SPACE)


def test_the_genotype_is_the_best_candidate_with_its_provenance(whole):
    file = whole.directory / "genotype.json"
    found = genotype.Genotype.from_json(file.read_text())
    found.validate(SPACE)

    with open(whole.directory / "candidates.csv", newline="") as table:
        best = next(csv.DictReader(table))
    assert found == whole.best
    assert found.fingerprint() == best["genotype_fingerprint"]
    provenance = dict(found.provenance)
    command = shlex.split(provenance.pop("command"))
    assert provenance == {
        "reward": float(best["reward"]),
        "validation_reward": float(best["validation_reward"]),
        "settings_fingerprint": settings().fingerprint(),
    }
    assert command[:3] == ["python", "-m", "ednas_tf.train"]
    assert f"--config_file={whole.directory / 'params.yaml'}" in command
    assert f"--genotype={file}" in command


def test_the_summaries(whole):
    events = event_accumulator.EventAccumulator(
        str(whole.directory / "summaries"), {"tensors": 0}
    )
    events.Reload()
    scalars = {
        *("child/loss", "child/accuracy", "child/learning_rate"),
        *("policy/reward", "policy/baseline", "policy/learning_rate"),
        *("child/images_per_second", "policy/images_per_second"),
        "steps_per_second",
    }
    entropies = set()
    for name, shape in POLICIES.items():
        tag = name.replace("probabilities/", "entropy/")
        edges = [f"/edge_{edge}" for edge in EDGES]
        entropies |= {tag + end for end in (edges if len(shape) > 1 else [""])}

    found = set(events.Tags()["tensors"])
    assert len(entropies) == 14
    images = {
        f"policies/{kind}/{cell_type}"
        for kind in ("operations", "inputs")
        for cell_type in SPACE.cell_types
    }
    # The policies of so few steps are undecided, which is an alarm, and no
    # cell is drawn.
    assert found == (scalars | entropies | set(POLICIES) | images | {"alarms"})
    assert steps(events, "alarms")[-1] == 15
    # Of few epochs there are pictures at the end only.
    assert all(steps(events, tag) == [15] for tag in images)
    # Loops of two steps at most, all of one phase.
    assert steps(events, "child/loss") == [2, 3, 7, 8, 12, 13]
    assert steps(events, "policy/reward") == [5, 10, 15]
    for tag in entropies | set(POLICIES):
        assert steps(events, tag) == [5, 10, 15]
    check_entropies(events, policies(whole))


def steps(events, tag):
    return [event.step for event in events.Tensors(tag)]


def check_entropies(events, history):
    """Those of operations are -sum p log p of the history's rows."""
    p = history["probabilities/operations/normal"][1:]
    expected = -(p * np.log(p)).sum(-1)
    for i, edge in enumerate(EDGES):
        tag = f"entropy/operations/normal/edge_{edge}"
        found = [
            float(tf.make_ndarray(event.tensor_proto))
            for event in events.Tensors(tag)
        ]
        np.testing.assert_allclose(found, expected[:, i], rtol=1e-4)


# A search that is stopped and started again.


class Stopped(Exception):
    """As if the process were killed."""


def stop_at(monkeypatch, kind, method, call, before):
    """Stops at the `call`th call of a method, before or after its work."""
    work, calls = getattr(kind, method), []

    def stopping(*args, **kwargs):
        calls.append(None)
        if len(calls) == call and before:
            raise Stopped
        result = work(*args, **kwargs)
        if len(calls) == call:
            raise Stopped
        return result

    monkeypatch.setattr(kind, method, stopping)


#: Where to stop; of starts after one another. An epoch has three calls of
#: `train`: child steps, the rest of them, policy steps.
STOPS = {
    "in the first epoch": (SearchTrainer, "train", 2, False),
    "in the second epoch": (SearchTrainer, "train", 5, False),
    "after the second epoch": (tf.train.CheckpointManager, "save", 1, False),
    "between history and checkpoint": (PolicyHistory, "add", 1, False),
}


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """A search that is stopped again and again, and ends in the fifth start."""
    directory = tmp_path_factory.mktemp("runs") / "stopped"
    rows = []
    for stop in STOPS.values():
        with pytest.MonkeyPatch.context() as patch, pytest.raises(Stopped):
            stop_at(patch, *stop)
            search(directory)
        run = types.SimpleNamespace(directory=directory)
        rows.append(len(policies(run)["baseline"]))
    result = search(directory)
    result.rows = rows
    return result


def test_the_stops_were_where_they_should_be(stopped):
    # The start; one epoch; two of them; three, the last not in a checkpoint.
    assert stopped.rows == [1, 2, 3, 4]


def test_stopped_and_started_again_it_has_the_same_policies(whole, stopped):
    expected, found = policies(whole), policies(stopped)
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name], array, err_msg=name)


def test_stopped_and_started_again_it_has_the_same_variables(whole, stopped):
    expected, found = whole.variables, stopped.variables
    # A stem, six preprocessors, three cells and a classifier among them.
    assert len(expected) > 40
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name], array, err_msg=name)


def test_a_signal_does_not_wait_for_the_end_of_a_call(
    whole, tmp_path, monkeypatch, capsys
):
    """Two steps are asked for, and the signal arrives in the first one."""
    run = SearchTrainer.run

    def signalled(*arguments):
        run(*arguments)
        interruption._received.append(signal.SIGTERM)

    monkeypatch.setattr(interruption, "_received", [])
    monkeypatch.setattr(SearchTrainer, "run", signalled)
    with pytest.raises(errors.Interrupted, match="goes on from step 1$"):
        search(tmp_path / "run")
    assert (tmp_path / "run/checkpoints/ckpt-1.index").exists()

    interruption._received.clear()
    monkeypatch.setattr(SearchTrainer, "run", run)
    assert "goes on" not in capsys.readouterr().out
    found = search(tmp_path / "run").variables
    assert "goes on after step 1 of 15\n" in capsys.readouterr().out
    for name, value in whole.variables.items():
        np.testing.assert_array_equal(found[name], value, err_msg=name)


def test_a_search_whose_time_was_measured_before_is_the_same(
    whole, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(expected_time, "_WORTH", 0)
    measured = search(tmp_path / "measured")
    for name, array in whole.variables.items():
        np.testing.assert_array_equal(
            measured.variables[name], array, err_msg=name
        )
    told = capsys.readouterr().out
    assert re.search(
        r"expected time: .* \(3 epochs of 3 child steps \([0-9.e-]+ s each\) "
        r"and 2 policy steps \([0-9.e-]+ s each\); shorten it by search.epochs",
        " ".join(told.split()),
    )


def test_stopped_and_started_again_it_has_the_same_candidates(whole, stopped):
    one, other = (
        (run.directory / "candidates.csv").read_bytes()
        for run in (whole, stopped)
    )
    assert one == other


def test_a_damaged_history_is_told_of(stopped):
    file = stopped.directory / "policy.npz"
    content = file.read_bytes()
    file.write_bytes(b"")
    try:
        with pytest.raises(errors.RunError) as raised:
            search(stopped.directory)
    finally:
        file.write_bytes(content)
    assert str(raised.value) == (
        f"{file}: expected the history of 3 epochs, found no such file, or "
        "a damaged one; start again in a new --model_dir"
    )


@pytest.mark.parametrize("epochs", [0, 1, 2, 3])
def test_a_history_without_checkpoints_is_not_begun_anew_in_silence(
    whole, tmp_path, epochs, capsys
):
    """A killed process can leave the first epoch's history, but no more."""
    with run_directories.opened(tmp_path, settings()):
        pass
    rows = {
        name: array[: epochs + (not name.startswith("epoch/"))]
        for name, array in policies(whole).items()
        if epochs or not name.startswith("epoch/")
    }
    labels = history_names.labels(SPACE)
    np.savez(tmp_path / "policy.npz", **rows, **labels)
    if epochs > 1:
        with pytest.raises(
            errors.RequestError,
            match=f"checkpoints: expected .* of {epochs} epochs, found none; r",
        ):
            startable.check(settings(), tmp_path)
        return
    startable.check(settings(), tmp_path)
    told = printed.unbroken(capsys.readouterr().err)
    assert ("but no checkpoint; the search begins again" in told) == epochs


def test_something_else_in_place_of_the_history_is_not_overwritten(tmp_path):
    with run_directories.opened(tmp_path, settings()):
        pass
    (tmp_path / "policy.npz").write_bytes(b"mine")
    with pytest.raises(errors.RequestError, match="policy.npz: expected the h"):
        startable.check(settings(), tmp_path)
    assert (tmp_path / "policy.npz").read_bytes() == b"mine"


# A rate that is left to be chosen.


def test_a_rate_of_0_is_chosen_printed_and_kept(tmp_path, capsys):
    overrides = "policy.learning_rate=0,search.epochs=1"
    search(tmp_path, overrides)
    line = "chosen for 2 policy steps: policy.learning_rate=0.2"
    assert line in capsys.readouterr().out.splitlines()
    held = run_directory.load(tmp_path / "params.yaml")
    assert held.policy.learning_rate == 0.2
    # It is resumed with the rate that it has.
    search(tmp_path, overrides)
    assert line not in capsys.readouterr().out.splitlines()


# Other searchers and requests.


def test_random_search_stays_uniform(tmp_path, capsys):
    run = search(tmp_path, "search.searcher=random,search.epochs=1")
    found = policies(run)

    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith("supernet: 3 cells of 2 channels, ")
    assert told[3].startswith("epoch 1/1: reward 0.")
    assert told[4].startswith("searched 1 epoch: mean reward 0.")
    assert "next: python -m ednas_tf.train \\" in told

    for name, shape in POLICIES.items():
        expected = np.full((2, *shape), 1 / shape[-1])
        np.testing.assert_allclose(found[name], expected, rtol=1e-6)
    assert "baseline" not in found
    assert found["epoch/counts"].sum() == 40


@pytest.mark.parametrize(
    "override, message",
    [
        (
            "search.batch_size=1151",
            "search.batch_size: expected at most 1150 images, found 1151; set "
            "search.batch_size=0, and a size is chosen",
        ),
        (
            "policy.batch_size=288",
            "policy.batch_size: expected at most 287 images, found 288; set "
            "policy.batch_size=0, and a size is chosen",
        ),
        (
            "search.space.ops=[skip_conect]",
            "search.space.ops: unknown operation 'skip_conect' for "
            "convolutional cells, did you mean 'skip_connect'? (one of: ",
        ),
        (
            "search.space.ops=[tanh]",
            "search.space.ops: unknown operation 'tanh' for convolutional "
            "cells (one of: avg_pool_3x3, ",
        ),
        (
            "task=language_modelling",
            "search.space.ops: unknown operation 'skip_connect' for recurrent "
            "cells (one of: identity, relu, sigmoid, tanh)",
        ),
        (
            "search.searcher=x",
            "unknown searcher 'x' (one of: ",
        ),
    ],
)
def test_a_request_that_cannot_be_met_leaves_nothing(
    tmp_path, override, message
):
    with pytest.raises(errors.RequestError) as raised:
        search(tmp_path / "new", override)
    assert str(raised.value).startswith(message)
    assert os.listdir(tmp_path) == []


def test_other_settings_in_the_same_directory_are_refused(whole):
    before = (whole.directory / "genotype.json").stat()
    message = "seed is 0 there, 1 was requested"
    with pytest.raises(errors.RequestError, match=message):
        search(whole.directory, "seed=1")
    assert (whole.directory / "genotype.json").stat() == before


def test_a_search_of_an_older_version_is_refused(tmp_path):
    directory = tmp_path / "old"
    directory.mkdir()
    (directory / "params.yaml").write_text("search: {space: {nodes: 4}}\n")
    (directory / "policy.npz").write_bytes(b"")
    start = {"versions": {"ednas_tf": "0123456789ab"}}
    (directory / "starts.json").write_text(json.dumps([start]))

    with pytest.raises(errors.RequestError) as raised:
        search(directory)

    assert str(raised.value) == (
        f"{directory}: expected a search of this version of ednas_tf, found "
        "one of an older version (0123456789ab); finish it with that version, "
        "or choose another --model_dir"
    )
