"""The state that each step of a kind hands on to the next one."""

import tensorflow as tf


class CarriedState(tf.Module):
    """The state of a task's steps, for all replicas together.

    It consists of variables [batch, ...] that do not belong to the strategy,
    and is saved in checkpoints. Each replica is given the whole state, and
    takes its own rows. A task without state has no variables here.

    Args:
      initial: the state before the first step, tensors [batch, ...].
      strategy: the tf.distribute strategy that runs the steps.
    """

    def __init__(self, initial: tuple[tf.Tensor, ...], strategy):
        super().__init__()
        self._strategy = strategy
        self._held = [tf.Variable(value, trainable=False) for value in initial]

    def read(self) -> tuple[tf.Tensor, ...]:
        """Returns the state before the next step."""
        return tuple(variable.read_value() for variable in self._held)

    def write(self, parts: tuple) -> None:
        """Replaces the state by what a step returned.

        Args:
          parts: tensors [batch, ...] of each replica, as `strategy.run` returns
            them.
        """
        several = self._strategy.num_replicas_in_sync > 1
        for variable, part in zip(self._held, parts, strict=True):
            if several:
                part = self._strategy.gather(part, axis=0)
            variable.assign(part)

    def checkpointed(self) -> dict[str, tf.Module]:
        """The objects to save in a checkpoint, by name; none without state."""
        return {"state": self} if self._held else {}
