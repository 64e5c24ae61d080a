"""What the steps of one kind hand on from one to the next."""

import tensorflow as tf


class CarriedState(tf.Module):
    """The state of a task's steps, of all replicas together.

    It lives outside of the strategy, as variables [batch, ...], and goes into
    the checkpoint: each replica is given all of it, and takes its share. Of a
    task without state there are no variables.

    Args:
      initial: what the first step starts from, tensors [batch, ...].
      strategy: that runs the steps.
    """

    def __init__(self, initial: tuple[tf.Tensor, ...], strategy):
        super().__init__()
        self._strategy = strategy
        self._held = [tf.Variable(value, trainable=False) for value in initial]

    def read(self) -> tuple[tf.Tensor, ...]:
        """The state before the next step."""
        return tuple(variable.read_value() for variable in self._held)

    def write(self, parts: tuple) -> None:
        """Puts together what the replicas of a step have returned."""
        several = self._strategy.num_replicas_in_sync > 1
        for variable, part in zip(self._held, parts, strict=True):
            if several:
                part = self._strategy.gather(part, axis=0)
            variable.assign(part)

    def checkpointed(self) -> dict[str, tf.Module]:
        """What a checkpoint holds of it: nothing if there is no state."""
        return {"state": self} if self._held else {}
