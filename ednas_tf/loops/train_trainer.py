"""The inner loop of a training: steps on all training images; evaluation."""

import math
import time

import orbit
import tensorflow as tf

from ednas_tf import errors, seeds
from ednas_tf.loops.finite_guard import FiniteGuard
from ednas_tf.loops.weight_update import WeightUpdate


class TrainTrainer(orbit.AbstractTrainer):
    """Trains a derived network (section 4.1.1).

    Args:
      task: data, network and loss.
      settings: of the run.
      described: the genotype of the network.
      schedule: of the run, over which the learning rate falls and the
        probability rises that a path is dropped.
      strategy: distributes the images.

    Attributes:
      global_step: steps done.
      network: what is trained.
      seconds: that steps and evaluations have taken, those of earlier starts
        included.
      best_step, best_accuracy: of the best evaluation on validation images.
    """

    def __init__(self, task, settings, described, schedule, strategy):
        self.task = task
        self.schedule = schedule
        self.strategy = strategy
        self.batch_size = settings.train.batch_size
        self.global_step = tf.Variable(0, dtype=tf.int64, trainable=False)
        self.seconds = tf.Variable(0.0, dtype=tf.float64, trainable=False)
        self.best_step = tf.Variable(0, dtype=tf.int64, trainable=False)
        self.best_accuracy = tf.Variable(-1.0, dtype=tf.float64)
        with strategy.scope():
            self.network = task.child(described)
            self.weight_update = WeightUpdate(
                self.network,
                settings.train.optimizer,
                schedule.child_steps,
                schedule.epochs,
                settings.train.ema_decay,
                settings.runtime.xla,
            )
        self._drop_path = settings.train.drop_path
        self._last_step = max(1, schedule.total_steps - 1)
        self._seed = seeds.derive(settings.seed, "dropped paths")
        self._sums = {name: tf.Variable(0.0) for name in ("loss", "accuracy")}
        self._guard = FiniteGuard(("loss", "gradient"), tf.zeros([]))
        self._batches = None
        self._evaluations = {}
        step = tf.autograph.experimental.do_not_convert(self._step)
        self._loop = tf.function(orbit.utils.create_tf_while_loop_fn(step))

    def checkpoint(self) -> tf.train.Checkpoint:
        """All that a training started again goes on from."""
        return tf.train.Checkpoint(
            global_step=self.global_step,
            child=self.weight_update.checkpoint(),
            best_step=self.best_step,
            best_accuracy=self.best_accuracy,
            seconds=self.seconds,
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
        self.seconds.assign_add(seconds)
        steps = int(num_steps)
        return {
            "train/loss": float(self._sums["loss"]) / steps,
            "train/accuracy": float(self._sums["accuracy"]) / steps,
            "train/learning_rate": self.weight_update.learning_rate(),
            "train/images_per_second": steps * self.batch_size / seconds,
        }

    def evaluate(self, test: bool = False) -> dict[str, float]:
        """Classifies images by the moving statistics, and averaged weights.

        Args:
          test: the test images, in place of those kept for validation.

        Returns:
          accuracy, in [0, 1]; top_5_accuracy, where the task tells it; images,
          how many there are.

        Raises:
          RunError: a logit was not finite.
        """
        begin = time.monotonic()
        batches, count = self._evaluation(test)
        totals = [count(batch) for batch in batches]
        correct, top_5, images = (
            sum(float(part) for part in parts)
            for parts in zip(*totals, strict=True)
        )
        if not math.isfinite(correct):
            kind = "test" if test else "validation"
            raise errors.RunError(
                f"the network's outputs on the {kind} images are not finite; "
                "lower train.optimizer.learning_rate in a new --model_dir"
            )
        self.seconds.assign_add(time.monotonic() - begin)
        result = {"accuracy": correct / images, "images": int(images)}
        if self.task.tells_top_5:
            result["top_5_accuracy"] = top_5 / images
        return result

    def _evaluation(self, test):
        """The images, and the compiled function that counts in a batch."""
        if test not in self._evaluations:
            batches = self.task.evaluation_batches(self.strategy, test)
            # Without the signature the last, smaller batch would be traced
            # anew.
            count = tf.function(
                self._count,
                input_signature=[batches.element_spec],
                autograph=False,
            )
            self._evaluations[test] = batches, count
        return self._evaluations[test]

    def _step(self, iterator):
        loss, correct, norm = self.strategy.run(
            self._replica, (next(iterator), self._keep())
        )
        loss = self._sum(loss)
        self._sums["loss"].assign_add(loss)
        self._sums["accuracy"].assign_add(self._sum(correct) / self.batch_size)
        # The norm is the same in every replica, if it is finite in all.
        watched = {"loss": loss, "gradient": self._sum(norm)}
        self._guard.watch(self.global_step, watched, 0.0)
        self.global_step.assign_add(1)

    def _keep(self):
        """What each image's edges are multiplied by in this step.

        Returns:
          float32 [num_drop_edges, batch], of mean 1; None if none is dropped.
        """
        edges = self.network.num_drop_edges
        if not self._drop_path or not edges:
            return None
        done = tf.cast(self.global_step, tf.float32) / self._last_step
        kept = 1 - self._drop_path * done
        drawn = tf.random.stateless_uniform(
            [edges, self.batch_size],
            seeds.at_step(self._seed, self.global_step),
            alg="philox",
        )
        return tf.cast(drawn < kept, tf.float32) / kept

    def _replica(self, batch, keep):
        if keep is not None:
            context = tf.distribute.get_replica_context()
            share = self.batch_size // context.num_replicas_in_sync
            first = share * context.replica_id_in_sync_group
            keep = tf.slice(keep, [0, first], [-1, share])
        return self.weight_update.step(
            self.task.train_loss,
            self.task.num_correct,
            batch,
            self.batch_size,
            keep=keep,
        )

    def _count(self, batch):
        counted = self.strategy.run(self._count_replica, (batch,))
        return tuple(map(self._sum, counted))

    def _count_replica(self, batch):
        images, labels = batch
        # The last batch need not do for all replicas, and a convolution of no
        # images returns a wrong shape in TF 2.20: one is added.
        images = tf.pad(images, [[0, 1], [0, 0], [0, 0], [0, 0]])
        logits = self.network(images)[:-1]
        top_5 = tf.zeros([])
        if self.task.tells_top_5:
            top_5 = self.task.num_in_top_5(labels, logits)
        correct = self.task.num_correct(labels, logits)
        return correct, top_5, tf.cast(tf.size(labels), tf.float32)

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
