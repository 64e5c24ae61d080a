import math
import types

import pytest
import scipy.stats

from ednas_tf.analysis import agreement


def candidates(one, other):
    return [
        types.SimpleNamespace(reward=a, validation_reward=b)
        for a, b in zip(one, other, strict=True)
    ]


def test_the_same_order_agrees_and_the_opposite_disagrees():
    up = [0.1, 0.2, 0.3, 0.5, 0.9]
    found = agreement.agreement(candidates(up, up))
    assert found.correlation == pytest.approx(1)
    found = agreement.agreement(candidates(up, up[::-1]))
    assert found.correlation == pytest.approx(-1)
    assert -1 <= found.low <= found.high < -0.99


def test_ties_and_interval():
    one, other = [0.3, 0.3, 0.2, 0.4, 0.5, 0.1], [1, 2, 3, 4, 6, 5]
    found = agreement.agreement(candidates(one, other))
    expected = scipy.stats.spearmanr(one, other).statistic
    assert found.pairs == 6
    assert found.correlation == pytest.approx(expected)
    error = math.sqrt((1 + expected**2 / 2) / 3)
    assert found.low == pytest.approx(
        math.tanh(math.atanh(expected) - 1.959964 * error)
    )
    assert found.low < expected < found.high


def test_candidates_without_the_second_reward_do_not_count():
    given = candidates([1, 2, 3, 4], [None, 2, 3, 4])
    assert agreement.agreement(given) is None


def test_rewards_that_are_all_equal_have_no_rank():
    found = agreement.agreement(candidates([1, 1, 1, 1], [1, 2, 3, 4]))
    assert math.isnan(found.correlation) and (found.low, found.high) == (-1, 1)
