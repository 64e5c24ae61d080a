"""Genotypes of the same network have the same key."""

import itertools

import pytest

from ednas_tf.space import (
    convolutional,
    isomorphism,
    nas_bench_text,
    spaces,
)
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


def test_either_of_two_nodes_of_one_kind_can_be_read():
    first, second = ((i, "sep_conv_5x5") for i in (2, 3))
    pool = (0, "max_pool_3x3")
    assert key(A, A, (pool, first)) == key(A, A, (pool, second))


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


NAS_BENCH = spaces.default("nas_bench_201")


def nas_bench_key(*ops):
    a, b, c, d, e, f = ops
    text = f"|{a}~0|+|{b}~0|{c}~1|+|{d}~0|{e}~1|{f}~2|"
    return isomorphism.key(NAS_BENCH, nas_bench_text.read(text))


NONE, COPY, CONV, POOL = (
    *("none", "skip_connect"),
    *("nor_conv_3x3", "avg_pool_3x3"),
)


def test_operations_on_zeros_do_not_count():
    expected = nas_bench_key(NONE, CONV, NONE, NONE, NONE, CONV)
    # Node 1 is zero, whatever reads it.
    assert nas_bench_key(NONE, CONV, CONV, NONE, POOL, CONV) == expected
    assert nas_bench_key(CONV, CONV, NONE, NONE, NONE, CONV) == expected
    assert nas_bench_key(NONE, CONV, NONE, POOL, NONE, CONV) != expected


def test_a_copy_of_a_state_is_this_state():
    expected = nas_bench_key(NONE, NONE, NONE, CONV, NONE, NONE)
    assert nas_bench_key(COPY, NONE, NONE, NONE, CONV, NONE) == expected
    assert nas_bench_key(COPY, NONE, COPY, NONE, NONE, CONV) == expected
    # Twice the same convolution is not the sum of two.
    twice = nas_bench_key(CONV, NONE, COPY, NONE, COPY, COPY)
    assert nas_bench_key(CONV, CONV, NONE, NONE, COPY, COPY) != twice


def test_nodes_of_one_kind_are_told_apart_in_any_order():
    one = nas_bench_key(CONV, POOL, NONE, NONE, CONV, POOL)
    assert nas_bench_key(POOL, CONV, NONE, NONE, POOL, CONV) == one


def test_as_many_networks_as_in_nas_bench_201():
    found = {
        nas_bench_key(*ops)
        for ops in itertools.product(NAS_BENCH.ops, repeat=6)
    }
    # Its authors count 6,466: their rule also joins sums that a copy passes on,
    # and tells a zero that is added from none.
    assert len(found) == 6985


def test_a_skip_connection_of_a_reduction_cell_is_no_copy():
    space = convolutional.convolutional(2, ("none", "skip_connect", "conv_1x1"))
    halved = (0, "skip_connect"), (1, "none")
    reads = (0, "conv_1x1"), (2, "conv_1x1")
    same = (0, "conv_1x1"), (0, "conv_1x1")

    def keys(*nodes):
        cell = Cell(
            tuple(tuple(Edge(*edge) for edge in node) for node in nodes), (2, 3)
        )
        whole = {
            name: Genotype("convolutional", {name: cell})
            for name in ("normal", "reduction")
        }
        return [isomorphism.key(space, each) for each in whole.values()]

    normal, reduction = keys(halved, reads), keys(halved, same)
    assert normal[0] == reduction[0] and normal[1] != reduction[1]
