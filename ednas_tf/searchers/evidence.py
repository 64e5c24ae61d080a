"""Sums over the rewards so far, which a linear model of rewards needs."""

import tensorflow as tf


class Evidence(tf.Module):
    """Rewards y of architectures that made the choices x, without their level.

    All architectures that were judged on a minibatch have its level in common.
    Where rewards of different calls can be compared, they all have one level. A
    level has a flat prior, and is removed exactly: within a call x and y count
    relative to their means, and what the means of comparable calls say is
    added.

    Args:
      count: number of choices.
      memory: rewards that cannot be compared with those of other calls make
        earlier ones lose weight: a reward counts 1/e after so many later ones.
        0: all count alike.

    Attributes:
      xx: sum of x x^T, float64 [count, count].
      xy: sum of x y, float64 [count].
      yy: sum of y**2, float64.
      freedom: number of rewards minus that of levels, float64.
    """

    def __init__(self, count: int, memory: float = 0.0):
        super().__init__()
        self.memory = memory
        self.xx, self.xy = _zeros([count, count]), _zeros([count])
        self.yy, self.freedom = _zeros([]), _zeros([])
        # Means of comparable rewards and of their choices, and their number.
        self._mean_x, self._mean_y = _zeros([count]), _zeros([])
        self._comparable = _zeros([])

    def add(
        self, made: tf.Tensor, rewards: tf.Tensor, comparable: bool
    ) -> None:
        """Adds the rewards of one call; leaves out those that are not finite.

        Args:
          made: the choices of k architectures, float64 [k, count], 1 or 0 each.
          rewards: their rewards, [k].
          comparable: whether the rewards can be compared with those of other
            calls. If not, a call with one reward says nothing.
        """
        finite = tf.math.is_finite(rewards)
        number = tf.reduce_sum(tf.cast(finite, tf.float64))
        y = tf.cast(tf.where(finite, rewards, 0.0), tf.float64)
        weights = tf.cast(finite, tf.float64) / tf.maximum(number, 1.0)
        mean_x = tf.linalg.matvec(made, weights, transpose_a=True)
        mean_y = tf.reduce_sum(weights * y)
        x = tf.where(finite[:, tf.newaxis], made - mean_x, 0.0)
        y = tf.where(finite, y - mean_y, 0.0)
        if self.memory and not comparable:
            self._forget(number)
        self._sum(x, y, tf.maximum(number - 1, 0.0))
        if comparable:
            self._join_level(mean_x, mean_y, number)

    def _forget(self, number):
        kept = (1 - 1 / self.memory) ** number
        sums = self.xx, self.xy, self.yy, self.freedom, self._comparable
        for total in sums:
            total.assign(kept * total)

    def _sum(self, x, y, freedom):
        self.xx.assign_add(tf.matmul(x, x, transpose_a=True))
        self.xy.assign_add(tf.linalg.matvec(x, y, transpose_a=True))
        self.yy.assign_add(tf.reduce_sum(y**2))
        self.freedom.assign_add(freedom)

    def _join_level(self, mean_x, mean_y, number):
        """Compares the means of this call with those of all earlier ones."""
        before = self._comparable.read_value()
        total = tf.maximum(before + number, 1.0)
        weight = before * number / total
        root = tf.sqrt(weight)
        x, y = mean_x - self._mean_x, mean_y - self._mean_y
        self._sum(
            root * x[tf.newaxis],
            root * y[tf.newaxis],
            tf.cast(weight > 0, tf.float64),
        )
        self._mean_x.assign_add(number / total * x)
        self._mean_y.assign_add(number / total * y)
        self._comparable.assign(before + number)


def _zeros(shape):
    return tf.Variable(tf.zeros(shape, tf.float64), trainable=False)
