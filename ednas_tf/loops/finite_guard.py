"""Finds the first step of a compiled loop with a number that is not finite."""

from collections.abc import Mapping

import tensorflow as tf


class FiniteGuard(tf.Module):
    """Watches scalars in each step of a loop; read it after the loop.

    Args:
      names: names of the scalars. If several are not finite in the same step,
        the first of these names is reported.
      note: a tensor with the shape and type of what is recorded of the step,
        such as its architecture.

    Attributes:
      note: what was recorded of the step that was found.
    """

    def __init__(self, names: tuple[str, ...], note: tf.Tensor):
        super().__init__()
        self.names = names
        self.note = tf.Variable(tf.zeros_like(note), trainable=False)
        self._step = tf.Variable(-1, dtype=tf.int64, trainable=False)
        self._which = tf.Variable(0, trainable=False)

    def watch(self, step, scalars: Mapping[str, tf.Tensor], note) -> None:
        """Looks at the scalars of a step; call it in the compiled step.

        Args:
          step: number of the step.
          scalars: name -> value, for some of `names`.
          note: the tensor to record if one of them is not finite.
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
        """Forgets the step that was found."""
        self._step.assign(-1)

    def found(self) -> tuple[int, str] | None:
        """The first step with a scalar that is not finite, and its name."""
        step = int(self._step.numpy())
        return (
            (step, self.names[int(self._which.numpy())]) if step >= 0 else None
        )
