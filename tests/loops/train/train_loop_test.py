import contextlib
import json
import shutil
import subprocess
import sys
import types

import numpy as np
import pytest
import tensorflow as tf

from ednas_tf import errors
from ednas_tf.loops.train import best_weights, results, train_loop
from ednas_tf.loops.train.train_trainer import TrainTrainer
from ednas_tf.settings import resolve
from ednas_tf.tasks import image_scores
from ednas_tf.tasks.image_classification import ImageClassification
from tests import run_directories

OVERRIDES = (
    "train.network.cells=3,train.network.channels=4,train.batch_size=64,"
    "train.epochs=2,train.steps=15,train.optimizer.learning_rate=0.1,"
    "runtime.steps_per_log=10"
)


def described(normal="sep_conv_3x3", **cells):
    def cell(op):
        edges = [{"from": 0, "op": op}, {"from": 1, "op": "skip_connect"}]
        return {"nodes": [edges], "output": [2]}

    cells = {"normal": cell(normal), "reduction": cell("max_pool_3x3")} | cells
    return {"version": 1, "space": "convolutional", "cells": cells}


def read(folder, content):
    file = folder / "asked.json"
    file.write_text(
        content if isinstance(content, str) else json.dumps(content)
    )
    return results.read_genotype(file)


def settings(overrides=""):
    return resolve.resolve("digits", [], f"{OVERRIDES},{overrides}")


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    return read(tmp_path_factory.mktemp("asked"), described())


@pytest.fixture(scope="module")
def finished(asked, tmp_path_factory):
    """The directory of a training that nothing interrupted."""
    directory = tmp_path_factory.mktemp("runs") / "finished"
    train_loop.train(settings(), asked, directory)
    return directory


def scalars(directory):
    """The values of each TensorBoard tag."""
    result = {}
    for file in (directory / "summaries").iterdir():
        for record in tf.data.TFRecordDataset(str(file)):
            event = tf.compat.v1.Event.FromString(record.numpy())
            for value in event.summary.value:
                number = float(tf.make_ndarray(value.tensor))
                result.setdefault(value.tag, []).append(number)
    return result


def test_training_lowers_the_loss_and_logs(finished):
    logged = scalars(finished)

    assert logged["train/loss"][-1] < 0.8 * logged["train/loss"][0]
    assert logged["train/accuracy"][-1] > logged["train/accuracy"][0]
    # After 10, 5, 10 and 5 steps; the rate is that of the next step.
    rates = 0.05 * (1 + np.cos(np.pi * np.array([10, 15, 25, 30]) / 30))
    np.testing.assert_allclose(logged["train/learning_rate"], rates, atol=1e-8)
    assert min(logged["train/images_per_second"]) > 0


def test_result(finished, asked):
    result = json.loads((finished / "result.json").read_text())
    task = ImageClassification(settings())
    network = task.child(asked)
    best_weights.restore(network, finished)
    test = task.data.test
    images = (test.images / 255 - task.data.mean) / task.data.stddev
    logits = network(images.astype(np.float32)).numpy()
    correct = np.count_nonzero(logits.argmax(-1) == test.labels)

    assert 0.2 < correct / 360 < 1
    assert 0 < result.pop("seconds") < 600
    assert result.pop("multiply_adds") == task.count(asked).multiply_adds
    assert result == {
        "test_accuracy": correct / 360,
        "test_images": 360,
        "test_accuracy_low": pytest.approx(
            image_scores.wilson(correct, 360)[0]
        ),
        "test_accuracy_high": pytest.approx(
            image_scores.wilson(correct, 360)[1]
        ),
        "test_chance_accuracy": max(np.bincount(test.labels)) / 360,
        "parameters": sum(w.numpy().size for w in network.trainable_variables),
        "auxiliary_parameters": 0,
        "best_step": 30,
        "seed": 0,
        "num_classes": 10,
        "classes_fingerprint": task.data.classes_fingerprint(),
        "genotype_fingerprint": asked.fingerprint(),
        "settings_fingerprint": settings().fingerprint(),
        "epochs": 2,
        "steps": 30,
    }


def test_interrupted_and_resumed_is_the_same(
    finished, asked, tmp_path, monkeypatch
):
    train, directory = TrainTrainer.train, tmp_path / "resumed"

    def interrupted(self, num_steps):
        if int(self.global_step) == 25:
            raise KeyboardInterrupt
        return train(self, num_steps)

    with monkeypatch.context() as patched:
        patched.setattr(TrainTrainer, "train", interrupted)
        with pytest.raises(KeyboardInterrupt):
            train_loop.train(settings(), asked, directory)
    assert not (directory / "result.json").exists()
    # The same architecture; its weights are not in this order.
    other = described()
    other["cells"]["normal"]["nodes"][0].reverse()
    train_loop.train(settings(), read(tmp_path, other), directory)

    one, another = (
        tf.train.load_checkpoint(str(folder / "checkpoints"))
        for folder in (finished, directory)
    )
    names = set(one.get_variable_to_shape_map())
    assert names == set(another.get_variable_to_shape_map())
    took = {name for name in names if name.startswith("seconds/")}
    assert len(took) == 1
    names -= {"_CHECKPOINTABLE_OBJECT_GRAPH", *took}
    for name in names:
        mine, other = one.get_tensor(name), another.get_tensor(name)
        if isinstance(mine, bytes):
            assert mine == other
            continue
        # Without --deterministic a sum may round otherwise.
        np.testing.assert_allclose(mine, other, 1e-5, 1e-6)
    results = [
        json.loads((folder / "result.json").read_text()) | {"seconds": 0}
        for folder in (finished, directory)
    ]
    assert results[0] == results[1]


def test_a_finished_run_is_not_trained_again(
    finished, asked, monkeypatch, capsys
):
    monkeypatch.setattr(train_loop, "TrainTrainer", None)
    changed = settings("runtime.steps_per_log=1")
    result = train_loop.train(changed, asked, finished)

    assert result == json.loads((finished / "result.json").read_text())
    printed = capsys.readouterr().out
    assert f"test accuracy {result['test_accuracy']:.4f} (95 % " in printed
    assert "next: python -m ednas_tf.export.saved_model " in printed
    assert f"--model_dir={finished}" in printed


@pytest.mark.parametrize("announces", [True, False])
@pytest.mark.parametrize("is_stage", [True, False])
def test_the_data_are_told_once(
    announces, is_stage, asked, tmp_path, monkeypatch
):
    """A whole run tells them in its search; several trainings, in the first."""
    told = []
    task = types.SimpleNamespace(announce=lambda: told.append("data"))

    @contextlib.contextmanager
    def opened(*_):
        yield types.SimpleNamespace(task=task, writes=False)
        raise AssertionError("expected nothing to be trained")

    monkeypatch.setattr(train_loop.opening, "opened", opened)
    monkeypatch.setattr(train_loop.children, "is_stage", lambda: is_stage)
    # It gets no further than to its trainer.
    with pytest.raises(AttributeError, match="schedule"):
        train_loop.train(settings(), asked, tmp_path, announces=announces)
    assert told == ["data"] * (announces and not is_stage)


def test_a_directory_of_another_run_is_refused(finished, asked, tmp_path):
    other = read(tmp_path, described("skip_connect"))
    with pytest.raises(errors.RequestError, match="another genotype"):
        train_loop.train(settings(), other, finished)
    with pytest.raises(
        errors.RequestError, match="seed is 0 there, 1 was requested"
    ):
        train_loop.train(settings("seed=1"), asked, finished)
    with run_directories.opened(tmp_path / "search", settings()):
        pass
    (tmp_path / "search" / "policy.npz").touch()
    with pytest.raises(errors.RequestError, match="holds a search"):
        train_loop.train(settings(), asked, tmp_path / "search")


def test_nothing_is_written_for_a_request_that_cannot_be_met(asked, tmp_path):
    with pytest.raises(errors.RequestError, match="at most 1437 images"):
        large = settings("train.batch_size=1438")
        train_loop.train(large, asked, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_loss_that_is_not_finite(asked, tmp_path):
    steep = settings("train.optimizer.learning_rate=1e30")
    with pytest.raises(errors.RunError, match="the loss is not finite"):
        train_loop.train(steep, asked, tmp_path)
    assert not list(tmp_path.glob("checkpoints/*"))


ONLY_NORMAL = described()
del ONLY_NORMAL["cells"]["reduction"]
LATE_EDGE = described()
LATE_EDGE["cells"]["normal"]["nodes"][0][1]["from"] = 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "asked.json: not JSON"),
        ({}, "expected the key 'version'"),
        (
            described("sep_conv_3x2"),
            r"asked.json: cells.normal.nodes\[0\]\[0\].op: unknown operation "
            "'sep_conv_3x2', did you mean 'sep_conv_3x3'",
        ),
        (LATE_EDGE, r"nodes\[0\]\[1\].from: expected a number in \[0, 2\)"),
        (ONLY_NORMAL, r"expected \['normal', 'reduction'\], found \['normal'"),
        (described(other=ONLY_NORMAL["cells"]["normal"]), "unknown cell type"),
    ],
)
def test_what_is_no_genotype_for_a_network(tmp_path, content, message):
    with pytest.raises(errors.RequestError, match=message):
        read(tmp_path, content)


def test_a_file_that_cannot_be_read(tmp_path):
    with pytest.raises(errors.RequestError, match="cannot be read: No such"):
        results.read_genotype(tmp_path / "none.json")


def test_the_command_asks_for_a_genotype():
    command = [sys.executable, "-m", "ednas_tf.train", "--dataset=digits"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith("error: --genotype: expected the file")


# In a process of its own: logical devices are for all that a process does.
REPLICAS = """
import dataclasses, json, pathlib, sys
import numpy as np
import tensorflow as tf

tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0],
    [tf.config.LogicalDeviceConfiguration()] * 2,
)
from ednas_tf.data.images import image_data
from ednas_tf.loops import distribution
from ednas_tf.loops.train import results, train_loop
from ednas_tf.loops.schedule import Schedule
from ednas_tf.loops.train.train_trainer import TrainTrainer
from ednas_tf.settings import resolve
from ednas_tf.tasks import image_scores
from ednas_tf.tasks.image_classification import ImageClassification

settings = resolve.resolve("digits", [], sys.argv[1])
asked = results.read_genotype(pathlib.Path(sys.argv[2]))
data = image_data.load("digits")
test = image_data.Split(data.test.images[:129], data.test.labels[:129])
task = ImageClassification(settings, dataclasses.replace(data, test=test))
strategy = distribution.strategy("mirrored")
schedule = Schedule(epochs=1, child_steps=2, policy_steps=0)
trainer = TrainTrainer(task, settings, asked, schedule, strategy)
trainer.train(tf.constant(2))
local = strategy.experimental_local_results
shares = [
    [len(part.numpy()) for part in local(labels)]
    for _, labels in task.evaluation_batches(strategy, test=True)
]
images = (test.images / 255 - data.mean) / data.stddev
logits = trainer.network(images.astype(np.float32)).numpy()
correct = int(np.sum(logits.argmax(-1) == test.labels))
low, high = image_scores.wilson(correct, 129)
print(json.dumps({
    "shares": shares,
    "counted": trainer.evaluate(test=True),
    "expected": {
        "accuracy": correct / 129,
        "accuracy_low": low,
        "accuracy_high": high,
        "chance_accuracy": int(np.bincount(test.labels).max()) / 129,
        "images": 129,
    },
    "statistics differ": [
        variable.path
        for variable in trainer.network.non_trainable_variables
        if len({part.numpy().tobytes() for part in local(variable.value)}) > 1
    ],
}))
"""


def test_two_replicas_one_of_them_without_a_last_image(tmp_path):
    read(tmp_path, described("skip_connect"))
    arguments = [OVERRIDES, str(tmp_path / "asked.json")]
    done = subprocess.run(
        [sys.executable, "-c", REPLICAS, *arguments],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["shares"] == [[32, 32], [32, 32], [1, 0]]
    assert result["counted"] == result["expected"]
    assert result["statistics differ"] == []


def test_best_weights_without_checkpoints_are_not_begun_anew(
    finished, asked, tmp_path
):
    directory = shutil.copytree(finished, tmp_path / "copy")
    (directory / "result.json").unlink()
    shutil.rmtree(directory / "checkpoints")
    with pytest.raises(
        errors.RunError,
        match="checkpoint of step 30, whose weights are in best, .* found none",
    ):
        train_loop.train(settings(), asked, directory)
    assert (directory / "best/ckpt-30.index").exists()
