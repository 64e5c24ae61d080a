"""Steps that hand a state on, on one device, on two, and after a stop."""

import numpy as np
import pytest
import tensorflow as tf

from ednas_tf import replicas, searchers
from ednas_tf.loops import distribution
from ednas_tf.loops.schedule import CHILD, POLICY, Schedule
from ednas_tf.loops.search.search_trainer import SearchTrainer
from ednas_tf.loops.train.train_trainer import TrainTrainer
from ednas_tf.settings import schema
from tests.loops import stream_task
from tests.loops.stream_task import StreamTask

PLAIN_SGD = {
    "learning_rate": 0.1,
    "schedule": "constant",
    "momentum": 0.0,
    "weight_decay": 0.0,
    "clip_norm": 0.0,
}
SETTINGS = schema.Settings()
SETTINGS.override(
    {
        "search": {"batch_size": 4, "optimizer": PLAIN_SGD},
        "policy": {"batch_size": 6},
        "train": {"batch_size": 4, "optimizer": PLAIN_SGD},
    }
)
SEARCH = Schedule(epochs=2, child_steps=3, policy_steps=2)
TRAINING = Schedule(epochs=2, child_steps=3, policy_steps=0)


def make_search(strategy):
    task, strategy = StreamTask(SETTINGS), distribution.strategy(strategy)
    searcher = searchers.make(task.space, 5, SETTINGS)
    return SearchTrainer(task, SETTINGS, searcher, SEARCH, strategy)


def make_training(strategy):
    task, strategy = StreamTask(SETTINGS), distribution.strategy(strategy)
    return TrainTrainer(task, SETTINGS, None, TRAINING, strategy)


def by_hand(section, steps):
    """Weight, state and losses of so many steps, in float64."""
    w, h, losses = 0.0, np.zeros(4), []
    for step in range(steps):
        x = stream_task.numbers(len(section), step, 4).numpy()
        h = h / 2 + x
        losses.append(np.mean((w - h) ** 2))
        w -= 0.1 * float(stream_task.rate_scale(step)) * 2 * np.mean(w - h)
    return w, h, losses


@pytest.fixture(scope="module", params=["one_device", "mirrored"])
def trained(request):
    """A training after five steps of six, and what was logged of them."""
    trainer = make_training(request.param)
    logged = [trainer.train(tf.constant(n)) for n in (2, 3)]
    return trainer, logged


def test_a_training_hands_its_state_on(trained):
    trainer, logged = trained
    w, h, losses = by_hand("train", 5)
    (state,) = trainer.state.read()

    np.testing.assert_allclose(trainer.network.w.numpy(), [w], rtol=1e-5)
    np.testing.assert_allclose(state, h, rtol=1e-5)
    means = np.mean(losses[:2]), np.mean(losses[2:])
    assert [each["train/loss"] for each in logged] == pytest.approx(means)
    assert logged[1]["train/perplexity"] == pytest.approx(np.exp(means[1]))
    assert logged[1]["train/tokens_per_second"] > 0
    assert logged[1]["train/learning_rate"] == pytest.approx(0.1)


def test_an_evaluation_hands_its_state_on(trained):
    trainer, _ = trained
    w = float(trainer.network.w.numpy()[0])
    for final, streams in ((False, 2), (True, 1)):
        # The same each time: it starts from its own state.
        for _ in range(2):
            found = trainer.evaluate(test=True, final=final)
            assert found["perplexity"] == pytest.approx(
                stream_task.perplexity(w, streams), rel=1e-5
            )
            assert found["tokens"] == 12


@pytest.fixture(scope="module", params=["one_device", "mirrored"])
def search(request):
    """A search after its first epoch and a child step."""
    trainer = make_search(request.param)
    logged = [trainer.train(tf.constant(n)) for n in (3, 2, 1)]
    return trainer, logged


def test_child_steps_hand_a_state_on_past_policy_steps(search):
    trainer, logged = search
    # The rates go by the global step: the fourth child step has number 5.
    w, h, losses = by_hand("search", 3)
    (state,) = trainer.supernet.state.read()
    h = h / 2 + stream_task.numbers(len("search"), 3, 4).numpy()

    np.testing.assert_allclose(state, h, rtol=1e-5)
    assert logged[0]["child/loss"] == pytest.approx(np.mean(losses))
    assert logged[2]["child/loss"] == pytest.approx(np.mean((w - h) ** 2))
    scored = [stream_task.numbers(len("policy"), n, 6).numpy() for n in (0, 1)]
    rewards = [1 / (1 + np.mean((w - x) ** 2)) for x in scored]
    np.testing.assert_allclose(trainer.rewards[:, 0], rewards, rtol=1e-5)
    assert logged[1].keys() == {
        *("policy/reward", "policy/baseline", "policy/learning_rate"),
        "policy/tokens_per_second",
    }


def values(checkpoint, folder):
    """All that a checkpoint holds, by name."""
    reader = tf.train.load_checkpoint(checkpoint.write(str(folder / "values")))
    return {
        name: reader.get_tensor(name)
        for name in reader.get_variable_to_shape_map()
        if not name.startswith(("_CHECKPOINTABLE", "seconds/"))
    }


def run(trainer, parts):
    for phase, steps in parts:
        if isinstance(trainer, SearchTrainer):
            trainer.run(phase, tf.constant(steps))
        else:
            trainer.train(tf.constant(steps))


@pytest.mark.parametrize("strategy", ["one_device", "mirrored"])
@pytest.mark.parametrize("make", [make_search, make_training])
def test_gone_on_with_it_is_the_same_bit_for_bit(make, strategy, tmp_path):
    whole, first, second = (make(strategy) for _ in range(3))
    run(whole, [(CHILD, 3), (POLICY, 2), (CHILD, 1)])
    run(first, [(CHILD, 2)])
    path = first.checkpoint().write(str(tmp_path / "stopped"))
    second.checkpoint().read(path).assert_consumed()
    run(second, [(CHILD, 1), (POLICY, 2), (CHILD, 1)])

    expected = values(whole.checkpoint(), tmp_path)
    found = values(second.checkpoint(), tmp_path)
    assert [name for name in expected if name.startswith("state/")]
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value, err_msg=name)


def test_a_task_without_state_has_none_in_its_checkpoint():
    class Stateless(StreamTask):
        def initial_state(self, kind):
            return ()

    strategy = distribution.strategy("one_device")
    trainer = TrainTrainer(
        Stateless(SETTINGS), SETTINGS, None, TRAINING, strategy
    )
    assert not hasattr(trainer.checkpoint(), "state")


def test_shares_in_order_make_up_the_whole():
    tensor = tf.reshape(tf.range(24), [2, 4, 3])
    strategy = distribution.strategy("mirrored")
    shares = strategy.run(lambda: replicas.share(tensor, axis=1))
    parts = strategy.experimental_local_results(shares)

    assert [part.shape.as_list() for part in parts] == [[2, 2, 3]] * 2
    np.testing.assert_array_equal(tf.concat(parts, 1), tensor)
    assert replicas.share(tensor) is tensor
