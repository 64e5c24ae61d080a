"""The supernet as the network that is trained, and as the evaluator."""

from collections.abc import Sequence

import tensorflow as tf

from ednas_tf import replicas
from ednas_tf.loops.carried_state import CarriedState
from ednas_tf.loops.schedule import Schedule
from ednas_tf.loops.weight_update import WeightUpdate
from ednas_tf.nets import architectures as archs
from ednas_tf.nets.architectures import Architecture
from ednas_tf.settings import schema
from ednas_tf.tasks import Task


class Supernet:
    """Trains shared weights, and evaluates architectures with them.

    A child step trains the weights of one architecture. The reward of an
    architecture is computed with the present weights. All replicas run the same
    architecture, each on its own part of the batch.

    Args:
      task: the task of the search.
      settings: the settings of the run.
      schedule: the schedule of the search.
      strategy: the tf.distribute strategy.
      ratio: see `learning_rate.Stretched`; None for 1.

    Attributes:
      network: the network with all weights.
      weight_update: the update of the weights in a child step.
      state: the state that child steps hand on to the next one.
      comparable: False: a minibatch changes the rewards of all architectures by
        more than these differ, and so do the steps between two of them.
    """

    comparable = False

    def __init__(
        self,
        task: Task,
        settings: schema.Settings,
        schedule: Schedule,
        strategy,
        ratio: tf.Variable | None = None,
    ):
        self.task = task
        self.strategy = strategy
        with strategy.scope():
            self.network = task.supernet()
            self.weight_update = WeightUpdate(
                self.network,
                settings.search.optimizer,
                schedule.child_steps,
                schedule.epochs,
                ratio=ratio,
            )
        self.state = CarriedState(task.initial_state("child"), strategy)

    def checkpointed(self) -> dict[str, object]:
        """The objects to save in a checkpoint, by name."""
        return {
            "child": self.weight_update.checkpoint(),
            **self.state.checkpointed(),
        }

    def train(
        self, architecture: Architecture, batch, step: tf.Tensor
    ) -> tuple[dict[str, tf.Tensor], dict[str, tf.Tensor]]:
        """Updates the weights of one architecture by a step of SGD.

        Args:
          architecture: the architecture to train.
          batch: a distributed batch of the child steps.
          step: number of the step, int64.

        Returns:
          The numbers that `Task.sums` names, summed over all replicas; and the
          scalars "loss" and "gradient" (its norm), which must be finite.
        """
        parts, norm = self.strategy.run(
            self._replica_step, (batch, self.state.read(), architecture, step)
        )
        self.state.write(parts.state)
        sums = {name: self._sum(part) for name, part in parts.sums.items()}
        # All replicas have the same norm; it is summed so that one that is not
        # finite shows.
        watched = {"loss": self._sum(parts.loss), "gradient": self._sum(norm)}
        return sums, watched

    def _replica_step(self, batch, state, architecture, step):
        state = tuple(map(replicas.share, state))
        return self.weight_update(
            lambda: self.task.child_loss(
                self.network, batch, state, architecture, step
            )
        )

    def rewards(
        self, architectures: Sequence[Architecture], batch
    ) -> tf.Tensor:
        """See `searchers.searcher.Evaluator`."""

        def reward(architecture):
            return self.task.reward(self.scores(architecture, batch))

        if len(architectures) == 1:
            return reward(architectures[0])[tf.newaxis]
        # The supernet is traced once, and the activations of one architecture
        # at a time are in the memory.
        traced = tf.function(
            lambda packed: reward(archs.unpack(self.task.space, packed)),
            autograph=False,
        )
        found = []
        for architecture in architectures:
            with tf.control_dependencies(found[-1:]):
                found.append(traced(archs.pack(architecture)))
        return tf.stack(found)

    def scores(self, architecture: Architecture, batch) -> tf.Tensor:
        """The sum of `Task.score` over the replicas, float32 [k]."""
        return self._sum(
            self.strategy.run(self._replica_scores, (architecture, batch))
        )

    def _replica_scores(self, architecture, batch):
        return self.task.score(self.network, batch, architecture)

    def _sum(self, per_replica):
        return self.strategy.reduce(
            tf.distribute.ReduceOp.SUM, per_replica, axis=None
        )
