import numpy as np
import pytest
import tensorflow as tf

from ednas_tf.searchers.choice_model import MOST_DIRECTIONS, ChoiceModel
from ednas_tf.searchers.choices import Choices
from ednas_tf.space import convolutional
from ednas_tf.space.cell_space import CellSpace

SPACE = CellSpace(
    "two", "convolutional", ("x", "y"), 2, (2, 1), ("a", "b", "c")
)
CHOICES = Choices(SPACE)


def drawn(choices, count, generator):
    """The choices of random architectures, [count, number of choices]."""
    space, made = choices.space, np.zeros([count, choices.count])
    for row in made:
        named = choices.split(row)
        for cell_type in space.cell_types:
            ops = generator.integers(len(space.ops), size=len(space.edges))
            for node in range(space.num_nodes):
                combinations = space.edge_choices(node)
                kept = generator.integers(len(combinations))
                named[f"structure/{cell_type}/node_{node}"][kept] = 1
                for source in combinations[kept]:
                    edge = space.first_edge(node) + source
                    named[f"operations/{cell_type}"][edge, ops[edge]] = 1
        row[:] = choices.join(named)
    return made


def named(choices, values):
    return choices.split(values)


def add(model, made, rewards, comparable=False):
    model.add(tf.constant(made), tf.constant(rewards, tf.float32), comparable)


def prior_of(model, direction):
    """The prior covariance of the effects over the noise, pair by pair."""
    own, inputs, cell, every, along, *_ = model.variances.numpy()
    places = []
    for name, (_, shape) in CHOICES.parts.items():
        kind, cell_type = name.split("/")[:2]
        for index in np.ndindex(shape):
            op = index[-1] if kind == "operations" else None
            places.append((kind, cell_type, op))
    prior = np.zeros([CHOICES.count] * 2)
    for i, (kind, cell_type, op) in enumerate(places):
        for j, (other_kind, other_cell, other_op) in enumerate(places):
            if kind == other_kind == "operations" and op == other_op:
                prior[i, j] += every + cell * (cell_type == other_cell)
        prior[i, i] += own if kind == "operations" else inputs
    return prior + along * np.outer(direction, direction)


def posterior_by_hand(model, direction, made, rewards, levels):
    """Mean, covariance and noise, by generalised least squares over all."""
    count = len(rewards)
    member = np.equal.outer(levels, np.unique(levels)).astype(float)
    projection = np.eye(count) - member @ np.linalg.pinv(member)
    covariance = np.linalg.inv(
        np.linalg.inv(prior_of(model, direction)) + made.T @ projection @ made
    )
    mean = covariance @ made.T @ projection @ rewards
    rest = rewards @ projection @ (rewards - made @ mean)
    noise = rest / (count - member.shape[1])
    return mean, noise * covariance, noise


def test_the_posterior_is_that_of_least_squares_over_all_rewards():
    generator = np.random.default_rng(0)
    model = ChoiceModel(CHOICES)
    direction = generator.normal(size=CHOICES.count)
    contrasts = CHOICES.contrasts @ direction
    direction /= np.sqrt(CHOICES.frequencies @ contrasts**2)
    model.inform("a direction", named(CHOICES, direction))
    made = drawn(CHOICES, 17, generator)
    rewards = generator.normal(size=17).astype(np.float32).astype(float)
    # Two minibatches, and two calls whose rewards have one level.
    calls = ((0, 4, False), (4, 9, False), (9, 10, True), (10, 17, True))
    levels = np.repeat([0, 1, 2], [4, 5, 8])
    for start, end, comparable in calls:
        add(model, made[start:end], rewards[start:end], comparable)

    mean, covariance, noise = posterior_by_hand(
        model, direction, made, rewards, levels
    )
    np.testing.assert_allclose(model.mean, mean, atol=1e-8)
    found = model.factor.numpy() @ model.factor.numpy().T
    np.testing.assert_allclose(found, covariance, atol=1e-8)
    assert model.noise.numpy() == pytest.approx(noise)

    effects, errors = model.effects()
    contrasts = CHOICES.contrasts
    np.testing.assert_allclose(effects, contrasts @ mean, atol=1e-8)
    expected = np.diag(contrasts @ covariance @ contrasts.T)
    np.testing.assert_allclose(np.square(errors), expected, atol=1e-8)


def test_draws_have_the_mean_and_covariance_of_the_posterior():
    generator = np.random.default_rng(1)
    model = ChoiceModel(CHOICES)
    add(model, drawn(CHOICES, 12, generator), generator.normal(size=12))
    draws = model.draws(20_000, tf.constant([3, 4])).numpy()
    covariance = model.factor.numpy() @ model.factor.numpy().T
    error = np.sqrt(np.diag(covariance).max() / 20_000)

    np.testing.assert_allclose(draws.mean(0), model.mean, atol=6 * error)
    np.testing.assert_allclose(
        np.cov(draws.T), covariance, atol=0.05 * np.diag(covariance).max()
    )
    again = model.draws(20_000, tf.constant([3, 4])).numpy()
    np.testing.assert_array_equal(draws, again)
    assert np.any(draws[0] != model.draw(tf.constant([3, 5])).numpy())


def test_a_scale_of_rewards_changes_nothing_but_the_scale_of_effects():
    generator = np.random.default_rng(2)
    made, rewards = drawn(CHOICES, 30, generator), generator.normal(size=30)
    one, other = ChoiceModel(CHOICES), ChoiceModel(CHOICES)
    add(one, made, rewards)
    add(other, made, 1024 * rewards - 512)
    np.testing.assert_allclose(other.variances, one.variances, rtol=1e-4)
    np.testing.assert_allclose(other.mean, 1024 * one.mean, atol=0.05)


def test_a_step_brings_variances_closer_to_those_that_made_the_rewards():
    """Many rewards tell the noise, and which effects are shared."""
    choices = Choices(convolutional.convolutional(2))
    generator = np.random.default_rng(3)
    effects = np.zeros(choices.count)
    shared = generator.normal(size=7)
    for name, (where, (edges, *_)) in choices.parts.items():
        if name.startswith("operations/"):
            effects[where] = np.tile(shared, edges)
    made = drawn(choices, 640, generator)
    rewards = made @ effects + 0.5 * generator.normal(size=640)
    model = ChoiceModel(choices)
    for batch in range(40):
        own = slice(16 * batch, 16 * batch + 16)
        add(model, made[own], rewards[own] + 10 * batch)

    assert model.noise.numpy() ** 0.5 == pytest.approx(0.5, rel=0.1)
    own, inputs, _, every, *_ = model.variances.numpy()
    assert own < 0.03 and inputs < 0.03
    # Seven normal numbers of variance 1, over a noise of variance 1/4.
    assert 2 < every < 8
    found, _ = model.effects()
    expected = choices.contrasts @ effects
    assert np.corrcoef(found, expected)[0, 1] > 0.99


def test_one_reward_on_a_minibatch_says_nothing():
    model = ChoiceModel(CHOICES)
    before = model.mean.numpy()
    add(model, drawn(CHOICES, 1, np.random.default_rng(0)), [0.7])
    np.testing.assert_array_equal(model.mean, before)
    assert model.noise.numpy() == 1
    for each in model.effects():
        np.testing.assert_array_equal(each, np.zeros(CHOICES.count))


@pytest.mark.parametrize("comparable", [False, True])
def test_rewards_that_are_not_finite_are_left_out(comparable):
    generator = np.random.default_rng(4)
    made, rewards = drawn(CHOICES, 6, generator), generator.normal(size=6)
    model, other = ChoiceModel(CHOICES), ChoiceModel(CHOICES)
    add(model, made[[0, 2, 4, 5]], rewards[[0, 2, 4, 5]], comparable)
    rewards[[1, 3]] = np.nan, -np.inf
    add(other, made, rewards, comparable)
    add(other, made[:2], [np.inf, np.nan], comparable)

    np.testing.assert_allclose(other.mean, model.mean, atol=1e-3)
    assert other.evidence.freedom.numpy() == 3
    np.testing.assert_allclose(other.evidence.yy, model.evidence.yy)


@pytest.mark.parametrize("reward", [0.1, -3e38])
def test_rewards_that_are_all_alike_leave_every_choice_open(reward):
    model = ChoiceModel(CHOICES)
    made = drawn(CHOICES, 8, np.random.default_rng(5))
    add(model, made, np.full(8, reward))
    assert np.all(np.isfinite(model.draws(50, tf.constant([0, 0]))))
    shares = CHOICES.best_shares(model.draws(50, tf.constant([0, 0])))
    assert np.max(shares["operations/x"]) < 0.9


def test_memory_lets_earlier_rewards_fade():
    generator = np.random.default_rng(6)
    made, rewards = drawn(CHOICES, 12, generator), generator.normal(size=12)
    model, later = ChoiceModel(CHOICES, memory=4.0), ChoiceModel(CHOICES)
    add(model, made[:6], rewards[:6])
    first = model.evidence.xx.numpy()
    add(model, made[6:], rewards[6:])
    add(later, made[6:], rewards[6:])
    np.testing.assert_allclose(
        model.evidence.xx, 0.75**6 * first + later.evidence.xx
    )
    assert model.evidence.freedom.numpy() == pytest.approx(5 + 5 * 0.75**6)
    # Rewards of weights that do not move on keep their weight.
    before = model.evidence.xx.numpy()
    add(model, made[:1], rewards[:1], comparable=True)
    np.testing.assert_array_equal(model.evidence.xx, before)


def informed(true):
    """What a direction is worth that is the truth, or nothing like it."""
    generator = np.random.default_rng(7)
    choices = Choices(convolutional.convolutional(2))
    effects = generator.normal(size=choices.count)
    direction = effects if true else generator.normal(size=choices.count)
    deviation = np.sqrt(
        choices.frequencies @ (choices.contrasts @ effects) ** 2
    )
    made = drawn(choices, 80, generator)
    rewards = made @ effects / deviation + generator.normal(size=80)
    model = ChoiceModel(choices)
    model.inform("said", named(choices, direction))
    for batch in range(20):
        own = slice(4 * batch, 4 * batch + 4)
        add(model, made[own], rewards[own], comparable=True)
    return model.worth()["said"]


def test_a_true_direction_gets_most_of_the_weight_and_noise_gets_none():
    true, noise = informed(True), informed(False)
    # One standard deviation of the direction is one of the rewards.
    assert true.coefficient == pytest.approx(1, abs=3 * true.error)
    assert true.coefficient > 4 * true.error
    assert true.share > 0.8
    assert noise.share < 0.1
    assert abs(noise.coefficient) < 2 * noise.error


def test_a_direction_can_come_after_the_rewards_and_be_replaced():
    generator = np.random.default_rng(8)
    made = drawn(CHOICES, 60, generator)
    effects = generator.normal(size=CHOICES.count)
    rewards = made @ effects + 2 * generator.normal(size=60)
    model = ChoiceModel(CHOICES)
    assert model.worth() == {}
    add(model, made, rewards)
    model.inform("said", named(CHOICES, generator.normal(size=CHOICES.count)))
    before = model.worth()["said"].share
    # The scale and a constant of an edge do not count.
    direction = named(CHOICES, 7 * effects)
    direction["operations/x"] += 5
    model.inform("said", direction)
    found = model.worth()
    assert list(found) == ["said"]
    assert found["said"].share > max(0.5, before)


def test_directions_are_few_and_finite():
    model = ChoiceModel(CHOICES)
    for i in range(MOST_DIRECTIONS):
        model.inform(f"direction {i}", {})
    assert all(each.share == 0 for each in model.worth().values())
    with pytest.raises(ValueError, match="expected at most 4 directions"):
        model.inform("one more", {})
    with pytest.raises(ValueError, match="expected finite effects"):
        model.inform("direction 0", {"structure/x/node_0": [np.nan]})
    with pytest.raises(ValueError, match="expected a name"):
        model.inform("", {})
