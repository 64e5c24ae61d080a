"""A searcher of a person's own, without policy vectors: it climbs."""

import dataclasses

import tensorflow as tf

from ednas_tf.nets import architectures
from ednas_tf.searchers.registered import own_settings, searcher
from ednas_tf.searchers.searcher import Learned, Searcher
from ednas_tf.settings import fields


@dataclasses.dataclass
class Settings(fields.Section):
    """How bold the climber is.

    Attributes:
      changed: share of the operations that a proposal draws anew.
    """

    changed: float = fields.number(0.2, above=0, at_most=1)


class Climber(Searcher):
    """Compares the best architecture so far with a changed one."""

    evaluations_per_step = 2

    def __init__(self, space, changed):
        super().__init__(space)
        self.changed = changed
        first = architectures.pack(architectures.first(space))
        self.best = tf.Variable(first, trainable=False)

    def propose(self, seed):
        draw = tf.random.stateless_uniform(self.best.shape, seed)
        ops = tf.cast(draw * 1e6, tf.int32) % len(self.space.ops)
        anew = (draw < self.changed) & [[[False], [True]]]
        return architectures.unpack(
            self.space, tf.where(anew, ops, self.best.read_value())
        )

    def learn(self, evaluator, batch, seed):
        best = architectures.unpack(self.space, self.best.read_value())
        judged = [best, self.propose(seed)]
        rewards = evaluator.rewards(judged, batch)
        packed = tf.stack([architectures.pack(each) for each in judged])
        self.best.assign(packed[tf.argmax(rewards)])
        return Learned(judged, rewards, {})


@searcher("climber", Settings)
def climber(space, seed, settings):
    return Climber(space, own_settings(settings).changed)
