import math

import pytest

from ednas_tf import errors
from ednas_tf.client import predictions

GOOD = {
    "probabilities": [[0.25, 0.75, 0.0], [0.5, 0.0, 0.5]],
    "classes": [1, 2],
    "labels": ["b", b"c"],
}


def misfit(images=2, **outputs):
    with pytest.raises(predictions.Misfit) as caught:
        predictions.checked(GOOD | outputs, images)
    return str(caught.value)


def test_the_model_names_the_first_only():
    assert predictions.lines(GOOD, 2, 2, None) == [
        "b 0.7500, class 0 0.2500",
        "c 0.5000, class 0 0.5000",
    ]


def test_names_of_all_classes_and_fewer_than_asked_for(tmp_path):
    file = tmp_path / "labels.txt"
    file.write_text("a\nb\u2028\nc\n")
    names = predictions.read_names(file)
    assert names == ["a", "b\u2028", "c"]
    one, two = predictions.checked(GOOD | {"labels": ["b\u2028", "c"]}, 2)
    assert predictions.best(one, 9, names) == [
        ("b\u2028", 0.75),
        ("a", 0.25),
        ("c", 0.0),
    ]
    assert predictions.best(two, 1, names) == [("c", 0.5)]


def test_names_of_other_classes(tmp_path):
    one, _ = predictions.checked(GOOD, 2)
    with pytest.raises(predictions.Misfit) as caught:
        predictions.best(one, 3, ["a", "b"])
    assert str(caught.value) == "expected 2 classes, as --labels names, found 3"
    with pytest.raises(predictions.Misfit) as caught:
        predictions.best(one, 3, ["a", "c", "b"])
    assert str(caught.value) == (
        "expected class 1 to be 'c', as in --labels, found 'b'"
    )


def test_a_file_of_names_that_is_none(tmp_path):
    with pytest.raises(errors.RequestError, match="cannot be read: Is a dir"):
        predictions.read_names(tmp_path)


def test_missing_outputs():
    with pytest.raises(predictions.Misfit) as caught:
        predictions.checked({"probabilities": [[1.0]], "output_0": []}, 1)
    assert str(caught.value) == (
        "expected the outputs probabilities, classes, labels, found "
        "['output_0', 'probabilities']"
    )


@pytest.mark.parametrize("name", predictions.OUTPUTS)
def test_other_lengths(name):
    expected = f"{name}: expected one for each of 2 images, found "
    assert misfit(**{name: GOOD[name][:1]}) == expected + "1"
    assert misfit(**{name: 0.5}) == expected + "0.5"
    assert misfit(**{name: None}) == expected + "None"


@pytest.mark.parametrize(
    "name, value, message",
    [
        ("probabilities", 0.5, "expected lists of numbers, found 0.5"),
        ("probabilities", [], "expected lists of numbers, found []"),
        ("probabilities", [0.0, "1", 0.0], "expected numbers from 0 to 1, fou"),
        ("probabilities", [0.0, math.nan, 0.0], "expected numbers from 0 to 1"),
        ("probabilities", [0.0, 1.1, 0.0], "expected numbers from 0 to 1, fou"),
        ("probabilities", [-0.1, 1.0, 0.0], "expected numbers from 0 to 1, fo"),
        (
            "probabilities",
            [0.0, 0.0, 0.5, 0.5],
            "expected 3 for each image, as for the first, found 4",
        ),
        ("classes", 3, "expected numbers from 0 to 2, found 3"),
        ("classes", -1, "expected numbers from 0 to 2, found -1"),
        ("classes", 1.0, "expected numbers from 0 to 2, found 1.0"),
        ("classes", True, "expected numbers from 0 to 2, found True"),
        (
            "classes",
            1,
            "expected the most probable one, found 1 with probability 0.0000 "
            "where another has 0.5000",
        ),
        ("labels", 7, "expected texts, found 7"),
    ],
)
def test_other_values(name, value, message):
    outputs = {name: [GOOD[name][0], value]}
    assert misfit(**outputs).startswith(f"{name}: {message}")
