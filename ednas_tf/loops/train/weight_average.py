"""The mean of a network's weights, from when validation stops improving."""

import math
from collections.abc import Sequence

import keras
import tensorflow as tf


class WeightAverage(tf.Module):
    """Averages weights over steps once an epoch is no better than former ones.

    Averaged SGD with the non-monotone trigger (Merity et al., 2017, Algorithm
    1), by which the authors train on Penn Treebank. As in their code the
    trigger looks at each epoch; the mean here is of all steps after it, where
    PyTorch's leaves the first of them out.

    Make it under the strategy's scope and call it in a replica.

    Args:
      weights: the trainable variables of a network.
      checks: epochs that count as recent.
      higher_is_better: whether more of what validation measures is better.
    """

    def __init__(
        self,
        weights: Sequence[keras.Variable],
        checks: int,
        higher_is_better: bool,
    ):
        super().__init__()
        self._sign = -1 if higher_is_better else 1
        # Each replica averages for itself: all have the same weights.
        own = {
            "trainable": False,
            "synchronization": tf.VariableSynchronization.ON_READ,
            "aggregation": tf.VariableAggregation.ONLY_FIRST_REPLICA,
        }
        self._means = [
            tf.Variable(tf.zeros_like(weight.value), **own)
            for weight in weights
        ]
        self._steps = tf.Variable(0, dtype=tf.int64, **own)
        self._is_on = tf.Variable(False, trainable=False)
        # Costs of the last epochs, the newest last; and the least before.
        self._recent = tf.Variable(
            tf.fill([checks], tf.constant(math.inf, tf.float64))
        )
        self._least = tf.Variable(math.inf, dtype=tf.float64)

    @property
    def is_on(self) -> bool:
        """Whether the weights of the next step are averaged."""
        return bool(self._is_on.numpy())

    @property
    def is_empty(self) -> bool:
        """Whether no step has been averaged yet."""
        return int(tf.convert_to_tensor(self._steps)) == 0

    def observe(self, measure: float) -> None:
        """Learns what validation after an epoch has found.

        Averaging begins if that is worse than the best of the epochs that are
        not recent.
        """
        cost = self._sign * measure
        recent = self._recent.numpy()
        self._is_on.assign(self.is_on or cost > self._least.numpy())
        self._least.assign(min(recent[0], self._least.numpy()))
        self._recent.assign([*recent[1:], cost])

    def __call__(self, weights: Sequence[keras.Variable]) -> None:
        """Takes the weights after a step into the mean, once that is on."""

        def add():
            self._steps.assign_add(1)
            for mean, weight in zip(self._means, weights, strict=True):
                share = 1 / tf.cast(self._steps, mean.dtype)
                mean.assign_add(share * (weight.value - mean))
            return True

        tf.cond(self._is_on, add, lambda: False)

    def show(self, weights: Sequence[keras.Variable]) -> None:
        """Gives the weights the values of their mean."""
        for mean, weight in zip(self._means, weights, strict=True):
            weight.assign(tf.convert_to_tensor(mean))
