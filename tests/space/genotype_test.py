import copy
import dataclasses
import json
import pickle

import numpy as np
import pytest

from ednas_tf.space import convolutional, published, recurrent
from ednas_tf.space.genotype import Cell, Edge, Genotype, GenotypeError

SPACE = convolutional.convolutional()

# The cells that the paper found on CIFAR-10: source states and operations.
CHOICES = {
    "normal": (
        [[0, 1], [0, 1], [0, 3], [0, 1]],
        [[3, 5], [4, 1], [4, 4], [1, 4]],
    ),
    "reduction": (
        [[0, 1], [0, 2], [0, 3], [0, 4]],
        [[2, 1], [3, 5], [0, 2], [4, 2]],
    ),
}


def found_on_cifar10():
    return Genotype.from_choices(SPACE, CHOICES)


def parsed():
    return json.loads(found_on_cifar10().to_json())


def changed(value, *path):
    """The JSON text of a genotype with `value` put at `path`."""
    whole = parsed()
    place = whole
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return json.dumps(whole)


def without(*path):
    """The JSON text of a genotype without the key at `path`."""
    whole = parsed()
    place = whole
    for key in path[:-1]:
        place = place[key]
    del place[path[-1]]
    return json.dumps(whole)


def with_normal(**changes):
    """A genotype whose normal cell has other nodes or another output."""
    whole = found_on_cifar10()
    normal = dataclasses.replace(whole.cells["normal"], **changes)
    return Genotype(whole.space, {**whole.cells, "normal": normal})


def with_node(index, *edges):
    """A genotype whose normal cell has other edges into one node."""
    nodes = list(found_on_cifar10().cells["normal"].nodes)
    nodes[index] = tuple(Edge(*edge) for edge in edges)
    return with_normal(nodes=tuple(nodes))


def test_choices_name_the_operations_of_the_published_cell():
    normal = found_on_cifar10().cells["normal"]

    assert normal.nodes == (
        (Edge(0, "sep_conv_3x3"), Edge(1, "dil_conv_3x3")),
        (Edge(0, "sep_conv_5x5"), Edge(1, "avg_pool_3x3")),
        (Edge(0, "sep_conv_5x5"), Edge(3, "sep_conv_5x5")),
        (Edge(0, "avg_pool_3x3"), Edge(1, "sep_conv_5x5")),
    )
    assert normal.output == (2, 3, 4, 5)


def test_choices_are_the_inverse_of_from_choices():
    assert found_on_cifar10().choices(SPACE) == CHOICES


@pytest.mark.parametrize("seed", range(5))
def test_sampled_arrays_come_back_as_choices(seed):
    rng = np.random.default_rng(seed)
    choices = {
        cell_type: (
            np.array([rng.choice(SPACE.edge_choices(i)) for i in range(4)]),
            rng.integers(0, 7, [4, 2]),
        )
        for cell_type in SPACE.cell_types
    }

    found = Genotype.from_choices(SPACE, choices).choices(SPACE)

    assert found == {
        cell_type: (edges.tolist(), ops.tolist())
        for cell_type, (edges, ops) in choices.items()
    }


def test_choices_are_sorted_by_their_sources():
    swapped = with_node(2, (3, "max_pool_3x3"), (1, "skip_connect"))

    edges, ops = swapped.choices(SPACE)["normal"]

    assert edges[2] == [1, 3]
    assert ops[2] == [2, 0]


def test_from_choices_refuses_edges_without_an_operation():
    edges, ops = CHOICES["normal"]

    with pytest.raises(ValueError):
        Genotype.from_choices(SPACE, {**CHOICES, "normal": (edges, ops[:3])})


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (
            ("normal", 1, 2, 1),
            -1,
            "cells.normal.nodes[2][1].op: expected a number in [0, 7), "
            "found -1",
        ),
        (
            ("reduction", 1, 0, 0),
            7,
            "cells.reduction.nodes[0][0].op: expected a number in [0, 7), "
            "found 7",
        ),
        (
            ("normal", 0, 1, 0),
            -2,
            "cells.normal.nodes[1][0].from: expected a number in [0, 3), "
            "found -2",
        ),
        (
            ("normal", 0, 1, 1),
            3,
            "cells.normal.nodes[1][1].from: expected a number in [0, 3), "
            "found 3",
        ),
    ],
    ids=["negative op", "op too large", "negative source", "source too large"],
)
@pytest.mark.parametrize("as_arrays", [False, True])
def test_from_choices_refuses_numbers_out_of_range(
    path, value, message, as_arrays
):
    choices = copy.deepcopy(CHOICES)
    cell_type, which, node, edge = path
    choices[cell_type][which][node][edge] = value
    if as_arrays:
        choices = {key: np.array(pair) for key, pair in choices.items()}

    with pytest.raises(ValueError) as caught:
        Genotype.from_choices(SPACE, choices)

    assert str(caught.value) == message


def test_json_round_trip_gives_an_equal_genotype():
    original = found_on_cifar10()

    read = Genotype.from_json(original.to_json())

    assert read == original
    assert read.to_json() == original.to_json()
    assert read.fingerprint() == original.fingerprint()


def test_json_round_trip_keeps_the_provenance():
    provenance = {
        "reward": 0.75,
        "settings_fingerprint": "0a1b",
        "command": "train x",
    }
    original = Genotype("convolutional", found_on_cifar10().cells, provenance)

    read = Genotype.from_json(original.to_json())

    assert dict(read.provenance) == provenance


def test_json_has_the_documented_form():
    whole = parsed()

    assert list(whole) == ["version", "space", "cells"]
    assert whole["version"] == 1
    assert whole["space"] == "convolutional"
    assert whole["cells"]["reduction"]["nodes"][3] == [
        {"from": 0, "op": "sep_conv_5x5"},
        {"from": 4, "op": "skip_connect"},
    ]
    assert whole["cells"]["reduction"]["output"] == [2, 3, 4, 5]


def test_fingerprint_is_twelve_fixed_hexadecimal_digits():
    assert found_on_cifar10().fingerprint() == "b6344aed7306"


def test_provenance_changes_neither_fingerprint_nor_equality():
    bare = found_on_cifar10()
    known = Genotype(bare.space, bare.cells, {"reward": 0.5})

    assert known.fingerprint() == bare.fingerprint()
    assert known == bare


def test_the_order_of_the_cells_does_not_change_the_fingerprint():
    original = found_on_cifar10()
    turned = Genotype(
        original.space, dict(reversed(list(original.cells.items())))
    )

    assert turned.fingerprint() == original.fingerprint()


def test_the_order_of_a_nodes_edges_changes_nothing_but_the_json():
    original = with_node(2, (1, "skip_connect"), (3, "max_pool_3x3"))
    swapped = with_node(2, (3, "max_pool_3x3"), (1, "skip_connect"))

    assert swapped.fingerprint() == original.fingerprint()
    assert swapped == original
    assert hash(swapped) == hash(original)
    assert swapped.to_json() != original.to_json()
    node = json.loads(swapped.to_json())["cells"]["normal"]["nodes"][2]
    assert [edge["from"] for edge in node] == [3, 1]


def test_operations_on_one_source_are_distinguished_but_unordered():
    first = with_node(2, (1, "skip_connect"), (1, "max_pool_3x3"))
    swapped = with_node(2, (1, "max_pool_3x3"), (1, "skip_connect"))
    other = with_node(2, (1, "max_pool_3x3"), (1, "max_pool_3x3"))

    assert first == swapped
    assert first.fingerprint() == swapped.fingerprint()
    assert first != other
    assert first.fingerprint() != other.fingerprint()


@pytest.mark.parametrize(
    "other",
    [
        # Sources 1 and 3 swap their operations, not their order.
        with_node(2, (1, "max_pool_3x3"), (3, "skip_connect")),
        with_normal(output=(5, 4, 3, 2)),
        Genotype("recurrent", found_on_cifar10().cells),
    ],
    ids=["operations exchanged", "output order", "space"],
)
def test_different_architectures_differ_in_equality_and_fingerprint(other):
    one = with_node(2, (1, "skip_connect"), (3, "max_pool_3x3"))

    for original in (one, found_on_cifar10()):
        assert other != original
        assert other.fingerprint() != original.fingerprint()


def test_a_genotype_equals_nothing_of_another_type():
    assert found_on_cifar10() != found_on_cifar10().to_json()


def test_equal_genotypes_are_one_element_of_a_set():
    known = Genotype("convolutional", found_on_cifar10().cells, {"reward": 1})

    assert len({found_on_cifar10(), known, with_normal(output=(2,))}) == 2


@pytest.mark.parametrize(
    "copied",
    [copy.copy, copy.deepcopy, lambda g: pickle.loads(pickle.dumps(g))],
    ids=["copy", "deepcopy", "pickle"],
)
def test_a_copy_is_equal_keeps_the_provenance_and_stays_immutable(copied):
    original = Genotype(
        "convolutional", found_on_cifar10().cells, {"reward": 0.5}
    )

    result = copied(original)

    assert result == original
    assert result.to_json() == original.to_json()
    assert dict(result.provenance) == {"reward": 0.5}
    with pytest.raises(TypeError):
        result.cells["normal"] = Cell((), ())


@pytest.mark.parametrize("cell_type", ["normal", "reduction"])
def test_another_operation_changes_fingerprint_and_equality(cell_type):
    choices = copy.deepcopy(CHOICES)
    choices[cell_type][1][3][1] = 6
    other = Genotype.from_choices(SPACE, choices)

    assert other != found_on_cifar10()
    assert other.fingerprint() != found_on_cifar10().fingerprint()


def test_cells_and_provenance_cannot_be_assigned_to():
    frozen = Genotype("convolutional", found_on_cifar10().cells, {"reward": 1})

    with pytest.raises(TypeError):
        frozen.cells["normal"] = Cell((), ())
    with pytest.raises(TypeError):
        frozen.provenance["reward"] = 2
    with pytest.raises(dataclasses.FrozenInstanceError):
        frozen.space = "recurrent"
    with pytest.raises(dataclasses.FrozenInstanceError):
        frozen.cells["normal"].output = (2,)


def test_a_genotype_copies_the_dictionary_of_its_cells():
    cells = dict(found_on_cifar10().cells)
    kept = Genotype("convolutional", cells)

    del cells["normal"]

    assert sorted(kept.cells) == ["normal", "reduction"]


MALFORMED = {
    "list at top": ("[]", "(top level): expected an object, found []"),
    "no version": (
        without("version"),
        "(top level): expected the key 'version', found ['cells', 'space']",
    ),
    "unknown key at top": (
        changed({}, "provenence"),
        "(top level): unknown key 'provenence', did you mean 'provenance'?",
    ),
    "later version": (changed(2, "version"), "version: expected 1, found 2"),
    "version as text": (
        changed("1", "version"),
        "version: expected 1, found '1'",
    ),
    "version true": (
        changed(True, "version"),
        "version: expected 1, found True",
    ),
    "version as fraction": (
        changed(1.0, "version"),
        "version: expected 1, found 1.0",
    ),
    "version not a number": (
        changed(float("nan"), "version"),
        "version: expected a finite number, found nan",
    ),
    "source infinite": (
        changed(float("-inf"), "cells", "normal", "nodes", 2, 0, "from"),
        "cells.normal.nodes[2][0].from: expected a finite number, found -inf",
    ),
    "reward not a number": (
        changed({"reward": float("nan")}, "provenance"),
        "provenance.reward: expected a finite number, found nan",
    ),
    "reward infinite": (
        changed({"reward": float("inf")}, "provenance"),
        "provenance.reward: expected a finite number, found inf",
    ),
    "reward too large": (
        changed({"reward": 0.5}, "provenance").replace("0.5", "1e999"),
        "provenance.reward: expected a finite number, found inf",
    ),
    "NaN at top": (
        "NaN",
        "(top level): expected a finite number, found nan",
    ),
    "key twice in an edge": (
        json.dumps(parsed()).replace('"from": 3', '"from": 3, "from": 2', 1),
        "cells.normal.nodes[2][1]: expected each key only once, found ['from']",
    ),
    "key twice at top": (
        json.dumps(parsed()).replace("{", '{"space": 1, "version": 1, ', 1),
        "(top level): expected each key only once, found ['space', 'version']",
    ),
    "cell type twice": (
        json.dumps(parsed()).replace('"reduction"', '"normal"'),
        "cells: expected each key only once, found ['normal']",
    ),
    "space as number": (
        changed(7, "space"),
        "space: expected a string, found 7",
    ),
    "cells as list": (
        changed([], "cells"),
        "cells: expected an object, found []",
    ),
    "no cells": (changed({}, "cells"), "cells: expected at least one cell"),
    "cell as text": (
        changed("x", "cells", "normal"),
        "cells.normal: expected an object, found 'x'",
    ),
    "no nodes": (
        without("cells", "reduction", "nodes"),
        "cells.reduction: expected the key 'nodes', found ['output']",
    ),
    "unknown key of cell": (
        changed([2], "cells", "normal", "outputs"),
        "cells.normal: unknown key 'outputs', did you mean 'output'?",
    ),
    "nodes as object": (
        changed({}, "cells", "normal", "nodes"),
        "cells.normal.nodes: expected a list of nodes, found {}",
    ),
    "empty nodes": (
        changed([], "cells", "normal", "nodes"),
        "cells.normal.nodes: expected at least one node, found []",
    ),
    "node as number": (
        changed(4, "cells", "normal", "nodes", 1),
        "cells.normal.nodes[1]: expected a list of edges, found 4",
    ),
    "empty node": (
        changed([], "cells", "normal", "nodes", 1),
        "cells.normal.nodes[1]: expected at least one edge, found []",
    ),
    "edge as list": (
        changed([0, "skip_connect"], "cells", "normal", "nodes", 1, 0),
        "cells.normal.nodes[1][0]: expected an object",
    ),
    "edge without source": (
        without("cells", "normal", "nodes", 0, 1, "from"),
        "cells.normal.nodes[0][1]: expected the key 'from', found ['op']",
    ),
    "unknown key of edge": (
        changed(3, "cells", "reduction", "nodes", 3, 1, "form"),
        "cells.reduction.nodes[3][1]: unknown key 'form', did you mean 'from'?",
    ),
    "source as text": (
        changed("0", "cells", "normal", "nodes", 2, 0, "from"),
        "cells.normal.nodes[2][0].from: expected a state's number, found '0'",
    ),
    "source true": (
        changed(True, "cells", "normal", "nodes", 2, 0, "from"),
        "cells.normal.nodes[2][0].from: expected a state's number, found True",
    ),
    "source as fraction": (
        changed(1.0, "cells", "normal", "nodes", 2, 0, "from"),
        "cells.normal.nodes[2][0].from: expected a state's number, found 1.0",
    ),
    "operation as number": (
        changed(3, "cells", "normal", "nodes", 2, 0, "op"),
        "cells.normal.nodes[2][0].op: expected an operation's name, found 3",
    ),
    "operation null": (
        changed(None, "cells", "normal", "nodes", 2, 0, "op"),
        "cells.normal.nodes[2][0].op: expected an operation's name, found None",
    ),
    "output as number": (
        changed(2, "cells", "normal", "output"),
        "cells.normal.output: expected a list of states, found 2",
    ),
    "empty output": (
        changed([], "cells", "normal", "output"),
        "cells.normal.output: expected at least one state, found []",
    ),
    "output true": (
        changed([2, True], "cells", "normal", "output"),
        "cells.normal.output[1]: expected the number of a state, found True",
    ),
    "provenance as list": (
        changed([], "provenance"),
        "provenance: expected an object, found []",
    ),
    "unknown key of provenance": (
        changed({"rewards": 1}, "provenance"),
        "provenance: unknown key 'rewards', did you mean 'reward'?",
    ),
    "reward as text": (
        changed({"reward": "1"}, "provenance"),
        "provenance.reward: expected int or float, found '1'",
    ),
    "reward true": (
        changed({"reward": True}, "provenance"),
        "provenance.reward: expected int or float, found True",
    ),
    "command as number": (
        changed({"command": 3}, "provenance"),
        "provenance.command: expected str, found 3",
    ),
}


@pytest.mark.parametrize(
    ("text", "message"), MALFORMED.values(), ids=MALFORMED.keys()
)
def test_malformed_json_is_refused_with_the_place(text, message):
    with pytest.raises(GenotypeError) as caught:
        Genotype.from_json(text, file="my.json")

    assert str(caught.value).startswith(f"my.json: {message}")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        found_on_cifar10().to_json() + "x",
        "[" * 100_000,
    ],
    ids=["empty", "truncated", "text after the end", "deeply nested"],
)
def test_text_that_is_not_json_is_refused(text):
    with pytest.raises(GenotypeError, match="^my.json: not JSON: "):
        Genotype.from_json(text, file="my.json")


@pytest.mark.parametrize("reward", [float("nan"), float("inf")])
def test_a_reward_that_json_cannot_express_is_not_written(reward):
    cells = found_on_cifar10().cells

    with pytest.raises(ValueError):
        Genotype("convolutional", cells, {"reward": reward}).to_json()


INVALID = {
    "other space": (
        Genotype("recurrent", found_on_cifar10().cells),
        "space: expected 'convolutional', found 'recurrent'",
    ),
    "cell type missing": (
        Genotype(
            "convolutional", {"normal": found_on_cifar10().cells["normal"]}
        ),
        "cells: expected ['normal', 'reduction'], found ['normal']",
    ),
    "node missing": (
        with_normal(nodes=found_on_cifar10().cells["normal"].nodes[:3]),
        "cells.normal.nodes: expected 4 nodes, found 3",
    ),
    "edge from the node itself": (
        with_node(1, (0, "skip_connect"), (3, "skip_connect")),
        "cells.normal.nodes[1]: expected 2 different sources in [0, 3), "
        "found [0, 3]",
    ),
    "edge from a negative state": (
        with_node(1, (-1, "skip_connect"), (0, "skip_connect")),
        "cells.normal.nodes[1]: expected 2 different sources in [0, 3), "
        "found [-1, 0]",
    ),
    "same source twice": (
        with_node(2, (1, "skip_connect"), (1, "max_pool_3x3")),
        "cells.normal.nodes[2]: expected 2 different sources in [0, 4), "
        "found [1, 1]",
    ),
    "three edges": (
        with_node(2, *((i, "skip_connect") for i in range(3))),
        "cells.normal.nodes[2]: expected 2 different sources in [0, 4), "
        "found [0, 1, 2]",
    ),
    "unknown operation": (
        with_node(2, (0, "sep_conv_3x3"), (1, "dil_convv_5x5")),
        "cells.normal.nodes[2][1].op: unknown operation 'dil_convv_5x5', "
        "did you mean 'dil_conv_5x5'?",
    ),
    "output without a node": (
        with_normal(output=(2, 3, 5)),
        "cells.normal.output: expected [2, 3, 4, 5], found [2, 3, 5]",
    ),
    "output with an input": (
        with_normal(output=(1, 2, 3, 4)),
        "cells.normal.output: expected [2, 3, 4, 5], found [1, 2, 3, 4]",
    ),
}


@pytest.mark.parametrize(
    ("invalid", "message"), INVALID.values(), ids=INVALID.keys()
)
@pytest.mark.parametrize("method", ["validate", "choices"])
def test_a_genotype_outside_of_the_space_is_refused_with_the_place(
    invalid, message, method
):
    with pytest.raises(GenotypeError) as caught:
        getattr(invalid, method)(SPACE)

    assert str(caught.value).startswith(message)


RECURRENT = recurrent.recurrent()
# Figure 8: the state that each node starts from, and its activation.
PTB_CHOICES = {
    "recurrent": (
        [[0], [1], [1], [2], [4], [3], [4], [7]],
        [[3], [0], [1], [0], [1], [1], [2], [0]],
    )
}


def test_choices_of_a_recurrent_space_name_the_cell_of_the_paper():
    found = Genotype.from_choices(RECURRENT, PTB_CHOICES)

    assert found == published.published("ednas_ptb")
    assert found.choices(RECURRENT) == PTB_CHOICES
    assert found.cells["recurrent"].output == tuple(range(1, 9))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("enas_rnn", "cells.recurrent.nodes: expected 8 nodes, found 11"),
        ("darts_v2", "space: expected 'recurrent', found 'convolutional'"),
    ],
)
def test_a_genotype_outside_of_the_recurrent_space_is_refused(name, message):
    with pytest.raises(GenotypeError) as caught:
        published.published(name).validate(RECURRENT)

    assert str(caught.value).startswith(message)


def test_a_recurrent_output_must_have_all_nodes_of_the_space():
    cell = published.published("ednas_ptb").cells["recurrent"]
    part = dataclasses.replace(cell, output=cell.output[:-1])

    with pytest.raises(GenotypeError, match=r"recurrent\.output: expected \[1"):
        Genotype("recurrent", {"recurrent": part}).validate(RECURRENT)


def test_its_text_has_a_line_for_each_node():
    found = found_on_cifar10()
    lines = str(found).splitlines()
    assert lines[0] == f"convolutional, fingerprint {found.fingerprint()}"
    assert lines[1] == "normal:"
    assert lines[5] == "  avg_pool_3x3 from 0, sep_conv_5x5 from 1"
    assert lines[6] == "  output: 2, 3, 4, 5"
    assert len(lines) == 1 + 2 * (1 + 4 + 1)
    assert repr(found) == (
        f"<Genotype {found.fingerprint()}: convolutional, normal and reduction>"
    )
