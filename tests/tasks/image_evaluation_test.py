import numpy as np
import pytest
import tensorflow as tf

from ednas_tf.tasks import image_evaluation, image_scores


def counted(labels, logits):
    found = image_evaluation.counts(tf.constant(labels), tf.constant(logits))
    return {name: value.numpy().tolist() for name, value in found.items()}


def test_images_are_counted_by_their_classes():
    logits = np.eye(3, dtype=np.float32)[[0, 1, 0, 2]]
    assert counted([0, 1, 1, 1], logits) == {
        "correct": 2,
        "images": 4,
        "images of classes": [1, 3, 0],
    }


def test_with_many_classes_five_guesses_are_counted_too():
    # Class 0 is the likeliest one, and class 10 the last.
    logits = np.tile(-np.arange(11, dtype=np.float32), (3, 1))
    found = counted([0, 4, 5], logits)
    assert (found["correct"], found["in top 5"]) == (1, 2)


def test_the_measures_of_an_evaluation():
    totals = {"correct": 6.0, "images": 8.0, "images of classes": [5.0, 3.0]}
    low, high = image_scores.wilson(6, 8)
    assert image_evaluation.metrics(totals) == {
        "accuracy": 0.75,
        "accuracy_low": low,
        "accuracy_high": high,
        "chance_accuracy": 0.625,
        "images": 8,
    }
    found = image_evaluation.metrics(totals | {"in top 5": 7.0})
    assert found["top_5_accuracy"] == 0.875


def test_what_is_not_finite_has_no_interval():
    totals = {"correct": np.nan, "images": 8.0, "images of classes": [8.0]}
    found = image_evaluation.metrics(totals)
    assert found["accuracy"] == pytest.approx(np.nan, nan_ok=True)
    assert "accuracy_low" not in found
