"""The mean of a network's weights since validation stopped improving."""

import math
from collections.abc import Sequence

import keras
import tensorflow as tf


class WeightAverage(tf.Module):
    """Averages weights over steps, from a certain epoch on.

    This is averaged SGD with the non-monotone trigger (Merity et al., 2017,
    Algorithm 1), with which the paper trains on Penn Treebank. Averaging begins
    after the first epoch that validates worse than the best epoch that is not
    recent. As in the authors' code, every epoch is checked; unlike in PyTorch's
    ASGD, the mean includes the first step after it.

    Make it under the strategy's scope, and call it in each replica.

    Args:
      weights: the trainable variables of a network.
      checks: number of epochs before the present one that count as recent.
      higher_is_better: whether a higher measure is better.
    """

    def __init__(
        self,
        weights: Sequence[keras.Variable],
        checks: int,
        higher_is_better: bool,
    ):
        super().__init__()
        self._sign = -1 if higher_is_better else 1
        # All replicas have the same weights, and each computes the mean itself.
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
        # Costs of the recent epochs, from the oldest to the newest; and the
        # least cost of the epochs before them.
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
        """Takes note of an epoch's validation, which may turn averaging on.

        Args:
          measure: the measure on the validation data.
        """
        cost = self._sign * measure
        recent = self._recent.numpy()
        self._is_on.assign(self.is_on or cost > self._least.numpy())
        self._least.assign(min(recent[0], self._least.numpy()))
        self._recent.assign([*recent[1:], cost])

    def __call__(self, weights: Sequence[keras.Variable]) -> None:
        """Adds the weights after a step to the mean, if averaging is on."""

        def add():
            self._steps.assign_add(1)
            for mean, weight in zip(self._means, weights, strict=True):
                share = 1 / tf.cast(self._steps, mean.dtype)
                mean.assign_add(share * (weight.value - mean))
            return True

        tf.cond(self._is_on, add, lambda: False)

    def copy_to(self, weights: Sequence[keras.Variable]) -> None:
        """Assigns their means to the weights."""
        for mean, weight in zip(self._means, weights, strict=True):
            weight.assign(tf.convert_to_tensor(mean))
