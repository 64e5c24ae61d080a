"""From arrays to a model: one search of a few steps, and what it leaves."""

import doctest
import importlib
import signal

import numpy as np
import pytest

import ednas_tf
from ednas_tf import errors, summary
from ednas_tf.api import networks, searching, trained
from ednas_tf.monitor import live
from ednas_tf.runs import run_directory
from ednas_tf.settings import resolve
from tests import printed
from tests.api import small
from tests.docs import pages


def find(folder, **others):
    x, y = small.digits()
    test = small.digits(300)
    return ednas_tf.find(
        *(x, y),
        test=(test[0][200:], test[1][200:]),
        model_dir=folder,
        **small.SETTINGS | others,
    )


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    return find(tmp_path_factory.mktemp("found") / "run", verbose=False)


def test_what_was_found(found):
    assert found.finished
    assert found.genotype.space == "convolutional"
    reward = found.genotype.provenance["reward"]
    assert f", reward {reward:.4f}, finished, in " in repr(found)
    candidates = found.candidates
    assert candidates.index.name == "rank" and len(candidates) == 3
    assert candidates.columns.tolist() == [
        *("reward", "validation_reward", "log_prob", "sample"),
        *("fingerprint", "genotype"),
    ]
    assert candidates.reward.is_monotonic_decreasing
    assert "no random search to compare with" in found.verdict
    assert 'with search={"searcher": "random"}' in found.verdict
    assert "--model_dir" not in found.verdict
    assert found.trained is None
    for each in (found.genotype, found.plot_cell(), found.history):
        assert len(repr(each)) < 120


def test_frames_of_the_policies(found):
    history = found.history
    ops = list(small.SETTINGS["search"]["space"]["ops"])
    assert history.operations.columns.tolist() == ops
    assert history.operations.loc[2, "normal"].index.tolist() == [
        "0->2",
        "1->2",
    ]
    np.testing.assert_allclose(history.operations.sum(axis=1), 1, rtol=1e-5)
    assert history.inputs.columns.tolist() == ["0, 1"]
    assert history.inputs.index.names == ["epoch", "cell", "node"]
    assert history.rewards.shape == (2, 2 * 1 * 4)
    assert history.effects is None


def test_figures_and_the_report(found, tmp_path):
    assert found.plot_policies("reduction")._repr_png_().startswith(b"\x89PNG")
    assert found.plot_policies(kind="inputs").axes
    assert len(found.plot_progress().axes) == 2
    found.plot_cell(1).save(tmp_path / "cell.svg")
    svg = (tmp_path / "cell.svg").read_text().strip()
    assert svg == found.plot_cell(1)._repr_svg_() and "reduction" in svg
    file = found.report(tmp_path / "report.html")
    assert "ednas_tf.report" in file.read_text()
    for wrong, message in (
        ({"cell": "norml"}, "cell: unknown cell 'norml', did you mean"),
        ({"kind": "edges"}, "kind: unknown kind 'edges'"),
    ):
        with pytest.raises(ValueError, match=message):
            found.plot_policies(**wrong)
    with pytest.raises(ValueError, match="rank: expected a number from 0 to 2"):
        found.plot_cell(3)
    with pytest.raises(ValueError, match="^output: expected a name that ends"):
        found.plot_cell().save(tmp_path / "cell.xyz")
    with pytest.raises(ValueError, match="or choose another output"):
        found.report(tmp_path / "none/report.html")


def test_a_training_that_cannot_be_begins_nothing(found, tmp_path, monkeypatch):
    def entered(verbose):
        raise AssertionError("TensorFlow would be imported")

    monkeypatch.setattr(networks.session, "entered", entered)
    file = tmp_path / "file"
    file.write_text("mine")
    for arguments, message in (
        ({"model_dir": file}, "found a file; choose another model_dir"),
        ({"model_dir": ""}, "expected the path of a directory, found ''"),
        ({"search": {"epochs": 1}}, "train: search: expected settings of the"),
        (
            {"epoch": 1},
            "unknown setting 'train.epoch', did you mean 'train.epochs'",
        ),
    ):
        with pytest.raises(ValueError, match=message):
            found.train(**arguments)


def test_a_model_takes_images_as_the_search_did(found, monkeypatch):
    asked = {}
    monkeypatch.setitem(
        ednas_tf.__dict__, "build", lambda g, **others: asked.update(others)
    )
    found.build(1, channels=4, dtype="float32")
    x, _ = small.digits()
    uint8 = np.rint(x * 255) / 255
    assert asked == {
        "input_shape": (8, 8, 1),
        "classes": list("0123456789"),
        "cells": 3,
        "channels": 4,
        "stem": "auto",
        "mean": (pytest.approx(uint8.mean()),),
        "stddev": (pytest.approx(uint8.std()),),
        "value_range": (0, 1),
        "dtype": "float32",
    }
    asked.clear()
    found.build(input_shape=(16, 16, 3))
    assert asked["input_shape"] == (16, 16, 3)
    assert asked["classes"] == list("0123456789")
    assert asked["mean"] == pytest.approx(uint8.mean())
    assert asked["value_range"] == (0, 1)
    asked.clear()
    found.build(include_top=False)
    assert "classes" not in asked and asked["input_shape"] == (8, 8, 1)


def test_images_become_probabilities(found):
    x, _ = small.digits(4)
    probabilities = found.build().predict(x[..., np.newaxis], verbose=0)
    assert probabilities.shape == (4, 10)
    np.testing.assert_allclose(probabilities.sum(-1), 1, rtol=1e-5)


def test_the_files_are_those_of_the_command(found):
    again = ednas_tf.load(found.directory)
    assert again.genotype == found.genotype
    assert again.candidates.equals(found.candidates)
    file = found.directory / "params.yaml"
    settings = resolve.resolve(None, [file])
    run_directory.check(found.directory, settings)
    folder = found.directory / "data"
    assert settings.runtime.data_dir == str(folder)
    printed = summary.summary(settings, found.genotype)
    assert printed["dataset"] == "arrays" and printed["num_classes"] == 10
    assert printed["image_shape"] == [8, 8, 1]


def test_a_search_that_has_ended_is_only_read(found):
    before = (found.directory / "starts.json").read_bytes()
    assert find(found.directory).genotype == found.genotype
    assert (found.directory / "starts.json").read_bytes() == before


def test_a_directory_belongs_to_its_data_and_settings(found):
    x, y = small.digits()
    with pytest.raises(ValueError, match="x, y: expected the data that the ru"):
        ednas_tf.find(x, 9 - y, model_dir=found.directory, **small.SETTINGS)
    with pytest.raises(ValueError, match=r"other settings \(seed is 0 there"):
        find(found.directory, seed=1)


@pytest.fixture(scope="module")
def result(found):
    return found.train(verbose=False).result


def test_a_training_and_its_export(found, result, monkeypatch):
    assert result["test_images"] == 100 and result["steps"] == 2
    assert found.trained.result == result
    assert ednas_tf.load(found.directory).trained.result == result
    ran = []

    def run(module, *arguments):
        ran.append((module, *arguments))
        (found.directory / "train" / "export" / "1").mkdir(parents=True)

    monkeypatch.setattr(trained, "_run", run)
    train = found.directory / "train"
    assert found.export() == train / "export" / "1"
    assert ran == [
        (
            *("ednas_tf.export.saved_model", f"--model_dir={train}"),
            f"--export_dir={train / 'export'}",
        )
    ]


def test_an_export_in_another_process_raises_its_error(tmp_path):
    with pytest.raises(ValueError, match="expected the result of a training"):
        trained._run("ednas_tf.export.saved_model", f"--model_dir={tmp_path}")


def test_ctrl_c_returns_the_best_so_far_and_the_same_call_resumes(
    found, tmp_path, monkeypatch, capsys
):
    tell = live.Live.tell

    def interrupted(self, *args):
        tell(self, *args)
        signal.raise_signal(signal.SIGINT)

    handler = signal.getsignal(signal.SIGINT)
    with monkeypatch.context() as patch:
        patch.setattr(live.Live, "tell", interrupted)
        stopped = find(tmp_path / "run", verbose=False)
    assert not stopped.finished
    assert len(stopped.history.rewards) == 1
    assert stopped.genotype == stopped.candidates.genotype[0]
    assert "the best architecture so far is returned" in printed.unbroken(
        capsys.readouterr().err
    )
    assert signal.getsignal(signal.SIGINT) is handler

    resumed = find(tmp_path / "run", verbose=False)
    assert resumed.finished
    assert resumed.genotype == found.genotype
    assert resumed.candidates.equals(found.candidates)
    assert resumed.history.operations.equals(found.history.operations)


def test_ctrl_c_before_the_first_epoch_is_a_keyboard_interrupt(tmp_path):
    stopped = errors.Interrupted(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        searching._best_so_far(tmp_path, None, stopped)


def test_every_example_in_a_docstring(found, monkeypatch):
    """A search in them does not run, but returns what was found here."""
    monkeypatch.setattr(searching, "run", lambda *_, **__: found)
    names = {"ednas_tf": ednas_tf, "found": found, "directory": found.directory}
    count = 0
    for name in sorted(set(ednas_tf._MODULES.values())):
        module = importlib.import_module(name)
        if not name.startswith("ednas_tf.api."):
            continue
        for test in doctest.DocTestFinder().find(module, extraglobs=names):
            result = doctest.DocTestRunner().run(test)
            assert not result.failed, test.name
            count += result.attempted
    assert count >= 8


@pytest.mark.parametrize("page", ["README.md", "docs/python.md"])
def test_the_code_of_a_page(page, found, result, tmp_path, monkeypatch):
    """Searches and trainings return what the ones above have found."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(searching, "run", lambda *_, **__: found)
    monkeypatch.setattr(networks, "train", lambda *_: None)
    monkeypatch.setattr(
        trained,
        "_run",
        lambda *_: (tmp_path / "runs/export/1").mkdir(parents=True),
    )
    monkeypatch.setitem(ednas_tf.__dict__, "build", lambda *_, **__: "model")
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs/digits").symlink_to(found.directory)
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters/train.txt").write_text("a letter\n" * 20)
    x, y = small.digits()
    names = {"x_valid": x, "y_valid": y, "x_test": x, "y_test": y}
    names |= {"x": x, "y": y}
    for block in pages.blocks(page, "python"):
        # README.md has code of other pages, too, which have tests of their own.
        if page != "README.md" or "ednas_tf.find" in block.text:
            exec(compile(block.text, page, "exec"), names)
    assert names["model"] == "model"
