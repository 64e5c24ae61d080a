"""Synthetic rewards, with the shares that were measured on a supernet.

Of the variance between architectures 60 % is a sum over choices, 40 % is what
pairs of choices do together. Standard deviations are in percentage points of
accuracy: architectures 1.2, minibatches 3.7, the rest 3.0.
"""

import numpy as np
import tensorflow as tf

ARCHITECTURES, MINIBATCHES, NOISE, LINEAR = 1.2, 3.7, 3.0, 0.6


class Synthetic:
    """Judges architectures of a space; a random one earns 0 on average.

    Args:
      choices: the choices of the space.
      made: the choices of some random architectures, [number, choices], by
        which the parts are scaled.
      seed: random seed.
    """

    comparable = False

    def __init__(self, choices, made, seed):
        self.choices = choices
        self._made = tf.function(choices.made, autograph=False)
        self._generator = np.random.default_rng(seed)
        normal = self._generator.normal
        effects = normal(size=choices.count)
        # Which inputs nodes have hardly matters.
        effects[~choices.is_operation] *= 0.2
        self._pairs = np.triu(normal(size=[choices.count] * 2), 1)
        linear, pairs = made @ effects, self._of_pairs(made)
        # What is linear in the pairs' part is taken out.
        full = np.c_[made, np.ones(len(made))]
        self._fitted = np.linalg.lstsq(full, pairs, rcond=None)[0]
        pairs -= full @ self._fitted
        self._effects = effects * ARCHITECTURES * LINEAR**0.5 / linear.std()
        self._mean = (made @ self._effects).mean()
        self._scale = ARCHITECTURES * (1 - LINEAR) ** 0.5 / pairs.std()

    def _of_pairs(self, made):
        return np.einsum("ni,ij,nj->n", made, self._pairs, made)

    def truth(self, made):
        """The true rewards of architectures, given their choices."""
        full = np.c_[made, np.ones(len(made))]
        pairs = self._of_pairs(made) - full @ self._fitted
        return made @ self._effects - self._mean + self._scale * pairs

    def rewards(self, architectures, batch):
        """See `searchers.searcher.Evaluator`; to be called eagerly."""
        made = np.stack([self._made(m).numpy() for m in architectures])
        noise = NOISE * self._generator.normal(size=len(made))
        level = MINIBATCHES * self._generator.normal()
        return tf.constant(self.truth(made) + level + noise, tf.float32)
