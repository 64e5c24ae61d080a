"""An architecture and its neighbours, which differ from it in one choice."""

from collections.abc import Sequence

import tensorflow as tf

from ednas_tf.nets.architectures import Architecture
from ednas_tf.searchers.genes import Genes
from ednas_tf.searchers.searcher import Searcher
from ednas_tf.space.cell_space import CellSpace


class Neighbourhood(Searcher):
    """Moves from an architecture to a better neighbour, until there is none.

    Neighbours are judged in random order. Once all have been judged and none is
    better, the search starts again from a random architecture.

    On a supernet, the architecture and its neighbours are judged on different
    minibatches, so that a move may be a matter of luck.

    Args:
      space: the space of the cells.
      best: whether all neighbours are judged before the best is moved to; if
        not, the first one that is better is moved to.

    Attributes:
      started: 1 while there is an architecture whose neighbours are judged,
        0 before a start.
      current, reward: this architecture, int64 [genes] (see `genes`), and its
        reward.
      best_neighbour, best_reward: the best neighbour that is better, or
        `current`.
      known: int64 [genes, values], 1 where the architecture that has the value
        in place of that of `current` has been judged, or does not exist.
    """

    def __init__(self, space: CellSpace, best: bool = False):
        super().__init__(space)
        self.genes = Genes(space)
        self.best = best
        sizes = self.genes.sizes
        self._missing = tf.range(sizes.max()) >= sizes[:, None]
        zeros = tf.zeros(sizes.shape, tf.int64)
        self.started = tf.Variable(0, dtype=tf.int64, trainable=False)
        self.current = tf.Variable(zeros, trainable=False)
        self.reward = tf.Variable(0.0, trainable=False)
        self.best_neighbour = tf.Variable(zeros, trainable=False)
        self.best_reward = tf.Variable(0.0, trainable=False)
        self.known = tf.Variable(
            tf.zeros([len(sizes), sizes.max()], tf.int64), trainable=False
        )

    def propose(self, seed: tf.Tensor) -> Architecture:
        """Draws a neighbour that has not been judged, or a start."""
        draws = tf.random.stateless_uniform(self.known.shape, seed)
        left = tf.where(self.known > 0, -1.0, draws)
        place = tf.argmax(tf.reshape(left, [-1]))
        values = self.known.shape[1]
        gene, value = place // values, place % values
        neighbour = tf.tensor_scatter_nd_update(self.current, [[gene]], [value])
        return self.genes.decode(
            tf.where(self.started > 0, neighbour, self.genes.uniform(seed))
        )

    def update(
        self,
        architectures: Sequence[Architecture],
        rewards: tf.Tensor,
        comparable: bool,
    ) -> dict[str, tf.Tensor]:
        """See `Searcher.update`.

        A reward that is not finite is the worst. An architecture that is not a
        neighbour of the current one has no effect.
        """
        worst = rewards.dtype.min
        rewards = tf.where(tf.math.is_finite(rewards), rewards, worst)
        rewards = tf.unstack(tf.ensure_shape(rewards, [len(architectures)]))
        for architecture, reward in zip(architectures, rewards, strict=True):
            genes = self.genes.encode(architecture)
            tf.cond(
                self.started > 0,
                lambda g=genes, r=reward: self._judge(g, r),
                lambda g=genes, r=reward: self._start(g, r),
            )
        return {}

    def _start(self, genes, reward):
        """Makes an architecture the current one."""
        self._set(genes, reward, self._known(genes))

    def _judge(self, genes, reward):
        """Learns the reward of an architecture, and moves or ends the climb."""
        differs = genes != self.current
        is_neighbour = tf.reduce_sum(tf.cast(differs, tf.int64)) == 1
        self.known.assign(
            tf.where(
                is_neighbour & differs[:, None],
                tf.maximum(self.known, self._one_hot(genes)),
                self.known,
            )
        )
        better = is_neighbour & (reward > self.best_reward)
        self.best_neighbour.assign(tf.where(better, genes, self.best_neighbour))
        self.best_reward.assign(tf.where(better, reward, self.best_reward))
        judged_all = tf.reduce_all(self.known > 0)
        ends = judged_all if self.best else better | judged_all
        tf.cond(ends, self._end, lambda: None)

    def _end(self):
        """Moves to the best neighbour if it is better; else starts again."""
        moved = self.best_neighbour != self.current
        # Those that differ in the choice that has changed were judged before
        # the move, and were worse: they are neighbours still.
        known = tf.where(
            moved[:, None], self.known, self._known(self.best_neighbour)
        )
        self._set(self.best_neighbour, self.best_reward, known)
        self.started.assign(tf.cast(tf.reduce_any(moved), tf.int64))

    def _set(self, genes, reward, known):
        genes = tf.identity(genes)
        self.started.assign(1)
        for variable in (self.current, self.best_neighbour):
            variable.assign(genes)
        for variable in (self.reward, self.best_reward):
            variable.assign(reward)
        self.known.assign(known)

    def _known(self, genes):
        """What is known of the neighbours of an architecture at first."""
        missing = tf.cast(self._missing, tf.int64)
        return tf.maximum(missing, self._one_hot(genes))

    def _one_hot(self, genes):
        return tf.one_hot(genes, self.known.shape[1], dtype=tf.int64)
