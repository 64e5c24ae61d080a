import json
import pathlib

import pytest

from ednas_tf import errors
from ednas_tf.space import convolutional, published, reading, recurrent, spaces
from ednas_tf.space.genotype import Genotype, GenotypeError

CONVOLUTIONAL = (*convolutional.OPS, "sep_conv_7x7", "conv_7x1_1x7")
OPS = {
    "convolutional": CONVOLUTIONAL,
    "recurrent": recurrent.OPS,
}.__getitem__

DARTS_TEXT = (
    "Genotype(normal=[('sep_conv_3x3', 1), ('skip_connect', 0)], "
    "normal_concat=range(2, 3), reduce=[('max_pool_3x3', 1), "
    "('max_pool_3x3', 1)], reduce_concat=[2])"
)
NNI_TEXT = json.dumps(
    {
        "normal_n2_p0": "skipconnect",
        "normal_n2_p1": "sepconv3x3",
        "normal_n2_switch": ["normal_n2_p1", "normal_n2_p0"],
        "reduce_n2_p0": [],
        "reduce_n2_p1": "maxpool",
        "reduce_n2_switch": [1, 1],
    }
)
JSON_TEXT = json.dumps(
    {
        "version": 1,
        "space": "convolutional",
        "cells": {
            "normal": {
                "nodes": [
                    [
                        {"from": 0, "op": "skip_connect"},
                        {"from": 1, "op": "sep_conv_3x3"},
                    ]
                ],
                "output": [2],
            },
            "reduction": {
                "nodes": [[{"from": 1, "op": "max_pool_3x3"}] * 2],
                "output": [2],
            },
        },
    }
)

RECURRENT_TEXT = "Genotype(recurrent=[('relu', 0), ('tanh', 0)], concat=[2])"
RECURRENT_JSON = json.dumps(
    {
        "version": 1,
        "space": "recurrent",
        "cells": {
            "recurrent": {
                "nodes": [
                    [{"from": 0, "op": "relu"}],
                    [{"from": 0, "op": "tanh"}],
                ],
                "output": [2],
            }
        },
    }
)


def read(text, folder, name="mine.txt"):
    (folder / name).write_text(text)
    return reading.read(name, OPS, folder)


@pytest.mark.parametrize("name", published.NAMES)
def test_a_published_name(name, tmp_path):
    assert reading.read(name, OPS, tmp_path) == published.published(name)


@pytest.mark.parametrize("name", ["mine.json", "mine.txt", "mine.py", "mine"])
@pytest.mark.parametrize("text", [DARTS_TEXT, NNI_TEXT, JSON_TEXT])
def test_the_format_is_recognised_by_the_text(text, name, tmp_path):
    assert read(text, tmp_path, name) == Genotype.from_json(JSON_TEXT)


@pytest.mark.parametrize("text", [RECURRENT_TEXT, RECURRENT_JSON])
def test_a_file_of_a_recurrent_cell(text, tmp_path):
    assert read(text, tmp_path) == Genotype.from_json(RECURRENT_JSON)


def test_a_published_name_precedes_a_file_name_but_not_a_path(tmp_path):
    (tmp_path / "darts_v1").write_text(JSON_TEXT)

    by_name = reading.read("darts_v1", OPS, tmp_path)
    by_path = reading.read("./darts_v1", OPS, tmp_path)

    assert by_name == published.published("darts_v1")
    assert by_path == Genotype.from_json(JSON_TEXT)


def test_an_absolute_path_ignores_the_folder(tmp_path):
    file = tmp_path / "mine.json"
    file.write_text(JSON_TEXT)

    found = reading.read(str(file), OPS, pathlib.Path("elsewhere"))

    assert found == Genotype.from_json(JSON_TEXT)


@pytest.mark.parametrize(
    ("name_or_path", "guess"),
    [
        ("darts_v3", "'darts_v3', did you mean 'darts_v2'?"),
        ("DARTS_V1", "'DARTS_V1', did you mean 'darts_v1'?"),
        ("NASNet-A", "'NASNet-A', did you mean 'nasnet_a'?"),
        ("amoebanet", "'amoebanet', did you mean 'amoebanet_a'?"),
        ("runs/mine/1", "'runs/mine/1'"),
    ],
)
def test_neither_a_name_nor_a_file_is_refused(name_or_path, guess, tmp_path):
    with pytest.raises(errors.RequestError) as caught:
        reading.read(name_or_path, OPS, tmp_path)

    assert str(caught.value) == (
        "--genotype: expected a file or a published architecture, found "
        f"{guess} (one of: amoebanet_a, darts_v1, darts_v1_rnn, darts_v2, "
        "darts_v2_rnn, ednas_cifar10, ednas_imagenet, ednas_ptb, enas_rnn, "
        "nasnet_a)"
    )


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(errors.RequestError, match="mine: cannot be read: Is a"):
        (tmp_path / "mine").mkdir()
        reading.read("mine", OPS, tmp_path)


def test_one_genotype_of_a_module(tmp_path):
    other = DARTS_TEXT.replace("skip_connect", "avg_pool_3x3")
    file = tmp_path / "a:b.py"
    file.write_text(f"A = {DARTS_TEXT}\nB = {other}\n")
    first, second = (
        reading.read(f"a:b.py:{name}", OPS, tmp_path) for name in "AB"
    )
    assert first != second
    assert first == reading.read_file(file, OPS, "A")
    with pytest.raises(GenotypeError, match="a:b.py: expected one genotype, f"):
        reading.read("a:b.py", OPS, tmp_path)
    with pytest.raises(GenotypeError, match="with the name 'C', found 2"):
        reading.read("a:b.py:C", OPS, tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not JSON: Expecting property name"),
        ("from x import y", "line 1 column 1: expected Genotype(...), found "),
        ("# mine", "line 1 column 7: expected Genotype(...), found the end"),
        (
            DARTS_TEXT.replace("skip", "no"),
            "normal[1]: unknown operation 'no_connect', ",
        ),
        (
            DARTS_TEXT.replace("[2]", "[2, 2]"),
            "cells.reduction.output: expected different states, found [2, 2]",
        ),
        (
            DARTS_TEXT.replace("[2]", "[]"),
            "cells.reduction.output: expected at least one state, found []",
        ),
        (
            DARTS_TEXT.replace(
                "('skip_connect', 0)", "('skip_connect', 0), " * 35
            ),
            "cells.normal.nodes: expected at most 16 nodes, found 18",
        ),
        (
            NNI_TEXT.replace("[1, 1]", "[]"),
            "cells.reduction.nodes[0]: expected at least one edge, found ()",
        ),
        (
            NNI_TEXT.replace("sepconv3x3", "sepconv"),
            "normal_n2_p1: unknown operation 'sepconv', did you mean ",
        ),
        (
            JSON_TEXT.replace("convolutional", "convolution"),
            "space: unknown space 'convolution', did you mean "
            "'convolutional'? (one of: convolutional, ",
        ),
        (
            JSON_TEXT.replace("convolutional", "recurrent"),
            "cells: unknown cell type 'normal' (one of: recurrent)",
        ),
        (
            RECURRENT_JSON.replace('"recurrent", "cells"', '"other", "cells"'),
            "space: unknown space 'other' (one of: convolutional, ",
        ),
        (
            RECURRENT_JSON.replace("tanh", "skip_connect"),
            "cells.recurrent.nodes[1][0].op: unknown operation "
            "'skip_connect' (one of: identity, relu, sigmoid, tanh)",
        ),
        (
            RECURRENT_TEXT.replace("[2]", "[2, 2]"),
            "cells.recurrent.output: expected different states, found [2, 2]",
        ),
        (
            JSON_TEXT.replace("skip_connect", "tanh"),
            "cells.normal.nodes[0][0].op: unknown operation 'tanh' (",
        ),
        (
            JSON_TEXT.replace("skip_connect", "none"),
            "cells.normal.nodes[0][0].op: unknown operation 'none' (",
        ),
        (
            JSON_TEXT.replace('"reduction"', '"reduce"'),
            "cells: unknown cell type 'reduce', did you mean 'reduction'? ",
        ),
    ],
)
def test_invalid_files_are_refused_with_file_and_place(text, message, tmp_path):
    with pytest.raises(GenotypeError) as caught:
        read(text, tmp_path)

    assert str(caught.value).startswith(f"{tmp_path / 'mine.txt'}: {message}")


def test_a_genotype_without_a_cell_type_is_refused(tmp_path):
    parsed = json.loads(JSON_TEXT)
    del parsed["cells"]["reduction"]

    with pytest.raises(
        GenotypeError, match=r"cells: expected \['normal', 'reduction'\], found"
    ):
        read(json.dumps(parsed), tmp_path)


def test_an_architecture_of_the_right_family_is_accepted():
    for space in spaces.names():
        for name in published.names(space):
            reading.check_family(published.published(name), space, "it is")


@pytest.mark.parametrize(
    ("name", "space", "message"),
    [
        (
            "ednas_ptb",
            "convolutional",
            "--genotype: expected a convolutional architecture, because it is "
            "so, found a recurrent one (published: amoebanet_a, darts_v1, "
            "darts_v2, ednas_cifar10, ednas_imagenet, nasnet_a)",
        ),
        (
            "darts_v2",
            "recurrent",
            "--genotype: expected a recurrent architecture, because it is so, "
            "found a convolutional one (published: darts_v1_rnn, "
            "darts_v2_rnn, ednas_ptb, enas_rnn)",
        ),
    ],
)
def test_an_architecture_of_another_family_is_refused(name, space, message):
    with pytest.raises(errors.RequestError) as caught:
        reading.check_family(published.published(name), space, "it is so")

    assert str(caught.value) == message
