import collections

import numpy as np
import pytest
import tensorflow as tf

from ednas_tf.searchers.policy_vectors import PolicyVectors
from ednas_tf.space import convolutional, recurrent
from tests.searchers import tiny

PAPER = convolutional.convolutional()
SPACES = pytest.mark.parametrize(
    "space, size",
    [(tiny.CONVOLUTIONAL, 48), (tiny.RECURRENT, 48), (tiny.UNEVEN, 96)],
    ids=lambda value: getattr(value, "name", None),
)


def brute_force_log_prob(vectors, architecture):
    """The product of softmaxes, by numpy."""
    space = vectors.space
    (cell_type,) = space.cell_types
    sources, ops = (
        space.by_node(part.numpy()) for part in architecture[cell_type]
    )
    operations = tiny.softmax(vectors.operations[cell_type].numpy())
    probability = 1.0
    for node in range(space.num_nodes):
        structure = tiny.softmax(vectors.structure[cell_type][node].numpy())
        choice = space.edge_choices(node).index(tuple(sources[node]))
        probability *= structure[choice]
        for source, op in zip(sources[node], ops[node], strict=True):
            edge = space.edges.index((source, node))
            probability *= operations[edge, op]
    return np.log(probability)


def key(architecture):
    """An architecture of one cell type as a tuple of numbers."""
    (sampled,) = architecture.values()
    return (*sampled.sources.numpy(), *sampled.ops.numpy())


def test_the_papers_space_has_18_vectors_a_cell_type():
    vectors = PolicyVectors(PAPER)

    for cell_type in ("normal", "reduction"):
        sizes = [v.shape[0] for v in vectors.structure[cell_type]]
        assert sizes == [1, 3, 6, 10]
        assert vectors.operations[cell_type].shape == (14, 7)
    assert len(vectors.trainable_variables) == 2 * (4 + 1)


def test_the_papers_recurrent_space_has_a_vector_a_node_and_a_table():
    vectors = PolicyVectors(recurrent.recurrent())

    sizes = [v.shape[0] for v in vectors.structure["recurrent"]]
    assert sizes == [1, 2, 3, 4, 5, 6, 7, 8]
    assert vectors.operations["recurrent"].shape == (36, 4)
    assert len(vectors.trainable_variables) == 8 + 1


def test_nodes_that_keep_different_numbers_of_edges_have_vectors_to_match():
    vectors = PolicyVectors(tiny.UNEVEN)

    sizes = [v.shape[0] for v in vectors.structure["only"]]
    # One of one state, one of two, two of three.
    assert sizes == [1, 2, 3]
    assert vectors.operations["only"].shape == (6, 2)


@SPACES
def test_log_prob_equals_enumeration_and_sums_to_one(space, size):
    vectors = tiny.vectors(space)
    every = tiny.architectures(space)
    log_probs = [vectors.log_prob(m).numpy() for m in every]

    assert len(every) == space.size() == size
    expected = [brute_force_log_prob(vectors, m) for m in every]
    np.testing.assert_allclose(log_probs, expected, rtol=1e-5)
    np.testing.assert_allclose(np.exp(log_probs).sum(), 1.0, rtol=1e-5)


@SPACES
def test_samples_follow_log_prob(space, size):
    vectors = tiny.vectors(space)
    sample = tf.function(vectors.sample)
    counts = collections.Counter(
        key(sample(tf.constant([7, step]))) for step in range(2000)
    )

    every = tiny.architectures(space)
    assert sum(counts[key(m)] for m in every) == 2000
    for m in every:
        p = np.exp(vectors.log_prob(m).numpy())
        bound = 5 * np.sqrt(p * (1 - p) / 2000)
        assert abs(counts[key(m)] / 2000 - p) <= bound


def test_edges_that_no_node_kept_have_no_gradient():
    vectors = tiny.vectors(PAPER)
    architecture = vectors.sample(tf.constant([0, 1]))
    table = vectors.operations["normal"]
    with tf.GradientTape() as tape:
        log_prob = vectors.log_prob(architecture)
    gradient = tf.convert_to_tensor(tape.gradient(log_prob, table)).numpy()

    sources = architecture["normal"].sources.numpy()
    kept = {
        PAPER.first_edge(node) + int(source)
        for node, source in zip(PAPER.slot_nodes(), sources, strict=True)
    }
    assert set(np.flatnonzero(np.abs(gradient).sum(1))) == kept
    assert len(kept) == 8


def test_a_seed_fixes_the_sample_and_another_changes_it():
    vectors = tiny.vectors(PAPER)

    def drawn(seed):
        return tf.nest.flatten(vectors.sample(tf.constant(seed)))

    for first, second in zip(drawn([0, 5]), drawn([0, 5]), strict=True):
        np.testing.assert_array_equal(first, second)
    assert any(
        np.any(first.numpy() != second.numpy())
        for first, second in zip(drawn([0, 5]), drawn([0, 6]), strict=True)
    )


def test_entropy_of_equal_logits_is_the_logarithm_of_their_number():
    vectors = PolicyVectors(PAPER, initial_stddev=0.0)
    entropies = vectors.entropies()

    assert entropies["structure/normal/node_3"].numpy() == pytest.approx(
        np.log(10)
    )
    np.testing.assert_allclose(
        entropies["operations/reduction"], [np.log(7)] * 14, rtol=1e-6
    )


def test_probabilities_are_the_softmax_of_the_vectors():
    vectors = tiny.vectors(tiny.CONVOLUTIONAL)
    found = vectors.probabilities()["operations/normal"].numpy()
    expected = tiny.softmax(vectors.operations["normal"].numpy())
    np.testing.assert_allclose(found, expected, rtol=1e-5)
