import dataclasses
import json

import numpy as np
import pytest

from ednas_tf import errors
from ednas_tf.loops.train import best_weights, initial_weights
from ednas_tf.runs import checkpoints
from ednas_tf.runs.names import BEST_FOLDER
from ednas_tf.settings import resolve
from ednas_tf.space import published
from ednas_tf.tasks.image_classification import ImageClassification
from tests import run_directories

OVERRIDES = (
    "train.network.cells=3,train.network.channels=2,train.epochs=4,"
    "train.auxiliary_weight=0"
)
GENOTYPE = published.published("darts_v1")


def settings(overrides=""):
    return resolve.resolve("digits", [], f"{OVERRIDES},{overrides}")


@pytest.fixture(scope="module")
def task():
    return ImageClassification(settings())


@pytest.fixture(scope="module")
def source(task, tmp_path_factory):
    """A finished training whose weights are random; and its network."""
    directory = tmp_path_factory.mktemp("source") / "train"
    network = task.child(GENOTYPE)
    with run_directories.opened(directory, settings()):
        (directory / "genotype.json").write_text(GENOTYPE.to_json())
        checkpoints.Checkpoints(
            best_weights.held(network), directory, 2, name=BEST_FOLDER
        ).save(88)
    result = {
        "test_accuracy": 0.9,
        "test_images": 360,
        "epochs": 4,
        "best_step": 88,
        "settings_fingerprint": "abc",
        "initial_weights": {"epochs": 6},
        **task.provenance(),
    }
    (directory / "result.json").write_text(json.dumps(result))
    return directory, network


def same(one, other):
    """Whether two networks have the same weights, variable by variable."""
    return [
        np.array_equal(a, b)
        for a, b in zip(one.variables, other.variables, strict=True)
    ]


def test_all_weights_are_copied(task, source):
    directory, network = source
    weights = initial_weights.read(directory, "--weights")
    new = task.child(GENOTYPE)
    assert not all(same(new, network))
    assert weights.copy_to(new, task)
    assert all(same(new, network))
    assert weights.record() == {
        "directory": str(directory),
        "epochs": 10,
        "best_step": 88,
        "settings_fingerprint": "abc",
    }


def test_for_other_classes_the_last_layer_is_new(task, source):
    directory, network = source
    weights = initial_weights.read(directory, "--weights")
    others = weights.result | {"classes_fingerprint": "others"}
    new = task.child(GENOTYPE)
    kernel = new.classifier.dense.kernel.numpy()
    assert not dataclasses.replace(weights, result=others).copy_to(new, task)
    np.testing.assert_array_equal(new.classifier.dense.kernel, kernel)
    # A dense layer has two variables; equal biases are no accident.
    assert same(new, network).count(False) == 1


def test_a_network_of_another_size_is_refused_unless_it_is_adopted(source):
    directory, network = source
    weights = initial_weights.read(directory, "--weights")
    other = settings("train.network.channels=4")
    task = ImageClassification(other)
    with pytest.raises(
        errors.RequestError, match=r"--weights: expected \["
    ) as e:
        weights.copy_to(task.child(GENOTYPE), task)
    assert "use its --genotype and its train.network.stem" in str(e.value)
    weights.adopt_network(other)
    assert weights.copy_to(task.child(GENOTYPE), task)


def test_a_training_goes_on_with_the_weights_that_it_began_with(
    source, tmp_path
):
    weights = initial_weights.read(source[0], "--weights")
    initial_weights.check(tmp_path, weights)
    with run_directories.opened(tmp_path / "new", settings()):
        pass
    initial_weights.check(tmp_path / "new", None)
    with pytest.raises(errors.RequestError, match="began with random weights"):
        initial_weights.check(tmp_path / "new", weights)
    file = tmp_path / "new/initial_weights.json"
    file.write_bytes(initial_weights.content(weights))
    initial_weights.check(tmp_path / "new", weights)
    with pytest.raises(
        errors.RequestError, match="train after 10 epochs, foun"
    ):
        initial_weights.check(tmp_path / "new", None)


def test_what_is_no_finished_training_is_refused(source, tmp_path):
    with pytest.raises(
        errors.RequestError, match="--weights: expected the dir"
    ):
        initial_weights.read(tmp_path / "none", "--weights")
    with pytest.raises(
        errors.RequestError, match="expected the result of a tr"
    ):
        initial_weights.read(tmp_path, "--weights")
