"""What architectures of a rung are ranked by."""

import dataclasses

import numpy as np
import pytest

from ednas_tf.analysis import scores, trainings
from ednas_tf.space.genotype import Genotype

NO_CELL = Genotype(space="convolutional", cells={}, provenance={})


def training(loss, reward, purpose=trainings.RUNG, name="a"):
    genotype = dataclasses.replace(NO_CELL, space=name)
    return trainings.Training(
        genotype, trainings.RANDOM, purpose, 0, 40, loss, reward, 1.0
    )


def rung(losses, rewards):
    return [training(*each) for each in zip(losses, rewards, strict=True)]


def pairs(one, other):
    """Trainings of the first rung, and the same with another seed."""
    return [
        training(1.0, reward, purpose, str(i))
        for purpose, rewards in (
            (trainings.RUNG, one),
            (trainings.REPEAT, other),
        )
        for i, reward in enumerate(rewards)
    ]


def test_rewards_without_noise_decide_alone():
    done = rung([1.0, 2.0, 3.0, 2.5], [0.1, 0.4, 0.3, 0.2])
    scale = scores.scale(done, 0.0)
    assert scale.weight == 1
    assert [scale.score(each) for each in done] == pytest.approx(
        [0.1, 0.4, 0.3, 0.2]
    )
    ranked = scores.ranked(done, 0.0)
    assert [each.reward for each in ranked] == [0.4, 0.3, 0.2, 0.1]


def test_noisy_rewards_give_way_to_what_the_loss_predicts():
    done = rung([1.0, 2.0, 3.0, 4.0], [0.41, 0.28, 0.21, 0.10])
    scale = scores.scale(done, 1.0)
    # The line through these points falls by 0.1 for each 1 of loss.
    assert scale.slope == pytest.approx(0.1)
    # Four trainings that are fitted by two numbers, and four of the prior.
    assert scale.weight == pytest.approx(1 - (2 + 4) / (4 / 0.5), abs=1e-3)
    expected = 0.75 * 0.3 + 0.25 * 0.28
    assert scale.score(done[1]) == pytest.approx(expected, abs=1e-3)
    many = rung(*np.array([[1.0, 0.4], [2.0, 0.3]] * 40).T)
    assert scores.scale(many, 1.0).weight == 0.1


def test_the_weight_of_rewards_is_the_share_that_is_no_noise():
    generator = np.random.default_rng(0)
    count, of_architectures, of_seeds = 4000, 2.0, 1.0
    losses = generator.normal(size=count)
    rewards = (
        -3.0 * losses
        + of_architectures * generator.normal(size=count)
        + of_seeds * generator.normal(size=count)
    )
    scale = scores.scale(rung(losses, rewards), of_seeds**2)
    assert scale.slope == pytest.approx(3.0, abs=0.1)
    assert scale.weight == pytest.approx(4 / 5, abs=0.02)
    # What is left unknown of an architecture.
    assert scale.error == pytest.approx((4 / 5) ** 0.5, abs=0.02)


def test_a_loss_that_misleads_predicts_nothing():
    done = rung([1.0, 2.0, 3.0], [0.1, 0.2, 0.3])
    assert scores.scale(done, 0.01).slope == 0
    ranked = scores.ranked(done, 0.01)
    assert [each.reward for each in ranked] == [0.3, 0.2, 0.1]


def test_few_trainings_count_both_by_half():
    assert scores.scale(rung([1.0], [0.2]), 0.01).weight == 0.5
    two = rung([1.0, 2.0], [0.3, 0.2])
    scale = scores.scale(two, 0.01)
    # A line goes through both.
    assert [scale.score(each) for each in two] == pytest.approx([0.3, 0.2])


def test_alike_losses_leave_the_rewards():
    ranked = scores.ranked(rung([1.0, 1.0], [0.2, 0.3]), 0.01)
    assert [each.reward for each in ranked] == [0.3, 0.2]


def test_noise_is_what_another_seed_changes():
    # Differences of 1, 2 and 3 between seeds; 2 of them change all alike.
    done = pairs([5.0, 1.0, 9.0], [4.0, -1.0, 6.0])
    assert scores.variance_of_seeds(done) == pytest.approx(0.5)


def test_too_few_pairs_tell_no_noise():
    done = pairs([5.0, 1.0], [4.0, -1.0])
    assert scores.variance_of_seeds(done) is None
    scale = scores.scale(rung([1.0, 2.0], [0.1, 0.2]), None)
    assert (scale.weight, scale.error) == (0.5, 0)


def test_an_empty_rung_is_ranked():
    assert scores.ranked([], None) == []
