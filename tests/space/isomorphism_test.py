"""Genotypes of the same network have the same key."""

import pytest

from ednas_tf.space import convolutional, isomorphism
from ednas_tf.space.genotype import Cell, Edge, Genotype

SPACE = convolutional.convolutional(3)


def genotype(*nodes, other=None):
    """A genotype whose two cells have these (source, op) pairs for nodes."""
    cell = Cell(
        tuple(tuple(Edge(*edge) for edge in node) for node in nodes), (2, 3, 4)
    )
    return Genotype(
        "convolutional", {"normal": cell, "reduction": other or cell}
    )


def key(*nodes):
    return isomorphism.key(SPACE, genotype(*nodes))


A = (0, "sep_conv_3x3"), (1, "skip_connect")
B = (0, "max_pool_3x3"), (1, "dil_conv_3x3")


def test_nodes_that_change_places_make_the_same_network():
    reads_a = (1, "skip_connect"), (2, "sep_conv_5x5")
    moved = (1, "skip_connect"), (3, "sep_conv_5x5")

    assert key(A, B, reads_a) == key(B, A, moved)
    assert key(A, B, reads_a) != key(B, A, reads_a)


def test_the_order_of_edges_does_not_count():
    assert key(A, B, A) == key(A[::-1], B, A)


@pytest.mark.parametrize(
    "node",
    [
        ((0, "sep_conv_3x3"), (1, "avg_pool_3x3")),
        ((0, "skip_connect"), (1, "sep_conv_3x3")),
    ],
)
def test_another_operation_or_source_makes_another_network(node):
    assert key(A, B, A) != key(node, B, A)


def test_every_cell_type_counts():
    other = genotype(B, B, B).cells["normal"]
    assert isomorphism.key(SPACE, genotype(A, B, A)) != isomorphism.key(
        SPACE, genotype(A, B, A, other=other)
    )
