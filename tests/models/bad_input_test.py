"""Wrong arguments of `build` and `genotype`: one line each."""

import numpy as np
import pytest

import ednas_tf
from ednas_tf.space import published
from ednas_tf.space.genotype import Cell, Edge, Genotype

RIGHT = {"genotype": "darts_v2", "input_shape": (32, 32, 3), "classes": 10}
BAD_CELL = Cell(((Edge(7, "skip_connect"),),), (2,))
#: The arguments that are not right -> what the error says.
WRONG = [
    ({"genotype": "darts_v3"}, "genotype: expected a file or a published .*"
     "found 'darts_v3', did you mean 'darts_v[12]'"),
    ({"genotype": 3}, "genotype: expected a name, a path or a Genotype, found"),
    ({"genotype": None}, "genotype: expected a value, found None; give"),
    ({"genotype": "enas_rnn"}, "genotype: expected a convolutional .*found a "
     "recurrent one"),
    ({"genotype": Genotype("convolutional", {"normal": BAD_CELL})},
     r"cells.normal.nodes\[0\]"),
    ({"input_shape": (32, 32)}, "input_shape: expected three whole numbers"),
    ({"input_shape": (None, None, 3)}, r"found \(None, None, 3\); give the"),
    ({"input_shape": (32, 32.5, 3)}, "input_shape: expected"),
    ({"input_shape": 32}, "input_shape: expected"),
    ({"input_shape": (0, 32, 3)}, "input_shape: expected"),
    ({"input_shape": (3, 3, 3)}, "stem=cifar: expected images of at least 4 x 4"
     " pixels for this stem and 2 reductions, found 3 x 3"),
    ({"input_shape": (28, 28, 1), "auxiliary_weight": 0.4},
     "auxiliary_weight: expected images of at least 29 x 29"),
    ({"classes": None}, "classes: expected a value, found None"),
    ({"classes": 1}, "classes: expected 2 to 1000000 classes, found 1; give"),
    ({"classes": True}, "classes: expected 2 to"),
    ({"classes": 2.5}, "classes: expected 2 to"),
    ({"classes": "cats"}, "classes: expected 2 to .* classes, found 'cats'"),
    ({"classes": ["cat"]}, "classes: expected at least 2 different names"),
    ({"classes": ["cat", "cat"]}, "classes: expected at least 2 different"),
    ({"classes": ["cat", 3]}, "classes: expected at least 2 different names"),
    ({"cells": 2}, "cells: expected at least 3, found 2"),
    ({"channels": 2.5}, "channels: expected an integer, found 2.5"),
    ({"stem": "resnet"}, "stem: unknown value 'resnet'"),
    ({"mean": (0.5, 0.5)}, "mean: expected a number from 0 to 1, or one for"),
    ({"mean": float("nan")}, "mean: expected a number from 0 to 1"),
    ({"mean": "grey"}, "mean: expected a number from 0 to 1"),
    ({"mean": 120}, "mean: .* of pixels scaled to .0, 1., found 120"),
    ({"mean": (0.5, -0.1, 0.5)}, "mean: expected a number from 0 to 1"),
    ({"stddev": 0}, "stddev: expected a number above 0, at most 1"),
    ({"stddev": 60}, "stddev: expected a number above 0, at most 1"),
    ({"value_range": 255}, "value_range: expected the pixel values of black"),
    ({"value_range": (1, 0)}, "value_range: expected the pixel values"),
    ({"value_range": (0, 0)}, "give two numbers, the first below the second"),
    ({"freeze": True}, "freeze: expected False, .* pass the directory of"),
    ({"include_top": False}, "classes: expected none, because .* found 10"),
    ({"drop_path": 1.0}, "drop_path: expected less than 1, found 1.0"),
    ({"auxiliary_weight": -0.1}, "auxiliary_weight: expected at least 0"),
    ({"classes": None, "include_top": False, "auxiliary_weight": 0.4},
     "auxiliary_weight: expected 0, because"),
]  # fmt: skip


@pytest.mark.parametrize("changed, message", WRONG)
def test_a_wrong_argument_is_one_line(changed, message):
    with pytest.raises(ValueError, match=message) as caught:
        ednas_tf.build(**RIGHT | changed)
    assert "\n" not in str(caught.value)


def test_an_option_that_the_class_does_not_have():
    from ednas_tf import models

    with pytest.raises(ValueError, match="did you mean 'channels'"):
        models.ImageClassifier(**RIGHT, chanels=3)


def test_numbers_of_numpy_are_numbers():
    model = ednas_tf.build(
        "darts_v1",
        np.array([8, 8, 3]),
        np.int64(3),
        cells=3,
        channels=2,
        mean=np.array([0.5, 0.4, 0.3]),
        stddev=np.float32(0.25),
    )
    assert model.output_shape == (None, 3)
    assert model.options.mean == (0.5, 0.4, 0.3)
    assert model.class_names == ("0", "1", "2")


def test_genotypes_are_those_of_the_commands(tmp_path):
    for name in published.NAMES:
        assert ednas_tf.genotype(name) == published.published(name)
    file = tmp_path / "genotype.json"
    file.write_text(ednas_tf.genotype("darts_v2").to_json())
    assert ednas_tf.genotype(file) == ednas_tf.genotype("darts_v2")
    text = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|none~1|none~2|"
    assert ednas_tf.genotype(text).space == "nas_bench_201"
    with pytest.raises(ValueError, match="^genotype: "):
        ednas_tf.genotype("|nor_conv_3x3~0|+|none~7|")


def test_a_name_that_the_package_does_not_have():
    with pytest.raises(AttributeError, match="has no attribute 'biuld'"):
        ednas_tf.biuld  # noqa: B018
    assert set(dir(ednas_tf)) == {*ednas_tf.__all__, "__version__"}
    assert {"build", "find", "genotype", "load"} < set(ednas_tf.__all__)
