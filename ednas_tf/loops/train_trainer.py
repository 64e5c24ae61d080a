"""The inner loop of a training: steps on all training images; the test."""

import math
import time

import orbit
import tensorflow as tf

from ednas_tf import errors
from ednas_tf.loops.finite_guard import FiniteGuard
from ednas_tf.loops.weight_update import WeightUpdate


class TrainTrainer(orbit.AbstractTrainer):
    """Trains a derived network (section 4.1.1).

    Args:
      task: data, network and loss.
      settings: of the run.
      described: the genotype of the network.
      total_steps: of the run, over which the learning rate falls.
      strategy: distributes the images.

    Attributes:
      global_step: steps done.
      network: what is trained.
    """

    def __init__(self, task, settings, described, total_steps: int, strategy):
        self.task = task
        self.strategy = strategy
        self.batch_size = settings.train.batch_size
        self.global_step = tf.Variable(0, dtype=tf.int64, trainable=False)
        with strategy.scope():
            self.network = task.child(described)
            self.weight_update = WeightUpdate(
                self.network, settings.train.optimizer, total_steps
            )
        self._sums = {name: tf.Variable(0.0) for name in ("loss", "accuracy")}
        self._guard = FiniteGuard(("loss", "gradient"), tf.zeros([]))
        self._batches = None
        step = tf.autograph.experimental.do_not_convert(self._step)
        self._loop = tf.function(orbit.utils.create_tf_while_loop_fn(step))

    def checkpoint(self) -> tf.train.Checkpoint:
        """All that a training started again goes on from."""
        return tf.train.Checkpoint(
            global_step=self.global_step,
            child=self.weight_update.checkpoint(),
        )

    def train(self, num_steps: tf.Tensor) -> dict[str, float]:
        """Runs `num_steps` steps.

        Returns:
          Scalars by TensorBoard tag: averages over these steps; the learning
          rate is that of the next step.

        Raises:
          RunError: a loss or a gradient was not finite.
        """
        if self._batches is None:
            # Only now has a checkpoint set the step.
            start = int(self.global_step.numpy())
            self._batches = iter(self.task.train_batches(self.strategy, start))
        for variable in self._sums.values():
            variable.assign(0.0)
        begin = time.monotonic()
        self._loop(self._batches, num_steps)
        self._check_finite()
        seconds = time.monotonic() - begin
        steps = int(num_steps)
        return {
            "train/loss": float(self._sums["loss"]) / steps,
            "train/accuracy": float(self._sums["accuracy"]) / steps,
            "train/learning_rate": self.weight_update.learning_rate(),
            "train/images_per_second": steps * self.batch_size / seconds,
        }

    def test(self) -> tuple[int, int]:
        """Classifies all test images by the moving statistics.

        Returns:
          How many were put into their class, and how many there are.

        Raises:
          RunError: a logit was not finite.
        """
        batches = self.task.test_batches(self.strategy)
        # Without the signature the last, smaller batch would be traced anew.
        count = tf.function(
            self._count, input_signature=[batches.element_spec], autograph=False
        )
        totals = [count(batch) for batch in batches]
        correct = sum(float(part) for part, _ in totals)
        if not math.isfinite(correct):
            raise errors.RunError(
                "the network's outputs on the test images are not finite; "
                "lower train.optimizer.learning_rate in a new --model_dir"
            )
        return int(correct), sum(int(part) for _, part in totals)

    def _step(self, iterator):
        loss, correct, norm = self.strategy.run(
            self._replica, (next(iterator),)
        )
        loss = self._sum(loss)
        self._sums["loss"].assign_add(loss)
        self._sums["accuracy"].assign_add(self._sum(correct) / self.batch_size)
        # The norm is the same in every replica, if it is finite in all.
        watched = {"loss": loss, "gradient": self._sum(norm)}
        self._guard.watch(self.global_step, watched, 0.0)
        self.global_step.assign_add(1)

    def _replica(self, batch):
        return self.weight_update.step(self.task, batch, self.batch_size)

    def _count(self, batch):
        correct, images = self.strategy.run(self._test_replica, (batch,))
        return self._sum(correct), self._sum(images)

    def _test_replica(self, batch):
        images, labels = batch
        # The last batch need not do for all replicas, and a convolution of no
        # images returns a wrong shape in TF 2.20: one is added.
        images = tf.pad(images, [[0, 1], [0, 0], [0, 0], [0, 0]])
        logits = self.network(images)[:-1]
        return self.task.num_correct(labels, logits), tf.size(labels)

    def _sum(self, per_replica):
        return self.strategy.reduce(
            tf.distribute.ReduceOp.SUM, per_replica, axis=None
        )

    def _check_finite(self):
        found = self._guard.found()
        if found:
            step, name = found
            rate = self.weight_update.learning_rate(step)
            raise errors.RunError(
                f"step {step}, with learning rate {rate:.6g}: the {name} is "
                "not finite; checkpoints are kept; lower "
                "train.optimizer.learning_rate in a new --model_dir"
            )
