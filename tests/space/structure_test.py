import dataclasses

import pytest

from ednas_tf.space import (
    convolutional,
    published,
    recurrent,
    structure,
)
from ednas_tf.space.genotype import Cell, Edge, Genotype, GenotypeError

SPACE = convolutional.convolutional()
KNOWN_OPS = (*SPACE.ops, "none")
FOUND = published.published("ednas_cifar10")


def check(genotype):
    structure.check(genotype, iter(KNOWN_OPS), SPACE)


def with_normal(**changes):
    """A genotype whose normal cell has other nodes or another output."""
    normal = dataclasses.replace(FOUND.cells["normal"], **changes)
    return Genotype(FOUND.space, {**FOUND.cells, "normal": normal})


def with_node(index, *edges):
    """A genotype whose normal cell has other edges into one node."""
    nodes = list(FOUND.cells["normal"].nodes)
    nodes[index] = tuple(Edge(*edge) for edge in edges)
    return with_normal(nodes=tuple(nodes))


def cell(output, *nodes):
    return Cell(
        tuple(tuple(Edge(*edge) for edge in node) for node in nodes), output
    )


ONE_NODE = cell((2,), [(0, "none")])

WELL_FORMED = {
    "found on CIFAR-10": FOUND,
    "other space": Genotype("other", FOUND.cells),
    "one cell type": Genotype("convolutional", {"normal": ONE_NODE}),
    "different numbers of nodes": Genotype(
        "convolutional",
        {"normal": ONE_NODE, "reduction": FOUND.cells["normal"]},
    ),
    "same source twice": with_node(
        3, (4, "skip_connect"), (4, "sep_conv_3x3"), (0, "none")
    ),
    "output leaves nodes out": with_normal(output=(5, 3)),
}


@pytest.mark.parametrize(
    "genotype", WELL_FORMED.values(), ids=WELL_FORMED.keys()
)
def test_a_well_formed_genotype_outside_of_all_spaces_is_accepted(genotype):
    check(genotype)


ILL_FORMED = {
    "cell type": (
        Genotype("convolutional", {"normall": ONE_NODE}),
        "cells: unknown cell type 'normall', did you mean 'normal'? "
        "(one of: normal, reduction)",
    ),
    "no nodes": (
        Genotype("convolutional", {"normal": cell((2,))}),
        "cells.normal.output[0]: expected a number in [2, 2), found 2",
    ),
    "no edges": (
        with_node(1),
        "cells.normal.nodes[1]: expected at least one edge, found ()",
    ),
    "too many edges": (
        with_node(1, *[(0, "none")] * 17),
        "cells.normal.nodes[1]: expected at most 16 edges, found 17",
    ),
    "too many nodes": (
        Genotype(
            "convolutional", {"normal": cell((2,), *[[(0, "none")]] * 17)}
        ),
        "cells.normal.nodes: expected at most 16 nodes, found 17",
    ),
    "edge from the node itself": (
        with_node(1, (0, "none"), (3, "none")),
        "cells.normal.nodes[1][1].from: expected a number in [0, 3), found 3",
    ),
    "edge from a negative state": (
        with_node(0, (-1, "none")),
        "cells.normal.nodes[0][0].from: expected a number in [0, 2), found -1",
    ),
    "operation": (
        with_node(1, (0, "sep_conv_33")),
        "cells.normal.nodes[1][0].op: unknown operation 'sep_conv_33', "
        "did you mean 'sep_conv_3x3'? (one of: avg_pool_3x3, ",
    ),
    "no output": (
        with_normal(output=()),
        "cells.normal.output: expected at least one state, found []",
    ),
    "output of an input": (
        with_normal(output=(5, 1)),
        "cells.normal.output[1]: expected a number in [2, 6), found 1",
    ),
    "output of a missing state": (
        with_normal(output=(6,)),
        "cells.normal.output[0]: expected a number in [2, 6), found 6",
    ),
    "output twice": (
        with_normal(output=(2, 3, 2)),
        "cells.normal.output: expected different states, found [2, 3, 2]",
    ),
}


@pytest.mark.parametrize(
    ("genotype", "message"), ILL_FORMED.values(), ids=ILL_FORMED.keys()
)
def test_an_ill_formed_genotype_is_refused_with_the_place(genotype, message):
    with pytest.raises(GenotypeError) as caught:
        check(genotype)

    assert str(caught.value).startswith(message)


RECURRENT = recurrent.recurrent()


def recurrent(output, *nodes):
    return Genotype("recurrent", {"recurrent": cell(output, *nodes)})


def test_the_number_of_inputs_bounds_sources_and_output():
    genotype = recurrent((1, 2), [(0, "none")], [(1, "none")])

    structure.check(genotype, ["none"], RECURRENT)
    two_inputs = dataclasses.replace(RECURRENT, num_inputs=2)
    with pytest.raises(GenotypeError, match=r"output\[0\]: .* found 1$"):
        structure.check(genotype, ["none"], two_inputs)


@pytest.mark.parametrize(
    ("genotype", "message"),
    [
        (
            recurrent((1,), [(0, "tanh"), (0, "relu")]),
            "cells.recurrent.nodes[0]: expected at most 1 edge, found 2",
        ),
        (
            recurrent((1,), [(1, "tanh")]),
            "cells.recurrent.nodes[0][0].from: expected a number in [0, 1), ",
        ),
        (
            recurrent((0,), [(0, "tanh")]),
            "cells.recurrent.output[0]: expected a number in [1, 2), found 0",
        ),
        (
            Genotype("recurrent", {"normal": cell((1,), [(0, "tanh")])}),
            "cells: unknown cell type 'normal' (one of: recurrent)",
        ),
    ],
)
def test_an_ill_formed_recurrent_genotype_is_refused(genotype, message):
    with pytest.raises(GenotypeError) as caught:
        structure.check(genotype, RECURRENT.ops, RECURRENT)

    assert str(caught.value).startswith(message)


def test_the_largest_number_of_recurrent_nodes():
    nodes = [[(i, "tanh")] for i in range(16)]

    structure.check(recurrent((16,), *nodes), RECURRENT.ops, RECURRENT)
    with pytest.raises(GenotypeError, match="at most 16 nodes, found 17"):
        structure.check(
            recurrent((16,), *nodes, nodes[0]), RECURRENT.ops, RECURRENT
        )
