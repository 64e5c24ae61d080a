import numpy as np
import pytest

from ednas_tf.nets import architectures
from ednas_tf.space import published, recurrent

SPACE = recurrent.recurrent()


def test_the_first_recurrent_architecture_is_a_star_around_the_fixed_node():
    (sampled,) = architectures.first(SPACE).values()

    np.testing.assert_array_equal(sampled.sources, [0] * 8)
    np.testing.assert_array_equal(sampled.ops, [0] * 8)


@pytest.mark.parametrize("name", ["ednas_ptb", "darts_v1_rnn", "darts_v2_rnn"])
def test_a_published_recurrent_cell_to_an_architecture_and_back(name):
    described = published.published(name)

    architecture = architectures.from_genotype(SPACE, described)

    assert architecture["recurrent"].sources.shape == (8,)
    assert architectures.to_genotype(SPACE, architecture) == described


def test_counts_of_a_recurrent_cell():
    described = published.published("ednas_ptb")
    architecture = architectures.from_genotype(SPACE, described)

    counts = architectures.count(SPACE, architecture).numpy()

    # Edge j of node i is number i (i + 1) / 2 + j.
    expected = np.zeros([1, 36, 4], int)
    for node, (edge,) in enumerate(described.cells["recurrent"].nodes):
        number = node * (node + 1) // 2 + edge.source
        expected[0, number, SPACE.ops.index(edge.op)] = 1
    np.testing.assert_array_equal(counts, expected)
    assert counts.sum() == 8
    numbers = architectures.edge_numbers(SPACE, architecture["recurrent"])
    np.testing.assert_array_equal(numbers, np.flatnonzero(expected.sum(-1)))
