"""Shared weights: the supernet as what a search trains and judges by."""

from collections.abc import Sequence

import tensorflow as tf

from ednas_tf import replicas
from ednas_tf.loops.carried_state import CarriedState
from ednas_tf.loops.schedule import Schedule
from ednas_tf.loops.weight_update import WeightUpdate
from ednas_tf.nets.architectures import Architecture
from ednas_tf.settings import schema
from ednas_tf.tasks import Task


class Supernet:
    """The evaluator of a search whose architectures share their weights.

    A child step trains the weights of one architecture; the reward of an
    architecture is what it earns with the weights as they are. All replicas
    run the same architecture, each on its part of the batch.

    Args:
      task: what the network is for.
      settings: of the run.
      schedule: of the search.
      strategy: distributes a step over replicas.

    Attributes:
      network: the network that holds all weights.
      weight_update: how a child step moves them.
      state: what child steps hand on from one to the next.
    """

    def __init__(
        self,
        task: Task,
        settings: schema.Settings,
        schedule: Schedule,
        strategy,
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
            )
        self.state = CarriedState(task.initial_state("child"), strategy)

    def checkpointed(self) -> dict[str, object]:
        """What a checkpoint holds of it, by name."""
        return {
            "child": self.weight_update.checkpoint(),
            **self.state.checkpointed(),
        }

    def train(
        self, architecture: Architecture, batch, step: tf.Tensor
    ) -> tuple[dict[str, tf.Tensor], dict[str, tf.Tensor]]:
        """Moves the weights of one architecture by one step of SGD.

        Args:
          architecture: the one that is trained.
          batch: a distributed batch of the child steps.
          step: the number of the step, int64.

        Returns:
          The sums that `Task.sums` names, over all replicas; and the scalars
          "loss" and "gradient", which are finite in a good step.
        """
        parts, norm = self.strategy.run(
            self._replica_step, (batch, self.state.read(), architecture, step)
        )
        self.state.write(parts.state)
        sums = {name: self._sum(part) for name, part in parts.sums.items()}
        # The norm is the same in every replica, if it is finite in all.
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
        return tf.stack(
            [
                self.task.reward(self.scores(architecture, batch))
                for architecture in architectures
            ]
        )

    def scores(self, architecture: Architecture, batch) -> tf.Tensor:
        """What a reward is computed of, float32 [k]; see `Task.score`."""
        return self._sum(
            self.strategy.run(self._replica_scores, (architecture, batch))
        )

    def _replica_scores(self, architecture, batch):
        return self.task.score(self.network, batch, architecture)

    def _sum(self, per_replica):
        return self.strategy.reduce(
            tf.distribute.ReduceOp.SUM, per_replica, axis=None
        )
