"""Searches of the space nas_bench_201 with shared weights, in this process."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from ednas_tf import searchers
from ednas_tf.loops import distribution
from ednas_tf.loops.schedule import Schedule
from ednas_tf.loops.search import derivation
from ednas_tf.loops.search.search_trainer import SearchTrainer
from ednas_tf.settings import resolve
from ednas_tf.tasks.image_classification import ImageClassification

SCHEDULE = Schedule(epochs=2, child_steps=4, policy_steps=6)


def make_trainer(searcher, strategy="one_device"):
    settings = resolve.resolve(
        "digits",
        [],
        "search.space.name=nas_bench_201,search.network.cells=3,"
        "search.network.channels=2,search.batch_size=12,"
        f"policy.batch_size=20,search.searcher={searcher},"
        "search.candidates=5",
    )
    keras.utils.set_random_seed(1)
    task = ImageClassification(settings)
    made = searchers.make(task.space, 7, settings)
    return SearchTrainer(
        task, settings, made, SCHEDULE, distribution.strategy(strategy)
    )


def run_epoch(trainer):
    """The metrics of both phases, and the row of the history."""
    metrics = [
        trainer.train(tf.constant(SCHEDULE.child_steps)),
        trainer.train(tf.constant(SCHEDULE.policy_steps)),
    ]
    return metrics, trainer.end_epoch()


@pytest.mark.parametrize("searcher", ["evolution"])
def test_a_search_that_goes_on_from_a_checkpoint(searcher, tmp_path):
    whole = make_trainer(searcher)
    run_epoch(whole)
    saved = whole.checkpoint().write(str(tmp_path / "saved"))
    _, expected = run_epoch(whole)

    resumed = make_trainer(searcher)
    resumed.checkpoint().read(saved).assert_consumed()
    _, found = run_epoch(resumed)
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value, name)
    candidates = derivation.derive(
        resumed.task, resumed.task.settings, resumed, resumed.strategy
    )
    assert len(candidates) == 5


def test_two_devices_compute_what_one_does():
    """As the norms of residual blocks and of the head are shared, too."""
    alone = make_trainer("random")
    metrics, history = run_epoch(alone)
    mirrored = make_trainer("random", "mirrored")
    assert mirrored.strategy.num_replicas_in_sync == 2
    found, other = run_epoch(mirrored)
    np.testing.assert_array_equal(
        history["epoch/architectures"], other["epoch/architectures"]
    )
    np.testing.assert_allclose(
        other["epoch/rewards"], history["epoch/rewards"], atol=1e-3
    )
    for name in ("child/loss", "child/accuracy"):
        assert found[0][name] == pytest.approx(metrics[0][name], rel=1e-3)
