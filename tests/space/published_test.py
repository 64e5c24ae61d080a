import pytest

from ednas_tf import ops
from ednas_tf.space import (
    convolutional,
    published,
    recurrent,
    spaces,
    structure,
)
from ednas_tf.space.genotype import Cell, Edge, Genotype


def test_the_names_are_sorted():
    assert published.NAMES == (
        *("amoebanet_a", "darts_v1", "darts_v1_rnn", "darts_v2"),
        *("darts_v2_rnn", "ednas_cifar10", "ednas_imagenet", "ednas_ptb"),
        *("enas_rnn", "nasnet_a"),
    )


def test_the_names_of_a_space():
    assert published.names("convolutional") == (
        *("amoebanet_a", "darts_v1", "darts_v2", "ednas_cifar10"),
        *("ednas_imagenet", "nasnet_a"),
    )
    assert published.names("recurrent") == (
        *("darts_v1_rnn", "darts_v2_rnn", "ednas_ptb", "enas_rnn"),
    )


@pytest.mark.parametrize("name", published.NAMES)
def test_published_cells_can_be_built(name):
    found = published.published(name)

    space = spaces.default(found.space)
    structure.check(found, ops.names(space.name), space)
    assert tuple(found.cells) == space.cell_types
    assert {len(node) for c in found.cells.values() for node in c.nodes} == {
        *space.fan_in
    }


def test_four_published_genotypes_belong_to_the_papers_space():
    space = convolutional.convolutional()
    for name in ("ednas_cifar10", "ednas_imagenet", "darts_v1", "darts_v2"):
        published.published(name).validate(space)


@pytest.mark.parametrize("name", published.NAMES)
def test_published_genotypes_survive_a_round_trip_through_json(name):
    found = published.published(name)
    text = found.to_json()

    read = Genotype.from_json(text)
    assert read == found
    assert read.to_json() == text
    assert read.cells == found.cells


def test_nasnet_a_uses_a_state_twice_and_omits_nodes_from_its_output():
    cells = published.published("nasnet_a").cells

    assert cells["normal"] == Cell(
        (
            (Edge(1, "sep_conv_5x5"), Edge(0, "sep_conv_3x3")),
            (Edge(0, "sep_conv_5x5"), Edge(0, "sep_conv_3x3")),
            (Edge(1, "avg_pool_3x3"), Edge(0, "skip_connect")),
            (Edge(0, "avg_pool_3x3"), Edge(0, "avg_pool_3x3")),
            (Edge(1, "sep_conv_3x3"), Edge(1, "skip_connect")),
        ),
        (2, 3, 4, 5, 6),
    )
    assert cells["reduction"].output == (4, 5, 6)


def test_the_cells_of_amoebanet_a_output_different_nodes():
    cells = published.published("amoebanet_a").cells

    assert cells["normal"].output == (4, 5, 6)
    assert cells["reduction"].output == (3, 4, 6)
    assert cells["reduction"].nodes[4] == (
        Edge(0, "conv_7x1_1x7"),
        Edge(5, "sep_conv_3x3"),
    )


def test_three_recurrent_cells_belong_to_the_papers_space():
    space = recurrent.recurrent()
    for name in ("ednas_ptb", "darts_v1_rnn", "darts_v2_rnn"):
        published.published(name).validate(space)


def test_enas_outputs_the_nodes_that_no_other_node_uses():
    cell = published.published("enas_rnn").cells["recurrent"]

    taken = {edge.source for node in cell.nodes for edge in node}
    assert len(cell.nodes) == 11
    assert cell.output == (2, 5, 6, 9, 10, 11)
    assert taken | set(cell.output) == set(range(12))
    assert not taken & set(cell.output)


def test_unknown_names_give_none():
    assert published.published("darts_v3") is None
    assert published.published("") is None
