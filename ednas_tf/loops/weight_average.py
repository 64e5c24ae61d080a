"""The mean of a network's weights, from when validation stops improving."""

import math

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
      network: a built network.
      checks: epochs that count as recent.
      higher_is_better: whether more of what validation measures is better.
    """

    def __init__(
        self, network: keras.Model, checks: int, higher_is_better: bool
    ):
        super().__init__()
        self._network = network
        self._sign = -1 if higher_is_better else 1
        # Each replica averages for itself: all have the same weights.
        own = {
            "trainable": False,
            "synchronization": tf.VariableSynchronization.ON_READ,
            "aggregation": tf.VariableAggregation.ONLY_FIRST_REPLICA,
        }
        self._means = [
            tf.Variable(tf.zeros_like(variable.value), **own)
            for variable in network.trainable_variables
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

    def __call__(self) -> None:
        """Takes the weights after a step into the mean, once that is on."""
        tf.cond(self._is_on, self._add, lambda: tf.constant(False))

    def _add(self):
        self._steps.assign_add(1)
        for mean, variable in self._pairs():
            share = 1 / tf.cast(self._steps, mean.dtype)
            mean.assign_add(share * (variable.value - mean))
        return tf.constant(True)

    def show(self) -> None:
        """Gives the network the mean of its weights."""
        for mean, variable in self._pairs():
            variable.assign(tf.convert_to_tensor(mean))

    def _pairs(self):
        variables = self._network.trainable_variables
        return zip(self._means, variables, strict=True)
