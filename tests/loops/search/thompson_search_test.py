"""Whole searches with the searcher thompson, on digits and on a tiny text."""

import csv
import random

import numpy as np
import pytest

from ednas_tf.analysis import run_record
from ednas_tf.loops.search import search_loop
from ednas_tf.loops.search.search_trainer import SearchTrainer
from ednas_tf.settings import plain_yaml, resolve

IMAGES = (
    "search.space.ops=[skip_connect,max_pool_3x3],search.space.nodes=2,"
    "search.network.cells=3,search.network.channels=2,search.epochs=3,"
    "search.child_steps=2,search.policy_steps=3,search.batch_size=8,"
    "policy.batch_size=32,search.candidates=3,search.rescored_candidates=2,"
    "runtime.figures_every=0,search.searcher=thompson,"
    "search.searcher_settings.architectures=3,"
    "search.searcher_settings.memory=20,"
)


def searched(directory, overrides=IMAGES, dataset="digits"):
    search_loop.search(resolve.resolve(dataset, overrides=overrides), directory)
    with np.load(directory / "policy.npz") as arrays:
        found = {name: arrays[name] for name in arrays}
    return found, (directory / "candidates.csv").read_bytes()


class Stopped(Exception):
    """As if the process were killed."""


def stop_in_call(monkeypatch, number):
    """Stops after the call of `SearchTrainer.train` with this number."""
    train, calls = SearchTrainer.train, []

    def stopping(self, *args):
        result = train(self, *args)
        calls.append(None)
        if len(calls) == number:
            raise Stopped
        return result

    monkeypatch.setattr(SearchTrainer, "train", stopping)


def test_a_search_that_was_stopped_goes_on_bit_for_bit(tmp_path):
    whole, candidates = searched(tmp_path / "whole")
    directory = tmp_path / "stopped"
    with pytest.MonkeyPatch.context() as patch, pytest.raises(Stopped):
        # The policy steps of the second epoch.
        stop_in_call(patch, 4)
        searched(directory)
    found, again = searched(directory)

    assert found.keys() == whole.keys()
    for name, array in whole.items():
        np.testing.assert_array_equal(found[name], array, err_msg=name)
    assert again == candidates
    assert whole["epoch/rewards"].shape == (3, 9)
    assert whole["effects/operations/normal"].shape == (4, 5, 2)
    errors_of = whole["effect_errors/operations/normal"]
    assert np.all(errors_of[0] == 0) and np.all(errors_of[1:] > 0)


def test_recurrent_cells_of_a_tiny_text(tmp_path, capsys):
    draw, words = random.Random(0), [f"w{i}" for i in range(12)]
    for name, lines in (("train", 60), ("valid", 30), ("test", 20)):
        text = "\n".join(
            " ".join(draw.choices(words, k=9)) for _ in range(lines)
        )
        (tmp_path / f"{name}.txt").write_text(text + "\n")
    found, candidates = searched(
        tmp_path / "run",
        f"runtime.data_dir={tmp_path},search.language_model.hidden=6,"
        "search.space.nodes=3,search.epochs=2,search.child_steps=3,"
        "search.policy_steps=3,search.batch_size=4,policy.batch_size=4,"
        "search.candidates=3,runtime.figures_every=0,"
        "search.searcher=thompson",
        "text",
    )
    assert found["epoch/rewards"].shape == (2, 24)
    assert found["effects/structure/recurrent/node_3"].shape == (3, 3)
    assert len(list(csv.reader(candidates.decode().splitlines()))) == 4
    record = run_record.read(tmp_path / "run", plain_yaml.parse)
    assert record.reward_in_words == "80.0 / perplexity"
    # There is no learning rate to choose.
    assert "policy.learning_rate" not in capsys.readouterr().out
