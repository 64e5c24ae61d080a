from collections import Counter

import numpy as np
import tensorflow as tf

from ednas_tf.data import draws

STEP = tf.constant(5, tf.int64)


def test_pixels_are_drawn_uniformly():
    pixels = draws.pixels(1, STEP, [2, 6000], height=3, width=4).numpy()
    assert pixels.shape == (2, 6000, 2)
    found = Counter(map(tuple, pixels.reshape(-1, 2).tolist()))
    assert set(found) == {(y, x) for y in range(3) for x in range(4)}
    chi_square = sum((n - 1000) ** 2 / 1000 for n in found.values())
    assert chi_square < 31.3  # 0.1 % of true random draws exceed it.


def test_fractions_are_uniform_and_independent_across_steps_and_seeds():
    many = [
        draws.fractions(seed, tf.constant(step, tf.int64), [10_000]).numpy()
        for seed, step in [(0, 0), (0, 1), (1, 0)]
    ]
    assert np.min(many) >= 0 and np.max(many) < 1
    # Standard errors: 0.003 for a mean, 0.01 for a correlation.
    np.testing.assert_allclose(np.mean(many, axis=1), 0.5, atol=0.015)
    assert abs(np.corrcoef(many) - np.eye(3)).max() < 0.05


def test_different_draws_of_one_step_are_uncorrelated():
    rows = draws.offsets(1, STEP, [10_000], most=30)[:, 0].numpy()
    flips = draws.flips(1, STEP, [10_000]).numpy()
    centres = draws.pixels(1, STEP, [10_000], 32, 32)[:, 0].numpy()
    fractions = draws.fractions(1, STEP, [10_000]).numpy()
    correlation = np.corrcoef([rows, flips, centres, fractions])
    assert abs(correlation - np.eye(4)).max() < 0.05


def test_changes_of_colour_go_both_ways_and_differ():
    found = draws.colours(1, STEP, [2, 5_000]).numpy()
    assert found.shape == (2, 5_000, 3)
    assert found.min() >= -1 and found.max() < 1
    # Standard errors: 0.006 for a mean, 0.01 for a correlation.
    np.testing.assert_allclose(found.mean((0, 1)), 0, atol=0.03)
    rows = found.reshape(-1, 3).T
    np.testing.assert_allclose(rows.std(axis=1), 3**-0.5, atol=0.02)
    assert abs(np.corrcoef(rows) - np.eye(3)).max() < 0.05
