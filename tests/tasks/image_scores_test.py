import math

import numpy as np
import pytest
import tensorflow as tf

from ednas_tf.tasks import image_scores

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


def test_images_with_their_class_among_five():
    logits = tf.range(12.0)[tf.newaxis] * tf.ones([3, 1])
    labels = tf.constant([6, 7, 11])
    assert float(image_scores.num_in_top_5(labels, logits)) == 2


def test_few_validation_images(capsys):
    image_scores.warn_of_few(100)
    assert capsys.readouterr().err == ""
    image_scores.warn_of_few(64)
    assert capsys.readouterr().err == (
        "warning: data.validation_images: 64 images give an accuracy to 0.06 "
        "only, by which architectures can hardly be told apart; 100 or more "
        "are needed\n"
    )
