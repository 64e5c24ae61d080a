import numpy as np
import pytest
import tensorflow as tf

from ednas_tf.nets.architectures import Sampled
from ednas_tf.searchers.policy_vectors import PolicyVectors
from ednas_tf.searchers.reinforce import Reinforce
from ednas_tf.settings import schema
from ednas_tf.space import cell_space, convolutional
from tests.searchers import tiny

SPACE = cell_space.CellSpace(
    "tiny", "convolutional", ("normal",), 2, (2, 2), ("a", "b", "c")
)
RATE, BETA_1, BETA_2, DECAY = 0.01, 0.5, 0.999, 0.1


def searcher_of(policies, learns=True, **settings):
    values = {
        "learning_rate": RATE,
        "beta_1": BETA_1,
        "beta_2": BETA_2,
        "weight_decay": DECAY,
    }
    settings = schema.Policy(**(values | settings))
    return Reinforce(policies, settings, learns)


def with_baseline(searcher, value):
    """The searcher as if it had earned one reward."""
    searcher.baseline.assign(value)
    searcher.num_rewards.assign(1)
    return searcher


def update(searcher, architecture, reward):
    """Updates by one architecture; returns the norm of the gradient."""
    watched = searcher.update([architecture], tf.constant([reward]), False)
    return watched["policies' gradient"]


def loss_of(searcher, architecture, reward):
    """The loss of one architecture with this reward."""
    advantages = searcher.advantages(
        tf.constant([reward]), tf.constant([True]), False
    )
    return searcher.loss([architecture], advantages)


def values(policies):
    return [variable.numpy() for variable in policies.trainable_variables]


# The loss.


def reward_of(architecture):
    sampled = architecture["normal"]
    return float(
        tf.reduce_sum(sampled.ops * [1, 2, 3, 4])
        - 2 * tf.reduce_sum(sampled.sources)
    )


def test_reinforce_gradient_equals_that_of_the_expected_reward():
    policies = tiny.vectors(tiny.CONVOLUTIONAL)
    searcher = with_baseline(searcher_of(policies), 1.5)
    every = tiny.architectures(tiny.CONVOLUTIONAL)
    rewards = tf.constant([reward_of(m) for m in every])
    variables = policies.trainable_variables
    with tf.GradientTape() as tape:
        log_probs = tf.stack([policies.log_prob(m) for m in every])
        expected_reward = tf.reduce_sum(tf.exp(log_probs) * rewards)
    analytic = [
        tf.convert_to_tensor(gradient)
        for gradient in tape.gradient(expected_reward, variables)
    ]
    with tf.GradientTape() as tape:
        losses = [
            tf.stop_gradient(tf.exp(policies.log_prob(m)))
            * loss_of(searcher, m, float(reward))
            for m, reward in zip(every, rewards, strict=True)
        ]
        expected_loss = tf.add_n(losses)
    estimated = tape.gradient(expected_loss, variables)

    assert max(np.abs(g.numpy()).max() for g in analytic) > 0.1
    for found, gradient in zip(estimated, analytic, strict=True):
        np.testing.assert_allclose(
            -tf.convert_to_tensor(found).numpy(), gradient.numpy(), atol=2e-4
        )


def test_policies_that_start_as_zeros_move_towards_what_earns():
    policies = tiny.vectors(tiny.RECURRENT, stddev=0.0)
    structure = policies.structure["recurrent"]
    operations = policies.operations["recurrent"]
    for vector in policies.trainable_variables:
        np.testing.assert_array_equal(vector, tf.zeros_like(vector))

    # Node 1 starts at state 1, node 2 at state 0; the operations are b, a, b.
    sampled = Sampled(tf.constant([0, 1, 0]), tf.constant([1, 0, 1]))
    searcher = with_baseline(searcher_of(policies), 0.5)
    with tf.GradientTape() as tape:
        loss = loss_of(searcher, {"recurrent": sampled}, 1.5)
    variables = policies.trainable_variables
    for vector, gradient in zip(
        variables, tape.gradient(loss, variables), strict=True
    ):
        vector.assign_sub(tf.convert_to_tensor(gradient))

    # Minus the gradient is the choice less its probability, for a reward that
    # is 1 above the baseline.
    for vector, moved in zip(
        structure, ([0], [-1 / 2, 1 / 2], [2 / 3, -1 / 3, -1 / 3]), strict=True
    ):
        np.testing.assert_allclose(vector, moved, atol=1e-6)
    np.testing.assert_allclose(
        operations,
        np.array([[-1, 1], [0, 0], [1, -1], [-1, 1], [0, 0], [0, 0]]) / 2,
        atol=1e-6,
    )


def test_the_baseline_is_a_moving_average_that_starts_at_the_first_reward():
    policies = tiny.vectors(tiny.CONVOLUTIONAL)
    searcher = searcher_of(policies, learns=False, baseline_decay=0.9)
    m = tiny.architectures(tiny.CONVOLUTIONAL)[0]
    assert loss_of(searcher, m, 0.5).numpy() == 0.0

    update(searcher, m, 0.5)
    assert searcher.baseline.numpy() == pytest.approx(0.5)
    loss = loss_of(searcher, m, 0.8).numpy()
    expected = -0.3 * policies.log_prob(m).numpy()
    assert loss == pytest.approx(expected, rel=1e-5)
    update(searcher, m, 0.8)
    assert searcher.baseline.numpy() == pytest.approx(0.53)


def test_the_entropy_coefficient_rewards_entropy():
    policies = tiny.vectors(tiny.CONVOLUTIONAL)
    m = tiny.architectures(tiny.CONVOLUTIONAL)[0]
    plain = searcher_of(policies)
    curious = searcher_of(policies, entropy_coefficient=0.1)
    entropies = policies.entropies().values()
    total = sum(tf.reduce_sum(entropy).numpy() for entropy in entropies)

    difference = loss_of(curious, m, 1.0) - loss_of(plain, m, 1.0)
    assert difference.numpy() == pytest.approx(-0.1 * total, rel=1e-5)


# The update.


def gradients_by_hand(policies, architecture, advantage):
    """Of -advantage * log P(m): -advantage * (one hot - softmax), by numpy."""
    sources, ops = (
        SPACE.by_node(part.numpy()) for part in architecture["normal"]
    )
    found = {}
    for node, logits in enumerate(policies.structure["normal"]):
        hot = np.zeros(logits.shape)
        hot[SPACE.edge_choices(node).index(tuple(sources[node]))] = 1
        softmax = tiny.softmax(logits.numpy())
        found[logits.ref()] = -advantage * (hot - softmax)
    table = policies.operations["normal"]
    gradient = np.zeros(table.shape)
    for node in range(SPACE.num_nodes):
        for source, op in zip(sources[node], ops[node], strict=True):
            edge = SPACE.edges.index((source, node))
            softmax = tiny.softmax(table.numpy()[edge])
            gradient[edge] = -advantage * (np.eye(3)[op] - softmax)
    found[table.ref()] = gradient
    return [found[v.ref()] for v in policies.trainable_variables]


class Adam:
    """With the penalty's gradient added to the loss's, in float64."""

    def __init__(self, start):
        self.values = [value.astype(float) for value in start]
        self.first = [np.zeros(value.shape) for value in start]
        self.second = [np.zeros(value.shape) for value in start]
        self.step = 0

    def __call__(self, gradients):
        self.step += 1
        for i, gradient in enumerate(gradients):
            g = gradient + DECAY * self.values[i]
            self.first[i] += (1 - BETA_1) * (g - self.first[i])
            self.second[i] += (1 - BETA_2) * (g**2 - self.second[i])
            mean = self.first[i] / (1 - BETA_1**self.step)
            square = self.second[i] / (1 - BETA_2**self.step)
            self.values[i] -= RATE * mean / (np.sqrt(square) + 1e-8)


def test_steps_are_those_by_hand():
    policies = PolicyVectors(SPACE, seed=3, initial_stddev=1.0)
    searcher = searcher_of(policies)
    by_hand = Adam(values(policies))
    rewards, baseline = [0.5, 0.9, 0.2], 0.5
    for step, reward in enumerate(rewards):
        architecture = policies.sample(tf.constant([0, step]))
        by_hand(gradients_by_hand(policies, architecture, reward - baseline))
        update(searcher, architecture, reward)
        # The first step has no advantage: it only decays.
        baseline += 0.01 * (reward - baseline)

        for found, expected in zip(
            values(policies), by_hand.values, strict=True
        ):
            np.testing.assert_allclose(found, expected, atol=2e-5)
        assert searcher.baseline.numpy() == pytest.approx(baseline)


def test_the_first_step_moves_every_logit_by_the_learning_rate():
    # Whatever a gradient's size, Adam's first step is rate * its sign; the
    # first reward is its own baseline, so that the penalty alone is left.
    policies = PolicyVectors(SPACE, seed=3, initial_stddev=1.0)
    before = np.concatenate([v.ravel() for v in values(policies)])
    architecture = policies.sample(tf.constant([0, 0]))
    update(searcher_of(policies), architecture, 0.7)
    after = np.concatenate([v.ravel() for v in values(policies)])

    np.testing.assert_allclose(
        after, before - RATE * np.sign(before), atol=1e-5
    )


def test_a_better_reward_makes_an_architecture_likelier_and_a_worse_less():
    for reward, sign in ((0.9, 1), (0.1, -1)):
        policies = PolicyVectors(SPACE, seed=3)
        searcher = with_baseline(searcher_of(policies, weight_decay=0.0), 0.5)
        architecture = policies.sample(tf.constant([0, 0]))
        before = policies.log_prob(architecture).numpy()
        update(searcher, architecture, reward)
        assert sign * (policies.log_prob(architecture).numpy() - before) > 0.01


def test_the_update_returns_the_norm_of_the_gradient_without_the_penalty():
    policies = tiny.vectors(SPACE)
    searcher = with_baseline(searcher_of(policies), 0.5)
    architecture = policies.sample(tf.constant([0, 0]))
    gradients = gradients_by_hand(policies, architecture, 0.4)
    expected = np.sqrt(sum(np.sum(gradient**2) for gradient in gradients))

    norm = update(searcher, architecture, 0.9)
    assert norm.numpy() == pytest.approx(expected, rel=1e-5)


def test_a_gradient_that_is_not_finite_leaves_only_the_penalty():
    policies = tiny.vectors(SPACE)
    searcher = with_baseline(searcher_of(policies), -3e38)
    before = np.concatenate([v.ravel() for v in values(policies)])
    architecture = policies.sample(tf.constant([0, 0]))

    norm = update(searcher, architecture, 3e38)

    assert not np.isfinite(norm.numpy())
    after = np.concatenate([v.ravel() for v in values(policies)])
    np.testing.assert_allclose(
        after, before - RATE * np.sign(before), atol=1e-5
    )


def test_a_searcher_that_learns_nothing_only_averages_rewards():
    space = convolutional.convolutional(2)
    policies = PolicyVectors(space, initial_stddev=0.0)
    searcher = searcher_of(policies, learns=False)
    architecture = policies.sample(tf.constant([0, 0]))
    for reward in (0.5, 0.7):
        assert update(searcher, architecture, reward) == 0

    assert searcher.num_rewards.numpy() == 2
    assert searcher.baseline.numpy() == pytest.approx(0.502)
    for vector in policies.trainable_variables:
        np.testing.assert_array_equal(vector, np.zeros(vector.shape))


# Several architectures at once.


def advantages(searcher, rewards, comparable):
    rewards = np.array(rewards, np.float32)
    finite = np.isfinite(rewards)
    return searcher.advantages(
        tf.constant(np.where(finite, rewards, 0.0), tf.float32),
        tf.constant(finite),
        comparable,
    ).numpy()


@pytest.mark.parametrize("num_rewards", [0, 5])
def test_on_one_minibatch_the_baseline_is_the_mean_of_the_others(num_rewards):
    searcher = with_baseline(searcher_of(tiny.vectors(SPACE)), 0.9)
    searcher.num_rewards.assign(num_rewards)

    found = advantages(searcher, [0.5, 0.1, 0.3], comparable=False)
    np.testing.assert_allclose(found, [0.3, -0.3, 0.0], atol=1e-6)
    found = advantages(searcher, [0.5, np.nan, 0.3], comparable=False)
    np.testing.assert_allclose(found, [0.2, 0.0, -0.2], atol=1e-6)
    found = advantages(searcher, [0.5, np.nan, np.inf], comparable=False)
    np.testing.assert_array_equal(found, [0.0, 0.0, 0.0])


def test_comparable_rewards_are_compared_with_all_earlier_ones():
    searcher = searcher_of(tiny.vectors(SPACE), learns=False)
    m = searcher.propose(tf.constant([0, 0]))
    first = advantages(searcher, [0.5, 0.1], comparable=True)
    np.testing.assert_allclose(first, [0.4, -0.4], atol=1e-6)

    searcher.update([m, m], tf.constant([0.5, 0.1]), True)
    assert searcher.baseline.numpy() == pytest.approx(0.3)
    searcher.update([m], tf.constant([0.6]), True)
    assert searcher.baseline.numpy() == pytest.approx(0.4)
    later = advantages(searcher, [0.5, 0.1], comparable=True)
    np.testing.assert_allclose(later, [0.1, -0.3], atol=1e-6)


def test_the_gradient_of_several_is_the_mean_of_their_gradients():
    policies = tiny.vectors(SPACE)
    searcher = searcher_of(policies)
    proposed = [policies.sample(tf.constant([0, i])) for i in range(3)]
    expected = np.mean(
        [
            np.concatenate([g.ravel() for g in by_hand])
            for by_hand in (
                gradients_by_hand(policies, m, advantage)
                for m, advantage in zip(proposed, (0.3, -0.3, 0), strict=True)
            )
        ],
        axis=0,
    )

    watched = searcher.update(proposed, tf.constant([0.5, 0.1, 0.3]), False)
    assert watched["policies' gradient"].numpy() == pytest.approx(
        np.linalg.norm(expected), rel=1e-5
    )
    assert searcher.num_rewards.numpy() == 3


def test_a_step_has_as_many_architectures_as_the_settings_say():
    searcher = searcher_of(tiny.vectors(SPACE), architectures=3)
    learned = searcher.learn(Evaluator(0.9), None, tf.constant([0, 7]))
    assert len(learned.architectures) == 3
    assert searcher.num_rewards.numpy() == 3


def test_a_rate_that_was_not_chosen_is_refused():
    with pytest.raises(ValueError, match="policy.learning_rate: expected"):
        searcher_of(tiny.vectors(SPACE), learning_rate=0.0)
    assert searcher_of(tiny.vectors(SPACE), False, learning_rate=0.0)


# A step of the search.


class Evaluator:
    """Gives one reward to all architectures, and remembers what it judged."""

    comparable = False

    def __init__(self, reward):
        self.reward = reward
        self.calls = []

    def rewards(self, architectures, batch):
        self.calls.append((architectures, batch))
        return tf.fill([len(architectures)], self.reward)


def test_a_step_has_one_proposal_judged_and_learns_its_reward():
    searcher, other = (
        with_baseline(searcher_of(tiny.vectors(SPACE)), 0.5) for _ in "12"
    )
    seed, evaluator = tf.constant([0, 7]), Evaluator(0.9)
    expected = searcher.propose(seed)
    norm = update(other, expected, 0.9)

    learned = searcher.learn(evaluator, "a batch", seed)

    ((judged, batch),) = evaluator.calls
    assert batch == "a batch"
    for found in (judged, learned.architectures):
        tf.nest.map_structure(np.testing.assert_array_equal, found, [expected])
    assert learned.rewards.numpy().tolist() == [np.float32(0.9)]
    assert learned.watched.keys() == set(searcher.watched)
    assert learned.watched["policies' gradient"].numpy() == norm.numpy()
    for mine, theirs in zip(
        values(searcher.policies), values(other.policies), strict=True
    ):
        np.testing.assert_array_equal(mine, theirs)
    assert searcher.baseline.numpy() == other.baseline.numpy()


def test_a_reward_that_is_not_finite_is_returned_but_not_learnt():
    policies = tiny.vectors(SPACE)
    searcher = with_baseline(searcher_of(policies), 0.5)

    learned = searcher.learn(Evaluator(np.nan), None, tf.constant([0, 7]))

    assert np.isnan(learned.rewards.numpy()).all()
    assert searcher.baseline.numpy() == 0.5
    assert all(np.isfinite(value).all() for value in values(policies))


def test_a_traced_step_is_the_eager_one():
    traced, eager = (
        with_baseline(searcher_of(tiny.vectors(SPACE)), 0.5) for _ in "12"
    )
    learn = tf.function(traced.learn, autograph=False)
    for step in range(3):
        seed = tf.constant([0, step])
        learn(Evaluator(0.9), None, seed)
        eager.learn(Evaluator(0.9), None, seed)
    for one, other in zip(
        values(traced.policies), values(eager.policies), strict=True
    ):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-7)


def test_what_a_searcher_says_of_itself():
    policies = tiny.vectors(SPACE)
    searcher = with_baseline(searcher_of(policies), 0.5)
    architecture = searcher.propose(tf.constant([0, 0]))

    scalars = {name: float(x) for name, x in searcher.scalars().items()}
    assert scalars == pytest.approx({"baseline": 0.5, "learning_rate": RATE})
    probabilities = policies.probabilities()
    marginals = searcher.marginals()
    assert marginals.keys() == probabilities.keys()
    for name, value in marginals.items():
        np.testing.assert_array_equal(value, probabilities[name])
    expected = policies.log_prob(architecture)
    assert searcher.log_prob(architecture).numpy() == expected.numpy()


@pytest.mark.parametrize(
    "architectures, learns, comparable, has_baseline",
    [
        (1, True, False, True),
        # The others of the step are the baseline.
        (4, True, False, False),
        (4, True, True, True),
        (1, False, True, False),
    ],
)
def test_the_moving_average_is_told_only_where_it_is_the_baseline(
    architectures, learns, comparable, has_baseline
):
    settings = schema.Policy(learning_rate=RATE, architectures=architectures)
    vectors = tiny.vectors(tiny.CONVOLUTIONAL)
    searcher = Reinforce(vectors, settings, learns, comparable)
    assert ("baseline" in searcher.scalars()) == has_baseline
