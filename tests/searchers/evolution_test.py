import numpy as np
import pytest
import tensorflow as tf

from ednas_tf import errors, searchers
from ednas_tf.searchers.ageing_population import AgeingPopulation
from ednas_tf.settings import resolve
from ednas_tf.space import spaces

SPACE = spaces.default("nas_bench_201")


def architecture(searcher, op):
    """One with the same operation on all edges."""
    return searcher.genes.decode(tf.constant([0] * 3 + [op] * 6, tf.int64))


def judge(searcher, *pairs):
    """Reports rewards of architectures with one operation each."""
    judged = [architecture(searcher, op) for op, _ in pairs]
    rewards = tf.constant([reward for _, reward in pairs], tf.float32)
    assert searcher.update(judged, rewards, comparable=True) == {}


def ops(proposed):
    return proposed["normal"].ops.numpy().tolist()


def test_the_oldest_member_makes_room_for_a_new_one():
    searcher = AgeingPopulation(SPACE, population=3, sample=2)
    judge(searcher, (0, 0.9), (1, 0.2), (2, 0.3))
    judge(searcher, (3, 0.1))
    assert searcher.members.numpy()[:, -1].tolist() == [3, 1, 2]
    np.testing.assert_allclose(searcher.rewards, [0.1, 0.2, 0.3])
    judge(searcher, (4, 0.5), (4, 0.6))
    assert searcher.members.numpy()[:, -1].tolist() == [3, 4, 4]
    assert int(searcher.judged) == 6


def test_it_draws_at_random_until_the_population_is_complete():
    searcher = AgeingPopulation(SPACE, population=3, sample=3)
    judge(searcher, (3, 0.9), (3, 0.9))
    far = [
        sum(op != 3 for op in ops(searcher.propose([i, 0]))) for i in range(9)
    ]
    assert max(far) > 1


def test_a_proposal_is_the_best_of_the_sample_with_one_change():
    searcher = AgeingPopulation(SPACE, population=3, sample=30)
    judge(searcher, (0, 0.1), (3, 0.9), (1, 0.5))
    # 30 draws with replacement miss the best once in 200,000 times.
    for seed in range(20):
        proposed = ops(searcher.propose([seed, 0]))
        assert sum(op != 3 for op in proposed) == 1
    assert ops(searcher.propose([7, 7])) == ops(searcher.propose([7, 7]))


def test_a_sample_of_one_ignores_rewards():
    searcher = AgeingPopulation(SPACE, population=2, sample=1)
    judge(searcher, (0, 0.0), (3, 1.0))
    parents = {
        max(set(found), key=found.count)
        for found in (ops(searcher.propose([i, 0])) for i in range(30))
    }
    assert parents == {0, 3}


def test_a_reward_that_is_not_finite_is_the_worst():
    searcher = AgeingPopulation(SPACE, population=2, sample=30)
    judge(searcher, (0, np.nan), (3, -5.0))
    assert ops(searcher.propose([0, 0])).count(3) == 5


def test_candidates_are_the_members_first():
    searcher = AgeingPopulation(SPACE, population=3, sample=2)
    judge(searcher, (0, 0.1), (1, 0.2), (2, 0.3), (4, 0.4))
    found = [ops(each) for each in searcher.candidates(5, seed=0)]
    assert found[:3] == [[4] * 6, [2] * 6, [1] * 6]
    assert len(found) == 5


def test_its_settings_are_checked():
    def made(overrides):
        settings = resolve.resolve(
            "digits", [], f"search.searcher=evolution{overrides}"
        )
        return searchers.make(spaces.default("convolutional"), 0, settings)

    found = made(",search.searcher_settings.population=4")
    assert (found.population, found.sample) == (4, 3)
    with pytest.raises(errors.RequestError, match="sample: expected at least"):
        made(",search.searcher_settings.sample=0")
