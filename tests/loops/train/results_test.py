"""Results of a training in words."""

import pytest

from ednas_tf import tasks
from ednas_tf.loops.train import results

FOUND = {
    **dict(test_accuracy=0.1, test_accuracy_low=0.05, test_accuracy_high=0.18),
    "test_images": 120,
}


@pytest.mark.parametrize(
    "chance, words",
    [
        (0.1, ", no better than chance (0.1000)"),
        (0.18, ", no better than chance (0.1800)"),
        (0.04, ""),
        (None, ""),
    ],
)
def test_an_interval_that_includes_chance_is_told(chance, words):
    kind = tasks.kind("image_classification")
    found = FOUND | {"test_chance_accuracy": chance}
    assert results.test_text(found, kind) == (
        f"0.1000 (95 % interval 0.0500 to 0.1800) on 120 images{words}"
    )
