import math

import numpy as np
import pytest
import tensorflow as tf

from ednas_tf.tasks import image_scores
from tests import printed

LOGITS = np.log(np.array([[0.5, 0.25, 0.25], [0.1, 0.1, 0.8]], np.float32))
LABELS = tf.constant([0, 1])


def test_cross_entropy_is_summed_over_the_images():
    found = float(image_scores.cross_entropy(LABELS, LOGITS))
    assert found == pytest.approx(-math.log(0.5) - math.log(0.1), rel=1e-5)


def test_smoothed_labels():
    found = float(image_scores.cross_entropy(LABELS, LOGITS, smoothing=0.3))
    own = LOGITS[0, 0] + LOGITS[1, 1]
    assert found == pytest.approx(-0.7 * own - 0.1 * LOGITS.sum(), rel=1e-5)


def test_images_in_their_class():
    assert float(image_scores.num_correct(LABELS, LOGITS)) == 1
    assert math.isnan(image_scores.num_correct(LABELS, LOGITS * math.nan))


def test_balanced_accuracy_is_the_mean_of_the_classes_accuracies():
    # Of class 0 three of four, of class 1 none of one, of class 2 none at all.
    found = tf.constant([0, 0, 0, 1, 0])
    labels = tf.constant([0, 0, 0, 0, 1])
    logits = tf.one_hot(found, 3)
    counts = image_scores.correct_of_classes(labels, logits)
    assert counts.numpy().tolist() == [3, 0, 0, 4, 1, 0]
    balanced = float(image_scores.balanced_accuracy(counts))
    assert balanced == pytest.approx((3 / 4 + 0) / 2)


def test_counts_of_replicas_add_up_to_the_balanced_accuracy_of_all():
    generator = np.random.default_rng(0)
    labels = generator.choice(5, 64, p=[0.6, 0.2, 0.1, 0.06, 0.04])
    logits = generator.normal(size=[64, 5]).astype(np.float32)
    labels = labels.astype(np.int32)
    parts = [
        image_scores.correct_of_classes(
            labels[i : i + 16], tf.constant(logits[i : i + 16])
        )
        for i in range(0, 64, 16)
    ]
    found = float(image_scores.balanced_accuracy(sum(parts)))
    mean = float(image_scores.balanced_accuracy(sum(parts) / 100))
    assert mean == pytest.approx(found)
    correct = logits.argmax(1) == labels
    expected = np.mean([correct[labels == c].mean() for c in range(5)])
    assert found == pytest.approx(expected, rel=1e-6)
    means = [float(image_scores.balanced_accuracy(part)) for part in parts]
    assert np.mean(means) != pytest.approx(expected, rel=1e-3)


def test_no_balanced_accuracy_where_a_logit_is_not_finite():
    counts = image_scores.correct_of_classes(LABELS, LOGITS * math.nan)
    assert math.isnan(image_scores.balanced_accuracy(counts))


def test_images_with_their_class_among_five():
    logits = tf.range(12.0)[tf.newaxis] * tf.ones([3, 1])
    labels = tf.constant([6, 7, 11])
    assert float(image_scores.num_in_top_5(labels, logits)) == 2


def test_few_validation_images(capsys):
    image_scores.warn_of_few(100)
    assert capsys.readouterr().err == ""
    image_scores.warn_of_few(64)
    assert printed.unbroken(capsys.readouterr().err) == (
        "warning: data.validation_images: 64 images cannot tell architectures "
        "apart: an accuracy on them has a standard error of up to 0.06; use "
        "at least 100 images\n"
    )


def test_few_training_images():
    assert image_scores.few_images(480) == (
        "480 training images are few for a search: a pretrained network that "
        "is fine-tuned is usually more accurate; docs/data.md has a recipe "
        '("Is a search the right tool?")'
    )


@pytest.mark.parametrize(
    "correct, images, low, high",
    [
        # As in Newcombe (1998), "Two-sided confidence intervals for the single
        # proportion", table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (20, 20, 0.8389, 1.0),
    ],
)
def test_the_interval_of_an_accuracy(correct, images, low, high):
    found = image_scores.wilson(correct, images)
    assert found == pytest.approx((low, high), abs=5e-5)
