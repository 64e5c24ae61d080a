import numpy as np
import pytest
import tensorflow as tf

from ednas_tf import errors, searchers
from ednas_tf.nets import architectures
from ednas_tf.searchers.thompson_sampling import ThompsonSampling
from ednas_tf.settings import resolve
from ednas_tf.space import convolutional
from tests.searchers import tiny
from tests.searchers.choice_model_test import drawn
from tests.searchers.synthetic import ARCHITECTURES, Synthetic

PAPER = convolutional.convolutional()


def made(overrides="", space=PAPER):
    settings = resolve.resolve(
        overrides=f"search.searcher=thompson,{overrides}".strip(",")
    )
    return searchers.make(space, 5, settings)


class Points:
    """Earns a point for each operation with number 1; no noise."""

    comparable = False

    def rewards(self, judged, batch):
        ops = [tf.concat([part.ops for part in m.values()], 0) for m in judged]
        return tf.cast(tf.reduce_sum(tf.stack(ops), 1), tf.float32)


def seed(step):
    return tf.constant([0, step])


# Settings.


def test_settings_reach_the_searcher():
    searcher = made()
    assert searcher.evaluations_per_step == 8
    assert searcher.model.evidence.memory == 0
    searcher = made(
        "search.searcher_settings.architectures=3,"
        "search.searcher_settings.memory=500"
    )
    assert searcher.evaluations_per_step == 3
    assert searcher.model.evidence.memory == 500


@pytest.mark.parametrize("wrong", ["architectures=1", "memory=0.5"])
def test_settings_that_would_learn_nothing_are_refused(wrong):
    with pytest.raises(errors.RequestError, match="expected"):
        made(f"search.searcher_settings.{wrong}")


# Learning.


@pytest.mark.parametrize("space", [tiny.RECURRENT, tiny.UNEVEN])
def test_it_finds_the_best_of_a_tiny_space(space):
    searcher = ThompsonSampling(space, evaluations_per_step=4)
    for step in range(8):
        searcher.learn(Points(), None, seed(step))
    first, *drawn_ones = searcher.candidates(4, seed=1)
    assert len(drawn_ones) == 3
    for candidate in (first, *drawn_ones):
        (part,) = candidate.values()
        np.testing.assert_array_equal(part.ops, np.ones(space.num_slots))


def searched(searcher, evaluator, steps):
    """Learns for some steps; returns the choices of what it samples then."""
    propose = tf.function(searcher.propose, autograph=False)
    update = tf.function(searcher.update, autograph=False)
    fold_in = tf.random.experimental.stateless_fold_in
    for step in range(steps):
        proposed = [propose(fold_in(seed(step), i)) for i in range(8)]
        update(proposed, evaluator.rewards(proposed, None), False)
    last = [propose(seed(steps + i)) for i in range(20)]
    return np.stack([evaluator.choices.made(m).numpy() for m in last])


@pytest.mark.parametrize("number", [0, 1])
def test_it_finds_more_in_500_evaluations_than_reinforce(number):
    searcher = made()
    choices = searcher.model.choices
    random = drawn(choices, 1500, np.random.default_rng(number))
    evaluator = Synthetic(choices, random, seed=number)
    searched(searcher, evaluator, 62)
    best = choices.made(next(searcher.candidates(1, 0))).numpy()
    best = evaluator.truth(best[np.newaxis])[0]

    # As far as a policy of the paper's search can travel.
    settings = resolve.resolve(overrides=f"policy.learning_rate={8.2 / 62}")
    reinforce = searchers.make(PAPER, 5, settings)
    theirs = evaluator.truth(searched(reinforce, evaluator, 62)).mean()

    assert evaluator.truth(random).std() == pytest.approx(ARCHITECTURES, 0.05)
    assert best > 2 * ARCHITECTURES
    assert best > theirs + ARCHITECTURES


# State.


def variables(searcher):
    return [variable.numpy() for variable in searcher.variables]


def test_a_restored_searcher_goes_on_bit_for_bit(tmp_path):
    def stepped(searcher, steps):
        for step in steps:
            searcher.learn(Points(), None, seed(step))
        return searcher

    def new():
        return made("search.searcher_settings.memory=20", SMALL)

    whole = new()
    whole.inform("number", {"operations/normal": np.eye(5, 3)})
    stepped(whole, range(3))
    checkpoint = tf.train.Checkpoint(searcher=whole)
    saved = checkpoint.write(str(tmp_path / "state"))
    stepped(whole, range(3, 6))

    resumed = new()
    restored = tf.train.Checkpoint(searcher=resumed).read(saved)
    restored.assert_consumed()
    stepped(resumed, range(3, 6))
    for one, other in zip(variables(whole), variables(resumed), strict=True):
        np.testing.assert_array_equal(one, other)
    assert whole.worth() == resumed.worth()
    assert list(resumed.worth()) == ["number"]


SMALL = convolutional.convolutional(2, ("a", "b", "c"))


def test_a_traced_step_is_the_eager_one():
    traced, eager = made(space=SMALL), made(space=SMALL)
    learn = tf.function(traced.learn, autograph=False)
    for step in range(3):
        one = learn(Points(), None, seed(step))
        other = eager.learn(Points(), None, seed(step))
        for mine, theirs in zip(
            one.architectures, other.architectures, strict=True
        ):
            np.testing.assert_array_equal(
                architectures.pack(mine), architectures.pack(theirs)
            )
    for one, other in zip(variables(traced), variables(eager), strict=True):
        if one.dtype != object:
            np.testing.assert_allclose(one, other, atol=1e-9)


@pytest.mark.parametrize("comparable", [False, True])
def test_any_number_of_architectures_can_be_judged(comparable):
    searcher = made(space=SMALL)
    for number in (1, 2, 11):
        proposed = [searcher.propose(seed(i)) for i in range(number)]
        rewards = Points().rewards(proposed, None)
        assert searcher.update(proposed, rewards, comparable) == {}
    # One level for all, or one for each call.
    expected = 13 if comparable else 11
    assert searcher.model.evidence.freedom.numpy() == expected


# What it says of itself.


def test_probabilities_and_beliefs():
    searcher = made(space=SMALL)
    equal = searcher.marginals()
    for step in range(6):
        searcher.learn(Points(), None, seed(step))
    marginals, beliefs = searcher.marginals(), searcher.beliefs()

    names = set(searcher.model.choices.parts)
    assert marginals.keys() == names
    assert beliefs.keys() == {
        f"{kind}/{name}"
        for kind in ("effects", "effect_errors")
        for name in names
    }
    for name, value in marginals.items():
        assert value.dtype == tf.float32
        np.testing.assert_allclose(tf.reduce_sum(value, -1), 1, rtol=1e-6)
        effects = beliefs[f"effects/{name}"]
        errors_of = beliefs[f"effect_errors/{name}"]
        assert effects.shape == errors_of.shape == value.shape
        np.testing.assert_allclose(effects.sum(-1), 0, atol=1e-9)
    # All choices are about as likely before the first reward.
    assert np.abs(equal["operations/normal"] - 1 / 3).max() < 0.15
    # The operation with number 2 earns one point more than the mean.
    effects = beliefs["effects/operations/normal"]
    errors_of = beliefs["effect_errors/operations/normal"]
    kept = errors_of[:, 2] < 0.3
    assert kept.any()
    np.testing.assert_allclose(effects[kept, 2], 1, atol=0.5)
    assert np.all(marginals["operations/normal"].numpy()[kept, 2] > 0.9)
    scalars = searcher.scalars()
    assert scalars["effects"] > scalars["rest"] > 0


def test_probabilities_are_not_those_of_an_architecture():
    assert made(space=SMALL).log_prob({}) is None
