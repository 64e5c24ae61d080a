"""Which images a batch holds: every image here has a value of its own."""

import numpy as np
import pytest
import tensorflow as tf

from ednas_tf import tasks
from ednas_tf.data.images import image_data
from ednas_tf.settings import resolve
from ednas_tf.tasks import image_sizes

#: Training images have the values 0 to 39, test images 200 to 211.
TRAIN, TEST = set(range(40)), set(range(200, 212))
SETTINGS = (
    "search.network.cells=3,search.network.channels=4,search.space.nodes=2,"
    "train.network.cells=3,train.network.channels=4,search.batch_size=4,"
    "policy.batch_size=5,train.batch_size=6,data.validation_images=15"
)


def split(values):
    values = np.array(sorted(values), np.uint8)
    images = np.broadcast_to(
        values[:, None, None, None], (len(values), 8, 8, 1)
    )
    return image_data.Split(images.copy(), values.astype(np.int32) % 10)


def make(overrides="", validation=None):
    settings = resolve.resolve("digits", [], f"{SETTINGS},{overrides}")
    data = image_data.ImageData(
        *("numbered", split(TRAIN), split(TEST), tuple("0123456789")),
        mean=(0.0,),
        stddev=(1.0,),
        validation=validation,
    )
    return tasks.kind("image_classification")(settings, data)


def values(batches, steps=None):
    """The values of the images of a number of batches, in order.

    Labels must be those of the images.
    """
    found = []
    for images, labels in batches if steps is None else batches.take(steps):
        each = np.rint(255 * images.numpy()).astype(int)
        assert (each == each[:, :1, :1]).all()
        assert labels.numpy().tolist() == (each[:, 0, 0, 0] % 10).tolist()
        found += each[:, 0, 0, 0].tolist()
    return found


def of_pass(task, kind, steps):
    """The values that a pass of a kind of steps sees, without augmentation."""
    strategy = tf.distribute.get_strategy()
    batches = {
        "child": task.child_batches,
        "policy": task.policy_batches,
        "train": task.train_batches,
    }[kind](strategy, 0)
    return values(batches, steps)


PLAIN = "train.augmentation.policy=none,train.augmentation.cutout=0"


def test_few_images_are_validation_images_in_turn():
    task = make("data.validation_images=8,policy.batch_size=8")
    assert task.folds == 5
    assert task.fold(0) is task
    folds = [task.fold(number) for number in range(5)]
    validation = [of_pass(each, "policy", 1) for each in folds]
    assert sorted(sum(validation, [])) == sorted(TRAIN)
    for each, scored in zip(folds, validation, strict=True):
        assert each.search_steps(1) == task.search_steps(1)
        assert set(of_pass(each, "child", 8)) == TRAIN - set(scored)


def test_enough_or_given_validation_images_have_no_folds(monkeypatch):
    assert make(validation=split(range(100, 115))).folds == 1
    assert make().folds == 2
    monkeypatch.setattr(image_sizes, "FEW", 15)
    assert make().folds == 1


def test_weights_and_rewards_see_disjoint_images_of_the_training_set():
    task = make()
    assert task.search_steps(1) == (25 // 4, 15 // 5)
    rewards = of_pass(task, "policy", 3)
    assert len(rewards) == len(set(rewards)) == 15
    # Each pass leaves out one image, another one in each.
    weights = of_pass(task, "child", 10 * 6)
    assert set(weights) == TRAIN - set(rewards)
    assert all(
        len(set(weights[first : first + 24])) == 24
        for first in range(0, len(weights), 24)
    )


def test_candidates_are_judged_on_the_images_of_the_policy_steps():
    task = make()
    strategy = tf.distribute.get_strategy()
    candidates = values(task.policy_batches(strategy, 0, "candidates"), 3)
    rewards = of_pass(task, "policy", 3)
    assert sorted(candidates) == sorted(rewards)
    assert candidates != rewards


def test_a_training_sees_all_training_images_unless_some_are_kept_apart():
    assert set(of_pass(make(PLAIN), "train", 6 * 20)) == TRAIN
    task = make(f"{PLAIN},train.validation_images=10")
    strategy = tf.distribute.get_strategy()
    assert task.train_steps(1) == 30 // 6
    trained = of_pass(task, "train", 5)
    validated = values(task.evaluation_batches(strategy))
    assert len(trained) == len(set(trained)) == 30
    assert len(validated) == 10 and task.validates
    assert set(trained) | set(validated) == TRAIN
    # The images of the search's rewards are others.
    assert set(validated) - set(of_pass(task, "policy", 3))


def test_the_test_images_are_read_in_order_and_for_the_test_only():
    task = make(f"{PLAIN},train.validation_images=10")
    strategy = tf.distribute.get_strategy()
    assert values(task.evaluation_batches(strategy, True)) == sorted(TEST)
    with_validation = values(task.evaluation_batches(strategy, False))
    assert not set(with_validation) & TEST


@pytest.mark.parametrize("kind", ["child", "policy", "train"])
def test_batches_after_a_step_are_those_of_a_run_from_the_start(kind):
    task = make(PLAIN)
    strategy = tf.distribute.get_strategy()
    make_batches = getattr(task, f"{kind}_batches")
    size = task.units_per_batch(kind)
    whole = values(make_batches(strategy, 0), 12)
    assert values(make_batches(strategy, 5), 7) == whole[5 * size :]


def test_equal_seeds_and_no_others_keep_the_same_images_apart():
    def kept(seed):
        return set(of_pass(make(f"seed={seed}"), "policy", 3))

    assert kept(3) == kept(3) != kept(4)


def test_validation_images_of_their_own_are_used_by_search_and_training():
    given = {100, 101, 102, 103, 104}
    task = make("data.validation_images=5", split(given))
    assert set(of_pass(task, "policy", 1)) == given
    assert set(of_pass(task, "child", 10)) == TRAIN
    assert set(of_pass(task, "train", 60)) == TRAIN
    assert task.validates
    strategy = tf.distribute.get_strategy()
    assert values(task.evaluation_batches(strategy)) == sorted(given)


@pytest.mark.parametrize(
    "overrides, message",
    [
        ("", "data.validation_images: expected 5, because .* found 15"),
        (
            "data.validation_images=5,train.validation_images=2",
            "train.validation_images: expected 0, because .* found 2",
        ),
    ],
)
def test_given_validation_images_are_all_there_are(overrides, message):
    with pytest.raises(ValueError, match=message):
        make(overrides, split({1, 2, 3, 4, 5}))
