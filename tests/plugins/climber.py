"""A searcher of a person's own, without policy vectors: it climbs."""

import dataclasses

import tensorflow as tf

from ednas_tf.nets import architectures
from ednas_tf.searchers.registered import own_settings, searcher
from ednas_tf.searchers.searcher import Searcher
from ednas_tf.settings import fields


@dataclasses.dataclass
class Settings(fields.Section):
    """How bold the climber is.

    Attributes:
      changed: share of the operations that a proposal draws anew.
    """

    changed: float = fields.number(0.2, above=0, at_most=1)


class Climber(Searcher):
    """Changes an architecture at random, and keeps the best change."""

    evaluations_per_step = 2

    def __init__(self, space, changed):
        super().__init__(space)
        self.changed = changed
        start = architectures.pack(architectures.first(space))
        self.best = tf.Variable(start, trainable=False)

    def propose(self, seed):
        draw = tf.random.stateless_uniform(self.best.shape, seed)
        ops = tf.cast(draw * 1e6, tf.int32) % len(self.space.ops)
        anew = (draw < self.changed) & [[[False], [True]]]
        return architectures.unpack(
            self.space, tf.where(anew, ops, self.best.read_value())
        )

    def update(self, judged, rewards, comparable):
        packed = tf.stack([architectures.pack(each) for each in judged])
        self.best.assign(packed[tf.argmax(rewards)])
        return {}


@searcher("climber", Settings)
def climber(space, seed, settings):
    return Climber(space, own_settings(settings).changed)
