"""Notices the first step of a compiled loop that is not finite."""

from collections.abc import Mapping

import tensorflow as tf


class FiniteGuard(tf.Module):
    """Watches scalars in every step, and is asked after the loop.

    Args:
      names: of all scalars; of several that are not finite in the same step
        the first one here is told of.
      note: like the tensor that is kept of the step, such as its architecture.
    """

    def __init__(self, names: tuple[str, ...], note: tf.Tensor):
        super().__init__()
        self.names = names
        self.note = tf.Variable(tf.zeros_like(note), trainable=False)
        self._step = tf.Variable(-1, dtype=tf.int64, trainable=False)
        self._which = tf.Variable(0, trainable=False)

    def watch(self, step, scalars: Mapping[str, tf.Tensor], note) -> None:
        """Call it once a step, in the graph.

        Args:
          step: its number.
          scalars: some of `names`, each with this step's value.
          note: what to keep if one of them is not finite.
        """
        bad = [
            ~tf.math.is_finite(scalars[name]) if name in scalars else False
            for name in self.names
        ]
        first = tf.reduce_any(bad) & (self._step < 0)
        which = tf.argmax(tf.cast(bad, tf.int32), output_type=tf.int32)
        self._step.assign(tf.where(first, step, self._step))
        self._which.assign(tf.where(first, which, self._which))
        self.note.assign(tf.where(first, note, self.note))

    def forget(self) -> None:
        """Watches anew."""
        self._step.assign(-1)

    def found(self) -> tuple[int, str] | None:
        """The first step that was not finite, and the name of the scalar."""
        step = int(self._step.numpy())
        return (
            (step, self.names[int(self._which.numpy())]) if step >= 0 else None
        )
