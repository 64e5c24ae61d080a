import pytest

from ednas_tf.space import nni, published
from ednas_tf.space.convolutional import OPS as CONVOLUTIONAL_OPS
from ednas_tf.space.genotype import Cell, Edge, GenotypeError

# DARTS's second-order cells: the operations and inputs of nodes 2 to 5.
DARTS_V2 = {
    "normal": [
        [("sep_conv_3x3", 0), ("sep_conv_3x3", 1)],
        [("sep_conv_3x3", 0), ("sep_conv_3x3", 1)],
        [("sep_conv_3x3", 1), ("skip_connect", 0)],
        [("skip_connect", 0), ("dil_conv_3x3", 2)],
    ],
    "reduce": [
        [("max_pool_3x3", 0), ("max_pool_3x3", 1)],
        [("skip_connect", 2), ("max_pool_3x3", 1)],
        [("max_pool_3x3", 0), ("skip_connect", 2)],
        [("skip_connect", 2), ("max_pool_3x3", 1)],
    ],
}
# Cells of two nodes in the form of NNI 1 and 2.
OLD = {
    "normal_n2_p0": "sepconv5x5",
    "normal_n2_p1": "sepconv3x3",
    "normal_n2_switch": ["normal_n2_p0", "normal_n2_p1"],
    "normal_n3_p0": "skipconnect",
    "normal_n3_p1": "sepconv3x3",
    "normal_n3_p2": [],
    "normal_n3_switch": ["normal_n3_p0", "normal_n3_p1"],
    "reduce_n2_p0": "maxpool",
    "reduce_n2_p1": "avgpool",
    "reduce_n2_switch": ["reduce_n2_p0", "reduce_n2_p1"],
    "reduce_n3_p0": "dilconv3x3",
    "reduce_n3_p1": [],
    "reduce_n3_p2": "dilconv5x5",
    "reduce_n3_switch": ["reduce_n3_p0", "reduce_n3_p2"],
}


def exported(**changes):
    """As NNI 3 exports `DARTS_V2`."""
    described = {}
    for name, nodes in DARTS_V2.items():
        for i, node in enumerate(nodes, 2):
            for j, (op, source) in enumerate(node):
                described[f"{name}/op_{i}_{j}"] = op
                described[f"{name}/input_{i}_{j}"] = source
    return described | changes


def exported_of_old(**changes):
    return OLD | changes


def read(described):
    return nni.read(described, CONVOLUTIONAL_OPS)


def test_darts_second_order_cells_as_of_nni_3():
    described = exported()
    assert nni.is_export(described)
    assert len(described) == 32

    found = read(described)

    assert found.space == "convolutional"
    assert found.cells == published.published("darts_v2").cells


def test_an_input_may_stand_in_a_list_and_the_network_be_described():
    in_lists = {
        key: [value] if "input" in key else value
        for key, value in exported(width=36, depth=20).items()
    }

    assert read(in_lists).cells == published.published("darts_v2").cells


OLD_CELLS = {
    "normal": Cell(
        (
            (Edge(0, "sep_conv_5x5"), Edge(1, "sep_conv_3x3")),
            (Edge(0, "skip_connect"), Edge(1, "sep_conv_3x3")),
        ),
        (2, 3),
    ),
    "reduction": Cell(
        (
            (Edge(0, "max_pool_3x3"), Edge(1, "avg_pool_3x3")),
            (Edge(0, "dil_conv_3x3"), Edge(2, "dil_conv_5x5")),
        ),
        (2, 3),
    ),
}


def test_cells_as_of_nni_2():
    assert nni.is_export(OLD)

    found = read(OLD)

    assert found.space == "convolutional"
    assert found.cells == OLD_CELLS


def test_cells_as_of_nni_2_with_numbers_instead_of_names():
    numbered = exported_of_old(
        normal_n2_p0=4,
        normal_n2_p1=3,
        normal_n3_p0=2,
        reduce_n2_p0=0,
        reduce_n2_p1=1,
        reduce_n3_p0=5,
        reduce_n3_p2=6,
        normal_n3_switch=[0, 1],
        reduce_n3_switch=[0, 2],
    )

    assert read(numbered).cells == OLD_CELLS


def test_an_operation_of_an_edge_that_was_not_chosen_does_not_count():
    more = exported_of_old(normal_n3_p2="maxpool", reduce_n3_p1="none")
    less = exported_of_old()
    del less["normal_n3_p2"]

    assert read(more).cells == read(less).cells == OLD_CELLS


@pytest.mark.parametrize(
    "described",
    [
        *({}, [], None, 3, "normal/op_2_0", {"version": 1}),
        {"normal": {}, "reduce": {}},
        {"normal/op_2": 1, "normal_n2": 2, "other_n2_p0": 3},
    ],
)
def test_what_is_none_of_it(described):
    assert not nni.is_export(described)


def without(described, key):
    return {k: value for k, value in described.items() if k != key}


@pytest.mark.parametrize(
    ("described", "message"),
    [
        (
            without(exported(), "reduce/input_4_1"),
            "(top level): expected the key 'reduce/input_4_1', found ['normal/",
        ),
        (
            exported(lr=0.1),
            "(top level): unknown key 'lr', (one of: depth, normal/input_2_0, ",
        ),
        (
            exported(**{"normal/op_6_0": "sep_conv_3x3"}),
            "(top level): expected nodes 2 to 5, as in NNI's DARTS space, "
            "found 'node 6'",
        ),
        (
            {"normal/op_4_0": "sep_conv_3x3"},
            "(top level): expected nodes 2 to 5, as in NNI's DARTS space, "
            "found 'node 4'",
        ),
        (
            exported(**{"normal/op_3_1": "none"}),
            "normal/op_3_1: unknown operation 'none', (one of: avg_pool_3x3, ",
        ),
        (
            exported(**{"normal/op_3_1": 3}),
            "normal/op_3_1: expected an operation's name, found 3",
        ),
        (
            exported(**{"reduce/input_2_0": 2}),
            "reduce/input_2_0: expected a number in [0, 2), found 2",
        ),
        (
            exported(**{"reduce/input_2_0": [0, 1]}),
            "reduce/input_2_0: expected the number of one state, found [0, 1]",
        ),
        (
            exported(**{"reduce/input_2_0": True}),
            "reduce/input_2_0: expected the number of one state, found True",
        ),
        (
            without(OLD, "reduce_n3_switch"),
            "(top level): expected the key 'reduce_n3_switch', found [",
        ),
        (
            exported_of_old(reduce_n3_p3="maxpool"),
            "(top level): unknown key 'reduce_n3_p3', did you mean ",
        ),
        (
            exported_of_old(normal_n18_p0=0),
            "(top level): expected nodes 2 to 17 at most, found 'node 18'",
        ),
        (
            {"normal_n1_p0": 0},
            "(top level): expected nodes 2 to 17 at most, found 'node 1'",
        ),
        (
            exported_of_old(normal_n3_switch=["normal_n3_p0", "normal_n2_p1"]),
            "normal_n3_switch: unknown input 'normal_n2_p1', did you mean "
            "'normal_n3_p1'? (one of: normal_n3_p0, normal_n3_p1, ",
        ),
        (
            exported_of_old(normal_n3_switch=[0, 3]),
            "normal_n3_switch: expected a number in [0, 3), found 3",
        ),
        (
            exported_of_old(normal_n3_switch="normal_n3_p0"),
            "normal_n3_switch: expected a list of inputs, found 'normal_n3_p0'",
        ),
        (
            exported_of_old(normal_n3_switch=[True, True, False]),
            "normal_n3_switch: expected keys or numbers of inputs, found True",
        ),
        (
            exported_of_old(normal_n3_switch=["normal_n3_p2"]),
            "normal_n3_p2: expected an operation's name or number, found []",
        ),
        (
            exported_of_old(normal_n3_p0="none"),
            "normal_n3_p0: unknown operation 'none', (one of: avgpool, ",
        ),
        (
            exported_of_old(normal_n3_p0=7),
            "normal_n3_p0: expected a number in [0, 7), found 7",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_key(described, message):
    assert nni.is_export(described)

    with pytest.raises(GenotypeError) as caught:
        read(described)

    assert str(caught.value).startswith(message)
