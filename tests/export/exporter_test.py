import json
import pathlib
import shutil
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from ednas_tf import errors
from ednas_tf.loops import train_loop
from ednas_tf.settings import resolve
from ednas_tf.tasks.image_classification import ImageClassification
from export import exporter

SETTINGS = resolve.resolve(
    "digits",
    [],
    "train.network.cells=3,train.network.channels=2,train.epochs=1,"
    "train.steps=5,train.optimizer.learning_rate=0.1",
)
EDGES = [{"from": 0, "op": "skip_connect"}, {"from": 1, "op": "skip_connect"}]
CELL = {"nodes": [EDGES], "output": [2]}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The directory of a finished training."""
    folder = tmp_path_factory.mktemp("export")
    cells = {"normal": CELL, "reduction": CELL}
    described = {"version": 1, "space": "convolutional", "cells": cells}
    file = folder / "genotype.json"
    file.write_text(json.dumps(described))
    asked = train_loop.read_genotype(file)
    train_loop.train(SETTINGS, asked, folder / "train")
    return folder / "train"


@pytest.fixture(scope="module")
def exported(trained):
    """The first version, checked as the command does it."""
    return exporter.export(trained, trained / "export")


@pytest.fixture
def unchecked(monkeypatch):
    monkeypatch.setattr(exporter, "check", lambda *_: None)


def test_signature(exported):
    signature = tf.saved_model.load(str(exported)).signatures["serving_default"]
    _, inputs = signature.structured_input_signature
    outputs = signature.structured_outputs

    assert {k: (v.shape.as_list(), v.dtype) for k, v in inputs.items()} == {
        "images": ([None, 8, 8, 1], tf.uint8)
    }
    assert {k: (v.shape.as_list(), v.dtype) for k, v in outputs.items()} == {
        "probabilities": ([None, 10], tf.float32),
        "labels": ([None], tf.string),
    }


@pytest.mark.parametrize("batch_size", [1, 5])
def test_outputs_are_the_networks(trained, exported, batch_size):
    task = ImageClassification(SETTINGS)
    asked = train_loop.read_genotype(trained / "genotype.json")
    network = exporter.restored(task.child(asked), SETTINGS, trained)
    raw = task.data.test.images[:batch_size]
    images = (raw / 255 - task.data.mean) / task.data.stddev
    exponents = np.exp(network(images.astype(np.float32)).numpy())
    expected = exponents / exponents.sum(-1, keepdims=True)
    loaded = tf.saved_model.load(str(exported))
    outputs = loaded.signatures["serving_default"](images=tf.constant(raw))
    probabilities = outputs["probabilities"].numpy()

    np.testing.assert_allclose(probabilities.sum(-1), 1, atol=1e-6)
    np.testing.assert_allclose(probabilities, expected, atol=1e-6)
    assert [label.decode() for label in outputs["labels"].numpy()] == [
        str(i) for i in expected.argmax(-1)
    ]


def test_versions(trained, exported, unchecked, tmp_path, capsys):
    shutil.copytree(exported, tmp_path / "1")
    (tmp_path / "notes").mkdir()
    assert exporter.export(trained, tmp_path) == tmp_path / "2"
    with pytest.raises(errors.RequestError, match="version 2 exists; .* for 3"):
        exporter.export(trained, tmp_path, 2)

    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["1", "2", "notes"]
    printed = capsys.readouterr().out.splitlines()[-1]
    assert printed.startswith("next: tensorflow_model_server")
    assert f"--model_name=digits --model_base_path={tmp_path}" in printed


def test_no_finished_training(tmp_path, trained):
    for name in ("params.yaml", "genotype.json"):
        shutil.copy(trained / name, tmp_path)
    with pytest.raises(errors.RequestError, match="finished ednas_tf.train"):
        exporter.export(tmp_path, tmp_path / "export")
    shutil.copy(trained / "result.json", tmp_path)
    with pytest.raises(errors.RequestError, match="checkpoint of the network"):
        exporter.export(tmp_path, tmp_path / "export")
    assert not (tmp_path / "export").exists()


def wrong(saved_model, images):
    even = {"labels": ["0"], "probabilities": [[0.1] * 10]}
    return [even, even]


def test_a_model_that_disagrees_is_not_left(trained, tmp_path, monkeypatch):
    monkeypatch.setattr(exporter, "_run_alone", wrong)
    with pytest.raises(errors.RunError, match="disagrees with the network"):
        exporter.export(trained, tmp_path)
    assert not any(tmp_path.iterdir())


def test_a_model_that_does_not_run_is_not_left(trained, tmp_path, monkeypatch):
    monkeypatch.setattr(exporter.sys, "executable", shutil.which("false"))
    with pytest.raises(errors.RunError, match="does not run .* no message"):
        exporter.export(trained, tmp_path)
    assert not any(tmp_path.iterdir())


def test_the_other_process_has_neither_keras_nor_this_project():
    script = pathlib.Path(exporter.__file__).with_name("load_alone.py")
    program = (
        "import runpy, sys; runpy.run_path(sys.argv[1])\n"
        "for name in ('keras', 'tf_keras', 'ednas_tf', 'export'):\n"
        "    try:\n"
        "        __import__(name)\n"
        "    except ImportError:\n"
        "        print('no', name)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, script], capture_output=True, text=True
    )
    assert done.stdout.splitlines() == [
        "no keras",
        "no tf_keras",
        "no ednas_tf",
        "no export",
    ]


def test_the_command_takes_no_settings():
    command = [sys.executable, "-m", "export.saved_model", "--seed=1"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith("error: --seed: the settings are those")
