"""Models with the weights of a training."""

import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

import ednas_tf
from ednas_tf.export.images import signatures
from ednas_tf.loops.train import train_loop, trained
from ednas_tf.settings import resolve
from ednas_tf.space import published

OVERRIDES = ",".join(
    [
        *("train.network.cells=3", "train.network.channels=2"),
        *("train.batch_size=16", "train.steps=2", "train.epochs=1"),
    ]
)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The directory of a training of two steps on digits."""
    directory = tmp_path_factory.mktemp("run") / "train"
    settings = resolve.resolve("digits", overrides=OVERRIDES)
    train_loop.train(settings, published.published("ednas_cifar10"), directory)
    return directory


@pytest.fixture(scope="module")
def images(run):
    return trained.load(run).task.data.test.images[:20]


def test_its_outputs_are_those_of_the_export(run, images):
    loaded = trained.load(run)
    exported = signatures.probabilities(
        loaded.network, loaded.task.data, tf.uint8
    )
    # The directory of a whole run has the training in its folder `train`.
    model = ednas_tf.build(weights=run.parent)
    assert model.class_names == tuple("0123456789")
    assert model.genotype == published.published("ednas_cifar10")
    expected = exported(tf.constant(images))["probabilities"]
    np.testing.assert_allclose(model(images), expected, rtol=1e-5)
    standardised = model.get_layer("standardise")(images)
    logits = loaded.network(standardised)
    np.testing.assert_array_equal(model(images), tf.nn.softmax(logits))


def test_it_is_fine_tuned_to_other_classes_and_sizes(run):
    model = ednas_tf.build(
        weights=run,
        input_shape=(12, 10, 1),
        classes=["a", "b"],
        freeze=True,
        drop_path=0.1,
    )
    own = ednas_tf.build(weights=run)
    for layer in own.layers:
        same = [
            np.array_equal(*pair)
            for pair in zip(
                layer.get_weights(),
                model.get_layer(layer.name).get_weights(),
                strict=not layer.name.startswith("cell_"),
            )
        ]
        assert all(same) != (layer.name == "classifier"), layer.name
    model.compile("sgd", "sparse_categorical_crossentropy")
    # Deterministic operations need a seed.
    keras.utils.set_random_seed(0)
    x = np.random.default_rng(0).integers(0, 256, (4, 12, 10, 1))
    model.fit(x.astype("uint8"), np.array([0, 1, 0, 1]), verbose=0)


def test_its_features_need_no_classes(run, images):
    features = ednas_tf.build(weights=run, include_top=False)
    model = ednas_tf.build(weights=run)
    last = keras.Model(model.input, model.get_layer("cell_02_reduction").output)
    np.testing.assert_array_equal(features(images), last(images))


def test_wrong_arguments_beside_weights(run):
    for wrong, message in (
        ({"genotype": "darts_v2"}, "genotype: expected none, because the run"),
        (
            {"cells": 8},
            "cells: expected none, because the run in .* do not pass cells",
        ),
        ({"input_shape": (8, 8, 3)}, "input_shape: expected 1 channels"),
    ):
        with pytest.raises(ValueError, match=message):
            ednas_tf.build(weights=run, **wrong)


def test_weights_that_are_not_those_of_a_training(tmp_path):
    with pytest.raises(ValueError, match="weights: .* found no directory"):
        ednas_tf.build(weights=tmp_path / "missing")
    with pytest.raises(ValueError, match="give .* of a finished training"):
        ednas_tf.build(weights=tmp_path)


def test_the_import_of_the_package_needs_no_tensorflow():
    code = (
        "import sys, time\n"
        "start = time.process_time()\n"
        "import ednas_tf\n"
        "assert time.process_time() - start < 0.2\n"
        "ednas_tf.genotype('darts_v2')\n"
        "assert not {'tensorflow', 'keras'} & {*sys.modules}\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
