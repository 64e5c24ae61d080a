import pytest

from ednas_tf import ops
from ednas_tf.space import cell_space, published
from ednas_tf.space.genotype import Cell, Edge, Genotype


def test_the_names_are_sorted():
    assert published.NAMES == (
        *("amoebanet_a", "darts_v1", "darts_v2", "ednas_cifar10"),
        *("ednas_imagenet", "nasnet_a"),
    )


@pytest.mark.parametrize("name", published.NAMES)
def test_the_structure_can_be_built(name):
    found = published.published(name)

    space = cell_space.convolutional_space()
    found.check_structure(ops.names(), space.cell_types, space.num_inputs)
    assert found.space == space.name
    assert tuple(found.cells) == space.cell_types
    assert {len(node) for c in found.cells.values() for node in c.nodes} == {2}


def test_four_of_them_lie_in_spaces_of_two_different_inputs():
    space = cell_space.convolutional_space()
    for name in ("ednas_cifar10", "ednas_imagenet", "darts_v1", "darts_v2"):
        published.published(name).validate(space)


@pytest.mark.parametrize("name", published.NAMES)
def test_what_is_published_is_what_its_file_would_be(name):
    found = published.published(name)
    text = found.to_json()

    read = Genotype.from_json(text)
    assert read == found
    assert read.to_json() == text
    assert read.cells == found.cells


def test_nasnet_a_takes_one_state_twice_and_leaves_nodes_out():
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


def test_amoebanet_a_outputs_other_nodes_in_its_two_cells():
    cells = published.published("amoebanet_a").cells

    assert cells["normal"].output == (4, 5, 6)
    assert cells["reduction"].output == (3, 4, 6)
    assert cells["reduction"].nodes[4] == (
        Edge(0, "conv_7x1_1x7"),
        Edge(5, "sep_conv_3x3"),
    )


def test_no_other_name_is_published():
    assert published.published("darts_v3") is None
    assert published.published("") is None
