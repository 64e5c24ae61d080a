import itertools

import numpy as np
import pytest
import tensorflow as tf

from ednas_tf.nets.architectures import Sampled
from ednas_tf.searchers.policy_vectors import PolicyVectors
from ednas_tf.space import cell_space, convolutional, recurrent

TINY = cell_space.CellSpace("tiny", ("normal",), 2, 2, 2, ("a", "b"))
TINY_RECURRENT = recurrent.recurrent(3, ("a", "b"))
PAPER = convolutional.convolutional()


def softmax(logits):
    return np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)


def seeded(space, scale=1.0, **settings):
    return PolicyVectors(space, seed=3, initial_stddev=scale, **settings)


def architectures(space):
    """Every architecture of a space with one cell type."""
    (cell_type,) = space.cell_types
    nodes = range(space.num_nodes)
    shape = (space.num_nodes, space.edges_per_node)
    for edges in itertools.product(*map(space.edge_choices, nodes)):
        for ops in itertools.product(
            range(len(space.ops)), repeat=int(np.prod(shape))
        ):
            chosen = Sampled(
                tf.constant(edges), tf.reshape(tf.constant(ops), shape)
            )
            yield {cell_type: chosen}


def reward_of(architecture):
    chosen = architecture["normal"]
    return float(
        tf.reduce_sum(chosen.ops * [[1, 2], [3, 4]])
        - 2 * tf.reduce_sum(chosen.edges)
    )


def brute_force_log_prob(searcher, architecture):
    """The product of softmaxes, by numpy."""
    space = searcher.space
    (cell_type,) = space.cell_types
    chosen = architecture[cell_type]
    operations = softmax(searcher.operations[cell_type].numpy())
    probability = 1.0
    for node in range(space.num_nodes):
        edges = tuple(chosen.edges[node].numpy())
        structure = softmax(searcher.structure[cell_type][node].numpy())
        probability *= structure[space.edge_choices(node).index(edges)]
        for source, op in zip(edges, chosen.ops[node].numpy(), strict=True):
            edge = space.edges.index((source, node))
            probability *= operations[edge, op]
    return np.log(probability)


def test_the_papers_space_has_18_vectors_a_cell_type():
    searcher = PolicyVectors(PAPER)

    for cell_type in ("normal", "reduction"):
        sizes = [v.shape[0] for v in searcher.structure[cell_type]]
        assert sizes == [1, 3, 6, 10]
        assert searcher.operations[cell_type].shape == (14, 7)
    assert len(searcher.trainable_variables) == 2 * (4 + 1)


def test_the_papers_recurrent_space_has_a_vector_a_node_and_a_table():
    searcher = PolicyVectors(recurrent.recurrent())

    sizes = [v.shape[0] for v in searcher.structure["recurrent"]]
    assert sizes == [1, 2, 3, 4, 5, 6, 7, 8]
    assert searcher.operations["recurrent"].shape == (36, 4)
    assert len(searcher.trainable_variables) == 8 + 1


@pytest.mark.parametrize("space", [TINY, TINY_RECURRENT], ids=lambda s: s.name)
def test_log_prob_equals_enumeration_and_sums_to_one(space):
    searcher = seeded(space)
    every = list(architectures(space))
    log_probs = [searcher.log_prob(m).numpy() for m in every]

    assert len(every) == space.size() == 48
    expected = [brute_force_log_prob(searcher, m) for m in every]
    np.testing.assert_allclose(log_probs, expected, rtol=1e-5)
    np.testing.assert_allclose(np.exp(log_probs).sum(), 1.0, rtol=1e-5)


def test_samples_follow_log_prob():
    searcher = seeded(TINY)
    sample = tf.function(searcher.sample)
    counts = {}
    for step in range(2000):
        chosen = sample(tf.constant([7, step]))["normal"]
        key = (*chosen.edges.numpy().ravel(), *chosen.ops.numpy().ravel())
        counts[key] = counts.get(key, 0) + 1

    for m in architectures(TINY):
        chosen = m["normal"]
        key = (*chosen.edges.numpy().ravel(), *chosen.ops.numpy().ravel())
        p = np.exp(searcher.log_prob(m).numpy())
        bound = 5 * np.sqrt(p * (1 - p) / 2000)
        assert abs(counts.get(key, 0) / 2000 - p) <= bound


def test_reinforce_gradient_equals_that_of_the_expected_reward():
    searcher = seeded(TINY)
    every = list(architectures(TINY))
    rewards = tf.constant([reward_of(m) for m in every])
    variables = searcher.trainable_variables
    searcher.observe(tf.constant(1.5))
    with tf.GradientTape() as tape:
        log_probs = tf.stack([searcher.log_prob(m) for m in every])
        expected_reward = tf.reduce_sum(tf.exp(log_probs) * rewards)
    analytic = [
        tf.convert_to_tensor(gradient)
        for gradient in tape.gradient(expected_reward, variables)
    ]
    with tf.GradientTape() as tape:
        losses = [
            tf.stop_gradient(tf.exp(searcher.log_prob(m)))
            * searcher.loss(m, reward)
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
    space = TINY_RECURRENT
    searcher = PolicyVectors(space, seed=3, initial_stddev=0.0)
    structure = searcher.structure["recurrent"]
    operations = searcher.operations["recurrent"]
    for vector in searcher.trainable_variables:
        np.testing.assert_array_equal(vector, tf.zeros_like(vector))

    # Node 1 starts at state 1, node 2 at state 0; the operations are b, a, b.
    chosen = Sampled(tf.constant([[0], [1], [0]]), tf.constant([[1], [0], [1]]))
    searcher.observe(tf.constant(0.5))
    with tf.GradientTape() as tape:
        loss = searcher.loss({"recurrent": chosen}, tf.constant(1.5))
    variables = searcher.trainable_variables
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


def test_edges_that_no_node_kept_have_no_gradient():
    searcher = seeded(PAPER)
    architecture = searcher.sample(tf.constant([0, 1]))
    table = searcher.operations["normal"]
    with tf.GradientTape() as tape:
        log_prob = searcher.log_prob(architecture)
    gradient = tf.convert_to_tensor(tape.gradient(log_prob, table)).numpy()

    kept = {
        PAPER.first_edge(node) + int(source)
        for node in range(4)
        for source in architecture["normal"].edges[node].numpy()
    }
    assert set(np.flatnonzero(np.abs(gradient).sum(1))) == kept
    assert len(kept) == 8


def test_a_seed_fixes_the_sample_and_another_changes_it():
    searcher = seeded(PAPER)

    def drawn(seed):
        return tf.nest.flatten(searcher.sample(tf.constant(seed)))

    for first, second in zip(drawn([0, 5]), drawn([0, 5]), strict=True):
        np.testing.assert_array_equal(first, second)
    assert any(
        np.any(first.numpy() != second.numpy())
        for first, second in zip(drawn([0, 5]), drawn([0, 6]), strict=True)
    )


def test_the_baseline_is_a_moving_average_that_starts_at_the_first_reward():
    searcher = seeded(TINY, baseline_decay=0.9)
    m = next(architectures(TINY))
    assert searcher.loss(m, tf.constant(0.5)).numpy() == 0.0

    searcher.observe(tf.constant(0.5))
    assert searcher.baseline.numpy() == pytest.approx(0.5)
    loss = searcher.loss(m, tf.constant(0.8)).numpy()
    expected = -0.3 * searcher.log_prob(m).numpy()
    assert loss == pytest.approx(expected, rel=1e-5)
    searcher.observe(tf.constant(0.8))
    assert searcher.baseline.numpy() == pytest.approx(0.53)


def test_entropy_of_equal_logits_is_the_logarithm_of_their_number():
    searcher = PolicyVectors(PAPER, initial_stddev=0.0)
    entropies = searcher.entropies()

    assert entropies["structure/normal/node_3"].numpy() == pytest.approx(
        np.log(10)
    )
    np.testing.assert_allclose(
        entropies["operations/reduction"], [np.log(7)] * 14, rtol=1e-6
    )


def test_the_entropy_coefficient_rewards_entropy():
    m = next(architectures(TINY))
    plain = seeded(TINY)
    curious = seeded(TINY, entropy_coefficient=0.1)
    total = sum(tf.reduce_sum(e).numpy() for e in plain.entropies().values())

    difference = curious.loss(m, tf.constant(1.0)) - plain.loss(
        m, tf.constant(1.0)
    )
    assert difference.numpy() == pytest.approx(-0.1 * total, rel=1e-5)


def test_probabilities_are_the_softmax_of_the_vectors():
    searcher = seeded(TINY)
    found = searcher.probabilities()["operations/normal"].numpy()
    expected = softmax(searcher.operations["normal"].numpy())
    np.testing.assert_allclose(found, expected, rtol=1e-5)
