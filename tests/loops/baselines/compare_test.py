import json

import keras
import pytest

from ednas_tf import errors
from ednas_tf.loops.baselines import compare
from ednas_tf.nets import counting
from ednas_tf.settings import resolve
from ednas_tf.tasks import image_baselines
from ednas_tf.tasks.image_classification import ImageClassification
from ednas_tf.tasks.task import Plain
from tests import run_directories

OVERRIDES = (
    "train.batch_size=64,train.epochs=1,train.steps=2,"
    "train.auxiliary_weight=0.4,runtime.steps_per_log=2"
)
RESULT = {
    "test_accuracy": 0.5,
    "test_images": 360,
    "multiply_adds": 5000,
    "settings_fingerprint": "abc",
}


class Flat(keras.Model):
    num_drop_edges = 0

    def __init__(self):
        super().__init__()
        self.flatten = keras.layers.Flatten()
        self.dense = keras.layers.Dense(10)
        self.dense.build([None, 64])

    def call(self, images, keep=None, training=False):
        return self.dense(self.flatten(images))


@pytest.fixture
def training(tmp_path, monkeypatch):
    """A training without baselines; a plain network is a dense layer."""
    directory = tmp_path / "train"
    with run_directories.opened(
        directory, resolve.resolve("digits", [], OVERRIDES)
    ):
        pass
    (directory / "result.json").write_text(json.dumps(RESULT))

    def plain_network(self, multiply_adds):
        counts = counting.Counts(650, 0, multiply_adds - 1, 0)
        return Plain("dense", counts, Flat)

    monkeypatch.setattr(ImageClassification, "plain_network", plain_network)
    return directory


def test_both_are_trained_and_a_second_start_reads_the_result(
    training, tmp_path, monkeypatch, capsys
):
    result = compare.compare(training, tmp_path / "baseline")

    linear, plain = result["linear"], result["plain"]
    # Digits are easy: a linear model of all 8 x 8 pixels is far above chance.
    assert linear["name"] == "logistic regression on 8 x 8 pixels"
    assert 0.9 < linear["test_accuracy"] < 0.97
    assert linear["test_accuracy_low"] > 0.87
    assert linear["test_chance_accuracy"] == plain["test_chance_accuracy"]
    assert plain["name"] == "dense" and plain["multiply_adds"] == 4999
    assert (plain["epochs"], plain["steps"]) == (1, 2)
    assert result["training_settings_fingerprint"] == "abc"
    assert json.loads((tmp_path / "baseline/result.json").read_text()) == result
    printed = capsys.readouterr().out
    assert "A baseline is clearly better than the network that was" in printed

    monkeypatch.setattr(compare, "TrainTrainer", None)
    assert compare.compare(training, tmp_path / "baseline") == result
    assert "A baseline is clearly better" in capsys.readouterr().out
    other = json.dumps(RESULT | {"settings_fingerprint": "def"})
    (training / "result.json").write_text(other)
    with pytest.raises(errors.RequestError, match="found those of another one"):
        compare.compare(training, tmp_path / "baseline")


def test_a_linear_model_is_not_fitted_twice(training, tmp_path, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(compare, "TrainTrainer", stop)
        with pytest.raises(KeyboardInterrupt):
            compare.compare(training, tmp_path / "baseline")
    kept = json.loads((tmp_path / "baseline/linear.json").read_text())
    monkeypatch.setattr(image_baselines, "linear", None)
    result = compare.compare(training, tmp_path / "baseline")
    assert result["linear"] == kept


def test_what_has_no_baselines_is_refused(training, tmp_path):
    text = resolve.resolve("text")
    assert compare.reason_against(text) == (
        "there are none for language modelling"
    )
    with run_directories.opened(tmp_path / "text", text):
        pass
    with pytest.raises(
        errors.RequestError, match="none for language modelling"
    ):
        compare.compare(tmp_path / "text", tmp_path / "baseline")
    assert not (tmp_path / "baseline").exists()
    assert compare.reason_against(resolve.resolve("digits")) == ""
