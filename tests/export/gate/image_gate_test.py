import types

import numpy as np
import pytest

from ednas_tf import errors
from ednas_tf.data.images import image_data
from ednas_tf.export import litert
from ednas_tf.export.gate import image_gate

NAMES = ("ant", "bee", "cat")
#: 100 images of the class ant, 90 of which the network classifies correctly.
SURE, WRONG = (0.8, 0.15, 0.05), (0.1, 0.8, 0.1)
EXPECTED = image_gate.Reference(
    np.zeros((100, 8, 8, 1), np.uint8),
    np.zeros(100, np.int32),
    NAMES,
    np.array([SURE] * 90 + [WRONG] * 10, np.float32),
)


def test_chosen_images_are_spread_over_the_test_set():
    images = np.arange(50, dtype=np.uint8).reshape([50, 1, 1, 1])
    split = image_data.Split(images, np.arange(50, dtype=np.int32) // 5)
    data = types.SimpleNamespace(test=split)
    chosen = image_gate.chosen(data, 10)
    assert chosen.images[:, 0, 0, 0].tolist() == [
        *(0, 5, 11, 16, 22, 27, 33, 38, 44, 49),
    ]
    assert len(image_gate.chosen(data, 51)) == 50


def outputs(**changes):
    """The outputs of a good export; `encoded` has the first 50 images only."""
    probabilities = EXPECTED.probabilities
    classes = probabilities.argmax(-1)
    good = {
        "serving_default/probabilities": probabilities + 1e-6,
        "serving_default/classes": classes,
        "serving_default/labels": np.array([b"ant"] * 90 + [b"bee"] * 10),
        "encoded/probabilities": probabilities[:50],
        "encoded/classes": classes[:50],
        "encoded/labels": np.array([b"ant"] * 50),
    }
    return good | changes


def test_the_results_for_a_good_export():
    found = image_gate.judge(
        outputs() | {f"{litert.INT8_FILE}/probabilities": correct(89)}, EXPECTED
    )
    differences = found.pop("largest_difference")
    assert found == {
        "images": 100,
        "accuracy": 0.9,
        "int8_accuracy": 0.89,
    }
    assert differences["serving_default"] == pytest.approx(1e-6, rel=0.1)
    assert differences["encoded"] == 0
    assert len(differences) == 2


def correct(count):
    """8-bit probabilities, of which `count` are right and none is equal."""
    return np.array([(0.9, 0.1, 0)] * count + [(0, 0.9, 0.1)] * (100 - count))


@pytest.mark.parametrize("difference", [2e-4, np.nan])
def test_wrong_probabilities_are_refused(difference):
    wrong = EXPECTED.probabilities.copy()
    wrong[40, 1] += difference
    for form in ("encoded", "model.tflite", "model.onnx", "saved_model_cli"):
        name = f"{form}/probabilities"
        with pytest.raises(
            errors.RunError, match=f"{form} disagrees .* on 100 test images"
        ):
            image_gate.judge(outputs() | {name: wrong}, EXPECTED)


def test_a_wrong_class_is_refused():
    classes = EXPECTED.probabilities.argmax(-1)
    classes[7] = 1
    with pytest.raises(errors.RunError, match="image 7: class 1, expected 0"):
        image_gate.judge(
            outputs() | {"serving_default/classes": classes}, EXPECTED
        )


def test_either_class_of_equal_probabilities_is_accepted():
    equal = image_gate.Reference(
        EXPECTED.images,
        EXPECTED.labels,
        NAMES,
        np.full((100, 3), 1 / 3, np.float32),
    )
    found = outputs()
    for form, count in (("serving_default", 100), ("encoded", 50)):
        found[f"{form}/probabilities"] = equal.probabilities[:count]
    assert image_gate.judge(found, equal)["accuracy"] == 1


def test_a_wrong_label_is_refused():
    labels = np.array([b"ant"] * 49 + [b"bee"])
    with pytest.raises(errors.RunError, match="encoded gives the labels"):
        image_gate.judge(outputs() | {"encoded/labels": labels}, EXPECTED)


def test_8_bits_may_lose_at_most_a_point_of_accuracy():
    name = f"{litert.INT8_FILE}/probabilities"
    for count in (95, 90, 89):
        found = image_gate.judge(outputs() | {name: correct(count)}, EXPECTED)
        assert found["int8_accuracy"] == count / 100
    with pytest.raises(
        errors.RunError, match="below the network's 0.9000, found 0.8800"
    ):
        image_gate.judge(outputs() | {name: correct(88)}, EXPECTED)
