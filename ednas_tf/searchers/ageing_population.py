"""A population whose oldest member makes room for each new one."""

from collections.abc import Iterator, Sequence

import tensorflow as tf

from ednas_tf import seeds
from ednas_tf.nets.architectures import Architecture
from ednas_tf.searchers.genes import Genes
from ednas_tf.searchers.searcher import Searcher
from ednas_tf.space.cell_space import CellSpace


class AgeingPopulation(Searcher):
    """Changes one choice of the best of a sample of the population.

    Once judged, an architecture is in the population for as long as it is among
    the latest `population` ones, however good it is. Before there are so many,
    architectures are drawn at random.

    On a supernet, rewards have been computed on different minibatches, and
    those of older members with weights that were trained less. A member that
    was lucky, though, is forgotten soon.

    Args:
      space: the space of the cells.
      population: number of members.
      sample: number of members that are drawn for a proposal.

    Attributes:
      members: int64 [population, genes]; see `genes`.
      rewards: float32 [population].
      judged: number of architectures so far. The next one replaces the member
        `judged % population`, which is the oldest.
    """

    def __init__(self, space: CellSpace, population: int, sample: int):
        super().__init__(space)
        self.genes = Genes(space)
        self.population = population
        self.sample = sample
        shape = [population, len(self.genes.sizes)]
        self.members = tf.Variable(tf.zeros(shape, tf.int64), trainable=False)
        self.rewards = tf.Variable(tf.zeros([population]), trainable=False)
        self.judged = tf.Variable(0, dtype=tf.int64, trainable=False)

    def propose(self, seed: tf.Tensor) -> Architecture:
        for_sample, for_change = tf.unstack(
            tf.random.experimental.stateless_split(seed, 2)
        )
        drawn = tf.random.stateless_uniform(
            [self.sample], for_sample, 0, self.population, tf.int32
        )
        best = tf.gather(drawn, tf.argmax(tf.gather(self.rewards, drawn)))
        parent = tf.gather(self.members, best)
        chosen = tf.where(
            self.judged < self.population,
            self.genes.uniform(for_change),
            self.genes.mutate(parent, for_change),
        )
        return self.genes.decode(chosen)

    def update(
        self,
        architectures: Sequence[Architecture],
        rewards: tf.Tensor,
        comparable: bool,
    ) -> dict[str, tf.Tensor]:
        """See `Searcher.update`; a reward that is not finite is the worst."""
        worst = rewards.dtype.min
        rewards = tf.where(tf.math.is_finite(rewards), rewards, worst)
        rewards = tf.unstack(tf.ensure_shape(rewards, [len(architectures)]))
        for architecture, reward in zip(architectures, rewards, strict=True):
            oldest = [[self.judged % self.population]]
            genes = self.genes.encode(architecture)
            self.members.scatter_nd_update(oldest, [genes])
            self.rewards.scatter_nd_update(oldest, [reward])
            self.judged.assign_add(1)
        return {}

    def candidates(self, count: int, seed: int) -> Iterator[Architecture]:
        """Proposes the members, the youngest first, and then changed ones."""
        judged = int(self.judged.numpy())
        known = min(count, judged, self.population)
        for i in range(known):
            place = (judged - 1 - i) % self.population
            yield self.genes.decode(self.members[place])
        for i in range(count - known):
            yield self.propose(seeds.at_step(seed, tf.constant(i)))
