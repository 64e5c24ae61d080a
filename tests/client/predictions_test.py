import math

import pytest

from ednas_tf import errors
from ednas_tf.client import predictions

GOOD = {
    "probabilities": [[0.25, 0.75, 0.0], [0.5, 0.0, 0.5]],
    "classes": [1, 2],
    "labels": ["b", b"c"],
}


def mismatch(images=2, **outputs):
    with pytest.raises(predictions.OutputMismatchError) as caught:
        predictions.checked(GOOD | outputs, images)
    return str(caught.value)


def test_without_labels_only_the_best_class_has_its_name():
    assert predictions.lines(GOOD, 2, 2, None) == [
        "class b: 75.0 %, class 0: 25.0 %",
        "class c: 50.0 %, class 0: 50.0 %",
    ]


def test_labels_name_all_classes(tmp_path):
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


def test_labels_of_another_model_are_refused(tmp_path):
    one, _ = predictions.checked(GOOD, 2)
    with pytest.raises(predictions.OutputMismatchError) as caught:
        predictions.best(one, 3, ["a", "b"])
    assert str(caught.value) == "expected 2 classes as in --labels, found 3"
    with pytest.raises(predictions.OutputMismatchError) as caught:
        predictions.best(one, 3, ["a", "c", "b"])
    assert str(caught.value) == (
        "expected class 1 to be 'c', as in --labels, found 'b'"
    )


def test_a_folder_as_labels_is_refused(tmp_path):
    with pytest.raises(errors.RequestError, match="cannot be read: Is a dir"):
        predictions.read_names(tmp_path)


def test_missing_outputs_are_refused():
    with pytest.raises(predictions.OutputMismatchError) as caught:
        predictions.checked({"probabilities": [[1.0]], "output_0": []}, 1)
    assert str(caught.value) == (
        "expected the outputs probabilities, classes, labels, found "
        "['output_0', 'probabilities']"
    )


@pytest.mark.parametrize("name", predictions.OUTPUTS)
def test_outputs_of_the_wrong_length_are_refused(name):
    expected = f"{name}: expected one per image for 2 images, found "
    assert mismatch(**{name: GOOD[name][:1]}) == expected + "1"
    assert mismatch(**{name: 0.5}) == expected + "0.5"
    assert mismatch(**{name: None}) == expected + "None"


@pytest.mark.parametrize(
    "name, value, message",
    [
        ("probabilities", 0.5, "expected lists of numbers, found 0.5"),
        ("probabilities", [], "expected lists of numbers, found []"),
        ("probabilities", [0.0, "1", 0.0], "expected numbers from 0 to 1, fou"),
        ("probabilities", [0.0, math.nan, 0.0], "expected numbers from 0 to 1"),
        ("probabilities", [0.0, 1.1, 0.0], "expected numbers from 0 to 1, fou"),
        ("probabilities", [-0.1, 1.0, 0.0], "expected numbers from 0 to 1, fo"),
        ("probabilities", [10**400, 0.0, 0.0], "expected numbers from 0 to 1,"),
        ("probabilities", [-(10**9999), 0.0], "expected numbers from 0 to 1, "),
        ("probabilities", [True, 0.0, 0.0], "expected numbers from 0 to 1, fo"),
        ("probabilities", [[0.5], 0.5, 0.0], "expected numbers from 0 to 1, f"),
        (
            "probabilities",
            [0.0, 0.0, 0.5, 0.5],
            "expected 3 per image, as for the first image, found 4",
        ),
        ("classes", 3, "expected numbers from 0 to 2, found 3"),
        ("classes", -1, "expected numbers from 0 to 2, found -1"),
        ("classes", 1.0, "expected numbers from 0 to 2, found 1.0"),
        ("classes", 10**999, "expected numbers from 0 to 2, found 10000"),
        ("classes", [1], "expected numbers from 0 to 2, found [1]"),
        ("classes", True, "expected numbers from 0 to 2, found True"),
        (
            "classes",
            1,
            "expected the most probable class, found 1 with probability "
            "0.0000, but another has 0.5000",
        ),
        ("labels", 7, "expected texts, found 7"),
    ],
)
def test_wrong_values_are_refused(name, value, message):
    outputs = {name: [GOOD[name][0], value]}
    assert mismatch(**outputs).startswith(f"{name}: {message}")
