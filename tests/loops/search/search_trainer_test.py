"""One search of 2 epochs, 3 child and 2 policy steps each, taken apart."""

import types

import keras
import numpy as np
import pytest
import tensorflow as tf

from ednas_tf import errors, searchers, seeds
from ednas_tf.loops import distribution
from ednas_tf.loops.schedule import Schedule
from ednas_tf.loops.search.search_trainer import SearchTrainer
from ednas_tf.nets import architectures
from ednas_tf.settings import resolve
from ednas_tf.tasks.image_classification import ImageClassification

SETTINGS = resolve.resolve(
    "digits",
    overrides="search.space.ops=[skip_connect,max_pool_3x3,dil_conv_3x3],"
    "search.space.nodes=2,search.network.cells=3,search.network.channels=2,"
    "search.batch_size=8,policy.batch_size=16,policy.initial_stddev=1.0,"
    "policy.learning_rate=0.01,policy.architectures=1",
)
SCHEDULE = Schedule(epochs=2, child_steps=3, policy_steps=2)


def arrays(variables):
    return [np.array(variable) for variable in variables]


def policies_of(searcher):
    """All variables that the policies are made of, the baseline included."""
    vectors = searcher.policies.trainable_variables
    return arrays([*vectors, searcher.baseline, searcher.num_rewards])


def state(trainer):
    """Copies of all that steps can move."""
    return types.SimpleNamespace(
        step=int(trainer.global_step.numpy()),
        weights=arrays(trainer.supernet.network.weights),
        velocities=arrays(trainer.supernet.weight_update.optimizer.variables),
        policies=policies_of(trainer.searcher),
        moments=arrays(trainer.searcher.optimizer.variables),
        counts=trainer.counts.numpy(),
    )


def make_trainer():
    keras.utils.set_random_seed(1)
    task = ImageClassification(SETTINGS)
    searcher = searchers.make(task.space, 5, SETTINGS)
    strategy = distribution.strategy("one_device")
    return SearchTrainer(task, SETTINGS, searcher, SCHEDULE, strategy)


def sampled(trainer, step):
    """What the step numbered `step` runs under the policies as they are."""
    seed = seeds.derive(SETTINGS.seed, "architectures")
    return trainer.searcher.propose(seeds.at_step(seed, tf.constant(step)))


def counted(space, architecture):
    """`architectures.count` by loops."""
    counts = np.zeros([2, len(space.edges), len(space.ops)], np.int64)
    for i, cell_type in enumerate(space.cell_types):
        sources, ops = (part.numpy() for part in architecture[cell_type])
        for node, source, op in zip(
            space.slot_nodes(), sources, ops, strict=True
        ):
            counts[i, space.edges.index((source, node)), op] += 1
    return counts


def rewards_of(trainer, step, batch):
    """Accuracy of a step's architecture on one minibatch, by numpy."""
    images, labels = batch
    network = trainer.supernet.network
    logits = network(images, architecture=sampled(trainer, step))
    return np.mean(logits.numpy().argmax(1) == labels.numpy())


def batches(trainer):
    return iter(trainer.task.policy_batches(trainer.strategy, 0))


@pytest.fixture(scope="module")
def trainer():
    return make_trainer()


@pytest.fixture(scope="module")
def search(trainer):
    """The states before and after each call of `train` in an epoch."""
    result = types.SimpleNamespace(start=state(trainer))
    result.sampled = [sampled(trainer, step) for step in range(3)]
    result.child = trainer.train(tf.constant(3))
    result.after_child = state(trainer)
    result.policy, result.after_policy, result.rewards = [], [], []
    images = batches(trainer)
    for step in (3, 4):
        result.sampled.append(sampled(trainer, step))
        result.rewards.append(rewards_of(trainer, step, next(images)))
        result.policy.append(trainer.train(tf.constant(1)))
        result.after_policy.append(state(trainer))
    result.row = trainer.end_epoch()
    result.end = state(trainer)
    return result


def assert_same(one, other):
    assert len(one) == len(other) > 0
    for mine, theirs in zip(one, other, strict=True):
        np.testing.assert_array_equal(mine, theirs)


def changed(one, other):
    return [np.any(a != b) for a, b in zip(one, other, strict=True)]


def test_child_steps_move_all_weights_and_no_policy(search):
    before, after = search.start, search.after_child
    assert after.step == 3
    assert all(changed(before.weights, after.weights))
    assert all(changed(before.velocities, after.velocities)[2:])
    assert_same(before.policies, after.policies)
    assert_same(before.moments, after.moments)


def test_policy_steps_move_all_policies_and_no_weight(search):
    before, after = search.after_child, search.after_policy[-1]
    assert after.step == 5
    assert_same(before.weights, after.weights)
    assert_same(before.velocities, after.velocities)
    assert all(changed(before.policies, after.policies))
    assert sum(changed(before.moments, after.moments)) > 10


def test_architectures_are_functions_of_seed_and_step(search, trainer):
    space = trainer.task.space
    expected = np.zeros_like(search.start.counts)
    for step, architecture in enumerate(search.sampled):
        expected[0 if step < 3 else 1] += counted(space, architecture)
    kept = 2 * 2 * 2  # Cell types, nodes, edges of a node.

    assert expected[0].sum() == 3 * kept
    assert expected[1].sum() == 2 * kept
    np.testing.assert_array_equal(search.row["epoch/counts"], expected)
    np.testing.assert_array_equal(search.after_child.counts[0], expected[0])
    genotypes = {
        architectures.to_genotype(space, architecture)
        for architecture in search.sampled
    }
    assert len(genotypes) == 5


def test_counting_starts_anew_with_an_epoch(search):
    assert search.end.counts.shape == (2, 2, 5, 3)
    assert search.end.counts.sum() == 0
    assert search.row["epoch/counts"].dtype == np.int64


def test_the_reward_is_the_accuracy_on_the_minibatch(search):
    found = [scalars["policy/reward"] for scalars in search.policy]
    assert found == pytest.approx(search.rewards)
    assert all(16 * reward == round(16 * reward) for reward in found)


def test_the_row_says_which_architecture_earned_which_reward(search):
    found = search.row["epoch/architectures"]
    assert found.dtype == np.int8 and len(found) == 2
    for mine, architecture in zip(found, search.sampled[3:], strict=True):
        expected = [
            [sampled.sources, sampled.ops] for sampled in architecture.values()
        ]
        np.testing.assert_array_equal(mine, expected)


def test_scalars(search):
    first, second = search.rewards
    assert search.child.keys() == {
        "child/loss",
        "child/accuracy",
        "child/learning_rate",
        "child/images_per_second",
    }
    # Untrained: about the logarithm of ten classes.
    assert 1.5 < search.child["child/loss"] < 4.5
    assert 24 * search.child["child/accuracy"] == pytest.approx(
        round(24 * search.child["child/accuracy"])
    )
    # Half of the six child steps are done.
    assert search.child["child/learning_rate"] == pytest.approx(0.0255)
    assert search.policy[0].pop("policy/images_per_second") > 0
    assert search.policy[0] == pytest.approx(
        {
            "policy/reward": first,
            "policy/baseline": first,
            "policy/learning_rate": 0.01,
        }
    )
    assert search.policy[1]["policy/baseline"] == pytest.approx(
        0.99 * first + 0.01 * second
    )


def poison(trainer):
    bias = trainer.supernet.network.classifier.dense.bias
    bias.assign(tf.fill(bias.shape, np.nan))


def failure(trainer, num_steps):
    with pytest.raises(errors.RunError) as raised:
        trainer.train(tf.constant(num_steps))
    return str(raised.value)


def test_a_loss_that_is_not_finite(search, trainer):
    poison(trainer)
    first = architectures.to_genotype(trainer.task.space, sampled(trainer, 5))
    assert failure(trainer, 3) == (
        "step 5, a child step with learning rate 0.0255: the loss is not "
        "finite; checkpoints are kept; lower "
        "search.optimizer.learning_rate in a new --model_dir; the "
        f"architecture was {first.to_json()}"
    )


@pytest.fixture
def poisoned():
    """A trainer at its first policy step, whose logits are not finite."""
    trainer = make_trainer()
    poison(trainer)
    trainer.global_step.assign(3)
    return trainer


def test_a_reward_that_is_not_finite(poisoned):
    first = architectures.to_genotype(poisoned.task.space, sampled(poisoned, 3))
    message = failure(poisoned, 2)
    assert message.startswith(
        "step 3, a policy step with learning rate 0.01: the reward is not "
        "finite; "
    )
    assert message.endswith(f"the architecture was {first.to_json()}")


class Asked(Exception):
    """A phase was asked for its batches from a step on."""


@pytest.mark.parametrize(
    "step, phase, done",
    [
        # Two epochs of 3 child and 2 policy steps: c c c p p c c c p p.
        *((0, "child", 0), (1, "child", 1), (2, "child", 2)),
        *((3, "policy", 0), (4, "policy", 1)),
        *((5, "child", 3), (7, "child", 5)),
        *((8, "policy", 2), (9, "policy", 3)),
    ],
)
def test_a_restored_step_goes_on_with_the_batch_that_is_due(
    trainer, monkeypatch, step, phase, done
):
    def ask(name):
        def batches(strategy, start_step):
            raise Asked(name, start_step)

        return batches

    for name in ("child", "policy"):
        monkeypatch.setattr(trainer.task, f"{name}_batches", ask(name))
    trainer.global_step.assign(step)
    trainer.forget()
    with pytest.raises(Asked) as asked:
        trainer.train(tf.constant(1))
    assert asked.value.args == (phase, done)
