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
# Cells of two nodes in the format of NNI 1 and 2.
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
    """`DARTS_V2` as NNI 3 exports it."""
    parsed = {}
    for name, nodes in DARTS_V2.items():
        for i, node in enumerate(nodes, 2):
            for j, (op, source) in enumerate(node):
                parsed[f"{name}/op_{i}_{j}"] = op
                parsed[f"{name}/input_{i}_{j}"] = source
    return parsed | changes


def old_export(**changes):
    return OLD | changes


def read(parsed):
    return nni.read(parsed, CONVOLUTIONAL_OPS)


def test_darts_second_order_cells_from_nni_3():
    parsed = exported()
    assert nni.is_export(parsed)
    assert len(parsed) == 32

    found = read(parsed)

    assert found.space == "convolutional"
    assert found.cells == published.published("darts_v2").cells


def test_masks_of_the_first_versions():
    names = [
        *("maxpool", "avgpool", "skipconnect", "sepconv3x3"),
        *("sepconv5x5", "dilconv3x3", "dilconv5x5"),
    ]
    masks = {}
    for key, value in OLD.items():
        if key.endswith("_switch"):
            node = key.removesuffix("_switch")
            inputs = range(int(node[-1]))
            masks[key] = [f"{node}_p{i}" in value for i in inputs]
        else:
            masks[key] = [name == value for name in names]
    # Lists of false in place of the empty ones.
    assert read(masks) == read(OLD)


def test_inputs_in_lists_and_keys_of_the_network_are_accepted():
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


def test_cells_from_nni_2():
    assert nni.is_export(OLD)

    found = read(OLD)

    assert found.space == "convolutional"
    assert found.cells == OLD_CELLS


def test_cells_from_nni_2_with_numbers_instead_of_names():
    numbered = old_export(
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


def test_operations_of_edges_that_were_not_chosen_are_ignored():
    more = old_export(normal_n3_p2="maxpool", reduce_n3_p1="none")
    less = old_export()
    del less["normal_n3_p2"]

    assert read(more).cells == read(less).cells == OLD_CELLS


@pytest.mark.parametrize(
    "parsed",
    [
        *({}, [], None, 3, "normal/op_2_0", {"version": 1}),
        {"normal": {}, "reduce": {}},
        {"normal/op_2": 1, "normal_n2": 2, "other_n2_p0": 3},
    ],
)
def test_other_json_is_not_recognised(parsed):
    assert not nni.is_export(parsed)


def without(parsed, key):
    return {k: value for k, value in parsed.items() if k != key}


@pytest.mark.parametrize(
    ("parsed", "message"),
    [
        (
            without(exported(), "reduce/input_4_1"),
            "(top level): expected the key 'reduce/input_4_1', found ['normal/",
        ),
        (
            exported(lr=0.1),
            "(top level): unknown key 'lr' (one of: depth, normal/input_2_0, ",
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
            "normal/op_3_1: unknown operation 'none' (one of: avg_pool_3x3, ",
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
            old_export(reduce_n3_p3="maxpool"),
            "(top level): unknown key 'reduce_n3_p3', did you mean ",
        ),
        (
            old_export(normal_n18_p0=0),
            "(top level): expected node numbers from 2 to 17, found 'node 18'",
        ),
        (
            {"normal_n1_p0": 0},
            "(top level): expected node numbers from 2 to 17, found 'node 1'",
        ),
        (
            old_export(normal_n3_switch=["normal_n3_p0", "normal_n2_p1"]),
            "normal_n3_switch: unknown input 'normal_n2_p1', did you mean "
            "'normal_n3_p1'? (one of: normal_n3_p0, normal_n3_p1, ",
        ),
        (
            old_export(normal_n3_switch=[0, 3]),
            "normal_n3_switch: expected a number in [0, 3), found 3",
        ),
        (
            old_export(normal_n3_switch="normal_n3_p0"),
            "normal_n3_switch: expected a list of inputs, found 'normal_n3_p0'",
        ),
        (
            old_export(normal_n3_switch=[0, True, False]),
            "normal_n3_switch: expected keys or numbers of inputs, found True",
        ),
        (
            old_export(normal_n3_switch=[True, True]),
            "normal_n3_switch: expected 3 booleans, found [True, True]",
        ),
        (
            old_export(normal_n3_p0=[True] * 2 + [False] * 5),
            "normal_n3_p0: expected 7 booleans, one of which is true, found [",
        ),
        (
            old_export(normal_n3_p0=[False] * 6 + [True] * 2),
            "normal_n3_p0: expected 7 booleans, one of which is true, found [",
        ),
        (
            old_export(normal_n3_p0=[True, 0]),
            "normal_n3_p0: expected an operation's name or number, found [",
        ),
        (
            old_export(normal_n3_switch=["normal_n3_p2"]),
            "normal_n3_p2: expected an operation's name or number, found []",
        ),
        (
            old_export(normal_n3_p0="none"),
            "normal_n3_p0: unknown operation 'none' (one of: avgpool, ",
        ),
        (
            old_export(normal_n3_p0=7),
            "normal_n3_p0: expected a number in [0, 7), found 7",
        ),
    ],
)
def test_invalid_exports_are_refused_with_the_key(parsed, message):
    assert nni.is_export(parsed)

    with pytest.raises(GenotypeError) as caught:
        read(parsed)

    assert str(caught.value).startswith(message)
