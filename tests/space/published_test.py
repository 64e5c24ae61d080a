import math

import pytest

from ednas_tf import ops
from ednas_tf.space import cell_space, published
from ednas_tf.space.genotype import Cell, Edge, Genotype

#: Parameters with 36 channels, 20 cells and 10 classes, counted on the DARTS
#: authors' own code: one edge that is wrong changes almost all of them.
PARAMETERS = {
    "darts_v1": 3_169_414,
    "darts_v2": 3_349_342,
    "ednas_cifar10": 3_717_622,
    "ednas_imagenet": 3_223_846,
    "amoebanet_a": 3_145_078,
    "nasnet_a": 3_830_950,
}


def test_the_names_are_sorted_and_all_have_a_count():
    assert published.NAMES == tuple(sorted(PARAMETERS))


def of_edges(cell, channels, reduction):
    count = 0
    for edge in (edge for node in cell.nodes for edge in node):
        stride = 2 if reduction and edge.source < 2 else 1
        stages = ops.stages(edge.op, channels, stride)
        count += sum(math.prod(shape) for shape in ops.weight_shapes(stages))
        norms = [s for s in stages if isinstance(s, ops.BatchNorm)]
        count += 2 * channels * sum(not norm.search_only for norm in norms)
    return count


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_network_of_the_cells_has_as_many_parameters_as_the_authors(name):
    cells = published.published(name).cells
    channels, before_last, last = 36, 108, 108
    count = 27 * last + 2 * last
    for i in range(20):
        reduction = i in (20 // 3, 2 * 20 // 3)
        channels *= 1 + reduction
        cell = cells["reduction" if reduction else "normal"]
        count += (before_last + last) * channels + 4 * channels
        count += of_edges(cell, channels, reduction)
        before_last, last = last, len(cell.output) * channels
    count += last * 10 + 10

    assert count == PARAMETERS[name]


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
