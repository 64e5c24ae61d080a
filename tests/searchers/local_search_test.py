import numpy as np
import pytest
import tensorflow as tf

from ednas_tf import searchers
from ednas_tf.searchers.neighbourhood import Neighbourhood
from ednas_tf.settings import resolve
from ednas_tf.space import spaces

SPACE = spaces.default("nas_bench_201")
WORTH = np.array([0.0, 3.0, 5.0, 8.0, 2.0], np.float32)


class Climb:
    """Asks and tells a searcher, and keeps what it proposed."""

    def __init__(self, best=False, reward=None, space=SPACE):
        self.searcher = Neighbourhood(space, best)
        self.reward = reward or (lambda ops: WORTH[ops].sum())
        self.ops, self.rewards, self.starts = [], [], []
        self._propose = tf.function(self.searcher.propose)
        self._update = tf.function(
            lambda each, reward: self.searcher.update([each], reward, True)
        )

    def step(self, count=1):
        for _ in range(count):
            self.starts.append(int(self.searcher.started) == 0)
            proposed = self._propose(tf.constant([len(self.ops), 0]))
            self.ops.append(proposed["normal"].ops.numpy())
            self.rewards.append(self.reward(self.ops[-1]))
            self._update(proposed, tf.constant([self.rewards[-1]]))

    @property
    def current(self):
        return self.searcher.current.numpy()[3:]


@pytest.mark.parametrize("best", [False, True])
def test_each_proposal_differs_from_the_current_one_in_one_choice(best):
    climb = Climb(best)
    for _ in range(60):
        before, started = climb.current, int(climb.searcher.started)
        climb.step()
        if started:
            assert (climb.ops[-1] != before).sum() == 1


def test_it_moves_to_the_first_better_neighbour():
    climb = Climb()
    climb.step()
    for _ in range(30):
        before = climb.rewards[-1], climb.current, float(climb.searcher.reward)
        climb.step()
        if climb.starts[-1]:
            continue
        moved = (climb.current != before[1]).any()
        assert moved == (climb.rewards[-1] > before[2])


def test_it_moves_to_the_best_of_all_neighbours():
    climb = Climb(best=True)
    climb.step()
    start = climb.current
    climb.step(24)
    # All of the 24 neighbours have been judged, each once.
    assert len({tuple(ops) for ops in climb.ops}) == 25
    best = max(range(25), key=lambda i: climb.rewards[i])
    assert climb.current.tolist() == climb.ops[best].tolist()
    # Four of the next neighbours were judged then.
    climb.step(20)
    assert len({tuple(ops) for ops in climb.ops}) == 45
    assert start.tolist() not in [ops.tolist() for ops in climb.ops[25:]]


@pytest.mark.parametrize("best", [False, True])
def test_it_reaches_the_best_and_starts_again_at_random(best):
    climb = Climb(best)
    climb.step(300)
    assert max(climb.rewards) == 48
    assert climb.starts[0]
    assert sum(climb.starts) > 1
    # A climb ends where no neighbour is better: here only at the best.
    for start in np.flatnonzero(climb.starts)[1:]:
        last = np.flatnonzero(climb.starts[:start])[-1]
        assert max(climb.rewards[last:start]) == 48


def test_no_neighbour_is_judged_twice_before_a_move():
    climb = Climb(reward=lambda ops: np.float32(0))
    climb.step(25)
    assert len({tuple(ops) for ops in climb.ops}) == 25
    assert int(climb.searcher.started) == 0


def test_others_than_neighbours_have_no_effect():
    climb = Climb()
    climb.step(3)
    searcher = climb.searcher
    before = [each.numpy() for each in searcher.variables]
    far = tf.constant([0] * 3 + list((climb.current + 1) % 5), tf.int64)
    for genes in (far, searcher.current):
        searcher.update(
            [searcher.genes.decode(genes)], tf.constant([1e9]), True
        )
    for one, other in zip(before, searcher.variables, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_reward_that_is_not_finite_is_no_reason_to_move():
    climb = Climb(reward=lambda ops: np.float32(np.nan))
    climb.step(25)
    assert int(climb.searcher.started) == 0
    assert np.isfinite(climb.searcher.reward.numpy())


def test_it_climbs_in_a_space_with_a_choice_of_edges():
    settings = resolve.resolve(
        "digits",
        [],
        "search.searcher=local_search,search.searcher_settings.move=best",
    )
    space = spaces.default("convolutional")
    searcher = searchers.make(space, 0, settings)
    assert searcher.best
    # Each cell: nodes with 1, 3, 6 and 10 combinations; 8 of 7 operations.
    left = int((searcher.known.numpy() == 0).sum())
    assert left == len(searcher.genes.sizes) * 10
    first = searcher.propose([0, 0])
    searcher.update([first], tf.constant([0.5]), False)
    left = int((searcher.known.numpy() == 0).sum())
    assert left == 2 * (0 + 2 + 5 + 9 + 8 * 6)
