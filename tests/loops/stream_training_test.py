"""Whole trainings of a task with a state, whose weights are averaged."""

import json
import types

import numpy as np
import pytest
import tensorflow as tf

from ednas_tf import errors, tasks
from ednas_tf.loops.train import results, several_seeds, train_loop
from ednas_tf.loops.train.train_trainer import TrainTrainer
from ednas_tf.settings import resolve
from ednas_tf.space import published
from tests.loops import stream_task
from tests.loops.stream_task import StreamTask

EPOCHS = 8
OVERRIDES = (
    f"task=language_modelling,train.epochs={EPOCHS},train.batch_size=4,"
    "train.nonmonotone_checks=2,train.optimizer.learning_rate=0.03,"
    "train.optimizer.schedule=constant,train.optimizer.momentum=0.0,"
    "train.optimizer.weight_decay=0.0,train.optimizer.clip_norm=0.0,"
    "runtime.steps_per_log=2,runtime.checkpoint_steps=2"
)
DESCRIBED = published.published("ednas_ptb")


def settings(overrides=""):
    return resolve.resolve(overrides=f"{OVERRIDES},{overrides}".rstrip(","))


@pytest.fixture(autouse=True, scope="module")
def stream():
    """In place of the tasks that there are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tasks, "make", StreamTask)
        patch.setattr(tasks, "kind", lambda _: StreamTask)
        yield


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A training that nothing stops, its weight after each step, and more."""
    directory = tmp_path_factory.mktemp("runs") / "finished"
    made, weights = [], []

    class Watched(TrainTrainer):
        def __init__(self, *args):
            super().__init__(*args)
            made.append(self)

        def train(self, num_steps):
            for _ in range(int(num_steps)):
                super().train(tf.constant(1))
                weights.append(float(self.network.w.numpy()[0]))
            return {}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train_loop, "TrainTrainer", Watched)
        result = train_loop.train(settings(), DESCRIBED, directory)
    return types.SimpleNamespace(
        directory=directory,
        result=result,
        weights=weights,
        trainer=made[0],
        network=made[0].network,
    )


def by_hand(weights):
    """What each epoch's validation is of, and from which epoch on averaged."""
    shown, measures, begins = [], [], None
    for epoch in range(1, EPOCHS + 1):
        since = weights[3 * begins : 3 * epoch] if begins else []
        shown.append(np.mean(since) if since else weights[3 * epoch - 1])
        measures.append(stream_task.perplexity(shown[-1], streams=2))
        older = measures[:-3]
        if begins is None and older and measures[-1] > min(older):
            begins = epoch
    return shown, measures, begins


def test_the_mean_is_taken_from_the_epoch_that_is_no_better(finished):
    shown, measures, begins = by_hand(finished.weights)
    network, update = finished.network, finished.trainer.weight_update
    best = int(np.argmin(measures))

    assert 4 <= begins <= EPOCHS - 2
    # It ended with the weights that were the best.
    assert float(network.w.numpy()[0]) == pytest.approx(shown[best], rel=1e-6)
    with update.averaged():
        mean = float(network.w.numpy()[0])
    assert mean == pytest.approx(np.mean(finished.weights[3 * begins :]))
    assert finished.result["best_step"] == 3 * (best + 1)
    assert float(finished.trainer.best_measure.numpy()) == pytest.approx(
        measures[best], rel=1e-5
    )


def test_the_result(finished):
    shown, measures, _ = by_hand(finished.weights)
    final = stream_task.perplexity(shown[int(np.argmin(measures))], streams=1)
    result = dict(finished.result)

    assert result.pop("test_perplexity") == pytest.approx(final, rel=1e-5)
    assert result.pop("validation_perplexity") == pytest.approx(final, rel=1e-5)
    assert result.pop("seconds") > 0 and result.pop("best_step") > 0
    assert result == {
        "test_tokens": 12,
        "parameters": 1,
        "auxiliary_parameters": 0,
        "multiply_adds": 1,
        "epochs": EPOCHS,
        "steps": 3 * EPOCHS,
        "seed": 0,
        "stream": "numbers",
        "genotype_fingerprint": DESCRIBED.fingerprint(),
        "settings_fingerprint": settings().fingerprint(),
    }


def test_it_is_printed_again(finished, capsys):
    again = train_loop.train(settings(), DESCRIBED, finished.directory)
    assert again == finished.result
    told = f"test perplexity {again['test_perplexity']:.4f} on 12 tokens, in"
    assert capsys.readouterr().out.startswith(told)


def stopped_at(steps, directory):
    """Stops before each of the steps in turn, and goes on."""
    train = TrainTrainer.train
    for stop in steps:

        def stopping(self, num_steps, stop=stop):
            if int(self.global_step) + int(num_steps) > stop:
                raise KeyboardInterrupt
            return train(self, num_steps)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(TrainTrainer, "train", stopping)
            with pytest.raises(KeyboardInterrupt):
                train_loop.train(settings(), DESCRIBED, directory)
    return train_loop.train(settings(), DESCRIBED, directory)


def values(directory):
    reader = tf.train.load_checkpoint(str(directory / "checkpoints"))
    return {
        name: reader.get_tensor(name)
        for name in reader.get_variable_to_shape_map()
        if not name.startswith(("_CHECKPOINTABLE", "seconds/"))
    }


def test_stopped_before_and_after_it_began_it_is_the_same(finished, tmp_path):
    _, _, begins = by_hand(finished.weights)
    # Within an epoch, before it and after.
    stops = [3 * begins - 4, 3 * begins, 3 * begins + 2, 3 * begins + 3]
    result = stopped_at(stops, tmp_path / "stopped")

    expected, found = (
        values(each) for each in (finished.directory, tmp_path / "stopped")
    )
    assert {name.split("/")[0] for name in found} >= {"child", "state"}
    assert [name for name in found if "average" in name]
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value, err_msg=name)
    assert result | {"seconds": 0} == finished.result | {"seconds": 0}


def test_whether_it_averages_is_logged(finished, tmp_path):
    trainer = TrainTrainer(
        StreamTask(settings()),
        settings(),
        DESCRIBED,
        finished.trainer.schedule,
        finished.trainer.strategy,
    )
    assert trainer.train(tf.constant(1))["train/averaging"] == 0
    for measure in (1.0, 1.0, 1.0, 2.0):
        trainer.weight_update.average.observe(measure)
    assert trainer.train(tf.constant(1))["train/averaging"] == 1


@pytest.mark.parametrize(
    "overrides, validates, message",
    [
        (
            "train.ema_decay=0.9",
            True,
            "train.nonmonotone_checks: expected 0, because train.ema_decay ",
        ),
        (
            "",
            False,
            "train.nonmonotone_checks: expected 0, because no data are kept "
            "for validation, found 2; ",
        ),
    ],
)
def test_what_cannot_be_averaged(
    overrides, validates, message, tmp_path, monkeypatch
):
    monkeypatch.setattr(StreamTask, "validates", validates)
    with pytest.raises(errors.RequestError) as raised:
        train_loop.train(settings(overrides), DESCRIBED, tmp_path / "new")
    assert str(raised.value).startswith(message)
    assert not (tmp_path / "new").exists()


def test_an_architecture_of_another_family(tmp_path):
    with pytest.raises(errors.RequestError) as raised:
        train_loop.train(
            settings(), published.published("darts_v2"), tmp_path / "new"
        )
    assert str(raised.value).startswith(
        "--genotype: expected a recurrent architecture, because task is "
        "language_modelling, found a convolutional one"
    )


@pytest.mark.parametrize(
    "result",
    [
        {"test_accuracy": 0.5, "test_images": 10},
        {"test_perplexity": float("nan"), "test_tokens": 10},
        {"test_perplexity": 90.5, "test_tokens": 0},
        {"test_perplexity": 90.5},
        ["test_perplexity"],
        3,
    ],
)
def test_what_is_no_result_of_the_task(result, tmp_path):
    (tmp_path / "result.json").write_text(json.dumps(result))
    with pytest.raises(errors.RequestError, match="expected the result of a"):
        results.read_result(tmp_path, "language_modelling")


def test_several_seeds(monkeypatch, tmp_path, capsys):
    def train(settings, described, directory, announces):
        return {
            "test_perplexity": 60.0 + settings.seed,
            "parameters": 5,
            "multiply_adds": 7,
        }

    monkeypatch.setattr(train_loop, "train", train)
    found = several_seeds.train(settings(), DESCRIBED, tmp_path, [1, 3])
    assert found["test_perplexity_mean"] == 62
    assert found["test_perplexity_stddev"] == pytest.approx(2**0.5)
    assert found["test_perplexities"] == [61, 63]
    assert (
        "test perplexity of 2 seeds: mean 62.0000," in capsys.readouterr().out
    )
