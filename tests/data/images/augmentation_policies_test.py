import itertools
from collections import Counter, defaultdict

import numpy as np
import pytest
import tensorflow as tf
from official.vision.ops import augment

from ednas_tf.data import draws
from ednas_tf.data.images import augmentation_policies, image_operations


def decide(policy, count, seed=0):
    """The operations for `count` images: names with levels, and directions."""
    fractions = draws.fractions(
        seed, tf.constant(3, tf.int64), [count, policy.num_fractions]
    )
    numbers, signs = policy.decide(fractions)
    operations = np.array([str(key) for key in policy.operations])
    return operations[numbers.numpy()], signs.numpy()


def assert_frequent(found, expected, count):
    """Checks that chi-square is within 5 standard deviations of its mean."""
    assert set(found) <= {key for key, p in expected.items() if p > 0}
    chi_square = sum(
        (found[key] - p * count) ** 2 / (p * count)
        for key, p in expected.items()
        if p > 0
    )
    freedom = sum(p > 0 for p in expected.values()) - 1
    assert abs(chi_square - freedom) < 5 * (2 * freedom) ** 0.5


def test_rand_augment_draws_pairs_of_operations_uniformly():
    policy = augmentation_policies.rand_augment(layers=2, magnitude=7.0)
    assert len(policy.operations) == 14
    found, signs = decide(policy, 20_000)
    expected = {
        pair: 1 / 196
        for pair in itertools.product(map(str, policy.operations), repeat=2)
    }
    assert_frequent(Counter(map(tuple, found)), expected, 20_000)
    both = Counter(map(tuple, signs))
    assert_frequent(
        both, {(a, b): 1 / 4 for a in (-1, 1) for b in (-1, 1)}, 20_000
    )


@pytest.mark.parametrize(
    "name, operations",
    [("reduced_cifar10", 32), ("svhn", 25), ("reduced_imagenet", 23)],
)
def test_auto_augment_draws_with_the_probabilities_of_its_policy(
    name, operations
):
    policy = augmentation_policies.auto_augment(name)
    assert len(policy.operations) == operations
    found, _ = decide(policy, 50_000)
    expected = defaultdict(float)
    learnt = getattr(augment.AutoAugment, f"policy_{name}")()
    assert len(learnt) == 25
    for pair in learnt:
        for applied in itertools.product([True, False], repeat=2):
            names, probability = [], 1 / 25
            for yes, (operation, p, level) in zip(applied, pair, strict=True):
                if operation in ("AutoContrast", "Equalize", "Invert"):
                    level = 0
                probability *= p if yes else 1 - p
                key = (operation, level) if yes else ("Identity", 0)
                names.append(str(key))
            expected[tuple(names)] += probability
    assert_frequent(Counter(map(tuple, found)), expected, 50_000)


def test_decisions_of_sub_policies_by_hand():
    policy = augmentation_policies.Policy(
        [
            [("Invert", 0.5, 3), ("TranslateX", 0.0, 4)],
            [("Equalize", 1.0, 2), ("Invert", 0.25, 8)],
        ]
    )
    assert policy.operations == [
        ("Identity", 0),
        ("Equalize", 0),
        ("Invert", 0),
        ("TranslateX", 4),
    ]
    # The sub-policy, whether each operation is applied, and the directions.
    numbers, signs = policy.decide(
        [
            [0.0, 0.49, 0.0, 0.49, 0.5],
            [0.49, 0.5, 0.99, 0.99, 0.0],
            [0.5, 0.99, 0.24, 0.0, 0.0],
            [0.99, 0.0, 0.25, 0.5, 0.5],
        ]
    )
    np.testing.assert_array_equal(numbers, [[2, 0], [0, 0], [1, 2], [1, 0]])
    np.testing.assert_array_equal(signs, [[-1, 1], [1, -1], [-1, -1], [1, 1]])


def test_the_largest_fraction_gives_a_valid_choice():
    largest = 1 - 2.0**-23
    for policy in (
        augmentation_policies.rand_augment(1, 5.0),
        augmentation_policies.auto_augment("reduced_cifar10"),
    ):
        numbers, _ = policy.decide(tf.fill([1, policy.num_fractions], largest))
        assert 0 <= numbers.numpy().min() <= numbers.numpy().max()
        assert numbers.numpy().max() < len(policy.operations)


def random_images(count, size=32):
    return tf.constant(
        np.random.default_rng(0).integers(
            20, 220, [count, size, size, 3], dtype=np.uint8
        )
    )


def test_each_operation_of_rand_augment_is_reached_and_changes_images():
    policy = augmentation_policies.rand_augment(1, 8.0)
    images = tf.repeat(random_images(1), 14, axis=0)
    signs = tf.ones([14, 1])
    found = policy.apply(images, tf.range(14)[:, None], signs)
    assert found.dtype == tf.uint8
    changed = set()
    for image, (name, level) in zip(found, policy.operations, strict=True):
        operation = image_operations.operation(name, level)
        np.testing.assert_array_equal(image, operation(images[:1], signs[0])[0])
        if tf.reduce_any(image != images[0]):
            changed.add(name)
    assert changed == set(augmentation_policies.RAND_AUGMENT) - {"Identity"}


def test_layers_are_applied_in_order():
    policy = augmentation_policies.Policy(
        [[("Invert", 1.0, 0), ("Solarize", 1.0, 5)]]
    )
    invert, solarize = (
        [name for name, _ in policy.operations].index(name)
        for name in ("Invert", "Solarize")
    )
    images = tf.fill([2, 1, 1, 3], tf.constant(200, tf.uint8))
    numbers = tf.constant([[invert, solarize], [solarize, 0]])
    found = policy.apply(images, numbers, tf.ones([2, 2]))
    # Invert turns 200 into 55, which is below Solarize's threshold of 128; in
    # the second image, Solarize inverts 200 itself.
    np.testing.assert_array_equal(found[:, 0, 0, 0], [55, 55])
    numbers = tf.constant([[solarize, invert], [0, 0]])
    found = policy.apply(images, numbers, tf.ones([2, 2]))
    np.testing.assert_array_equal(found[:, 0, 0, 0], [200, 200])


def test_an_image_does_not_depend_on_the_rest_of_the_batch():
    policy = augmentation_policies.rand_augment(2, 6.0)
    images = random_images(28)
    numbers = tf.stack([tf.range(28) % 14, tf.range(28) * 5 % 14], axis=1)
    signs = tf.where(numbers % 3 == 0, -1.0, 1.0)
    together = policy.apply(images, numbers, signs)
    parts = [
        policy.apply(*(x[i : i + 4] for x in (images, numbers, signs)))
        for i in range(0, 28, 4)
    ]
    np.testing.assert_array_equal(tf.concat(parts, 0), together)
