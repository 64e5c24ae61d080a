"""Fixtures: a trained network and an export of it."""

import json
import pathlib

import pytest

from ednas_tf.export import exporter
from ednas_tf.export.gate import gate
from ednas_tf.loops.train import results, train_loop, trained
from ednas_tf.settings import resolve

SETTINGS = resolve.resolve(
    "digits",
    [],
    "train.network.cells=3,train.network.channels=4,train.epochs=1,"
    "train.steps=200,train.batch_size=64,train.drop_path=0,"
    "train.optimizer.learning_rate=0.1",
)
EDGES = [{"from": 0, "op": "skip_connect"}, {"from": 1, "op": "sep_conv_3x3"}]
CELL = {"nodes": [EDGES], "output": [2]}


@pytest.fixture(scope="session")
def trained_dir(tmp_path_factory) -> pathlib.Path:
    """The directory of a finished training."""
    folder = tmp_path_factory.mktemp("trained")
    cells = {"normal": CELL, "reduction": CELL}
    genotype = {"version": 1, "space": "convolutional", "cells": cells}
    file = folder / "genotype.json"
    file.write_text(json.dumps(genotype))
    asked = results.read_genotype(file)
    train_loop.train(SETTINGS, asked, folder / "train")
    return folder / "train"


@pytest.fixture(scope="session")
def found(trained_dir) -> trained.Trained:
    """The network of that training."""
    return trained.load(trained_dir)


@pytest.fixture(scope="session")
def exported(trained_dir, tmp_path_factory) -> pathlib.Path:
    """A version as the command writes it, without the gate, which is slow."""
    checked = {
        "images": 0,
        "accuracy": 0.0,
        "largest_difference": {},
        "warmup_requests": 0,
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gate, "check", lambda *_: checked)
        return exporter.export(trained_dir, tmp_path_factory.mktemp("exported"))
