"""Norms over several replicas' moments compute what the fused kernel does."""

import numpy as np
import tensorflow as tf

from ednas_tf.nets import batch_norm


def _halves(seed):
    x = np.random.default_rng(seed).normal(1.0, 2.0, [6, 5, 3, 4])
    return tf.split(tf.constant(x, tf.float32), 2)


def test_two_halves_are_normalised_as_the_whole():
    halves = _halves(0)
    moments = tf.add_n([batch_norm.moments(x) for x in halves]) / 2
    found = [batch_norm.normalize(x, moments) for x in halves]
    expected, _ = batch_norm.forward(tf.concat(halves, 0))
    np.testing.assert_allclose(tf.concat(found, 0), expected, atol=1e-5)


def test_two_halves_have_the_gradient_of_the_whole():
    halves, dys = _halves(0), _halves(1)
    moments = tf.add_n([batch_norm.moments(x) for x in halves]) / 2
    begun, means = zip(
        *(
            batch_norm.begin_gradient(dy, x, moments)
            for dy, x in zip(dys, halves, strict=True)
        ),
        strict=True,
    )
    means = tf.add_n(means) / 2
    found = [
        batch_norm.end_gradient(part, x, moments, means)
        for part, x in zip(begun, halves, strict=True)
    ]
    x = tf.concat(halves, 0)
    _, saved = batch_norm.forward(x)
    expected = batch_norm.backward(tf.concat(dys, 0), x, saved)
    np.testing.assert_allclose(tf.concat(found, 0), expected, atol=1e-5)


def test_a_training_call_moves_the_statistics_by_a_tenth():
    layer = batch_norm.BatchNorm()
    x = tf.reshape([0.0, 2.0], [2, 1, 1, 1])
    layer(x, training=True)
    # The mean of the batch is 1, and its unbiased variance is 2.
    np.testing.assert_allclose(layer.moving_mean, [0.1], rtol=1e-6)
    np.testing.assert_allclose(layer.moving_variance, [1.1], rtol=1e-6)
    layer(x, training=False)
    np.testing.assert_allclose(layer.moving_mean, [0.1], rtol=1e-6)
