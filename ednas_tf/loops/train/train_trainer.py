"""The inner loop of a training: steps and evaluations."""

import math
import time
from collections.abc import Callable

import keras
import numpy as np
import orbit
import tensorflow as tf

from ednas_tf import errors, replicas
from ednas_tf.loops.call_lengths import CallLengths
from ednas_tf.loops.carried_state import CarriedState
from ednas_tf.loops.finite_guard import FiniteGuard
from ednas_tf.loops.schedule import CHILD
from ednas_tf.loops.train.weight_average import WeightAverage
from ednas_tf.loops.weight_update import WeightUpdate
from ednas_tf.tasks import Task


class TrainTrainer(orbit.AbstractTrainer):
    """Trains a derived network (section 4.1.1).

    Args:
      task: data, network and loss.
      settings: the settings of the run.
      genotype: the genotype of the network.
      schedule: the schedule of the run, which the learning rate follows.
      strategy: the tf.distribute strategy.
      make: makes another network to train in its place, with no genotype.

    Attributes:
      global_step: number of steps done.
      network: the network.
      weight_update: the update of its weights in a step.
      seconds: time of all steps and evaluations, also in earlier starts.
      best_step, best_measure: step and measure of the best validation.
      metrics: means over the steps of the last call of `train`, by name.
      lengths: by phase, how a call of `train` is split.
    """

    def __init__(
        self,
        task: Task,
        settings,
        genotype,
        schedule,
        strategy,
        make: Callable[[], keras.Model] | None = None,
    ):
        self.task = task
        self.schedule = schedule
        self.strategy = strategy
        self.global_step = tf.Variable(0, dtype=tf.int64, trainable=False)
        self.seconds = tf.Variable(0.0, dtype=tf.float64, trainable=False)
        self.best_step = tf.Variable(0, dtype=tf.int64, trainable=False)
        self.best_measure = tf.Variable(
            -math.inf if task.higher_is_better else math.inf, dtype=tf.float64
        )
        with strategy.scope():
            self.network = make() if make else task.child(genotype)
            self.weight_update = self._make_update(settings)
        self.state = CarriedState(task.initial_state("train"), strategy)
        self._last_step = max(1, schedule.total_steps - 1)
        self._sums = {name: tf.Variable(0.0) for name in task.sums}
        self._guard = FiniteGuard(("loss", "gradient"), tf.zeros([]))
        self.metrics = {}
        self.lengths = {CHILD: CallLengths()}
        self._batches = None
        self._evaluations = {}
        step = tf.autograph.experimental.do_not_convert(self._step)
        self._loop = tf.function(orbit.utils.create_tf_while_loop_fn(step))

    def _make_update(self, settings):
        train, average = settings.train, None
        if train.nonmonotone_checks:
            average = WeightAverage(
                self.network.trainable_variables,
                train.nonmonotone_checks,
                self.task.higher_is_better,
            )
        return WeightUpdate(
            self.network,
            train.optimizer,
            self.schedule.child_steps,
            self.schedule.epochs,
            train.ema_decay,
            settings.runtime.xla,
            average,
        )

    def checkpoint(self) -> tf.train.Checkpoint:
        """The whole state of a training, to resume it from."""
        return tf.train.Checkpoint(
            global_step=self.global_step,
            child=self.weight_update.checkpoint(),
            best_step=self.best_step,
            seconds=self.seconds,
            **{f"best_{self.task.measure}": self.best_measure},
            **self.state.checkpointed(),
        )

    def train(self, num_steps: tf.Tensor) -> dict[str, float]:
        """Runs the next `num_steps` steps.

        Returns:
          Scalars by TensorBoard tag: means over these steps, and the learning
          rate of the next step.

        Raises:
          RunError: a loss or a gradient was not finite.
        """
        if self._batches is None:
            # They are made here, when a checkpoint has set the step.
            start = int(self.global_step.numpy())
            self._batches = iter(self.task.train_batches(self.strategy, start))
        for variable in self._sums.values():
            variable.assign(0.0)
        begin = time.monotonic()
        for steps in self.lengths[CHILD].split(int(num_steps)):
            self._loop(self._batches, tf.constant(steps))
            self._check_finite()
        seconds = time.monotonic() - begin
        self.seconds.assign_add(seconds)
        steps = int(num_steps)
        self.metrics = self.task.step_metrics(
            {name: float(total) / steps for name, total in self._sums.items()}
        )
        units = steps * self.task.units_per_batch("train")
        scalars = {
            **{f"train/{name}": value for name, value in self.metrics.items()},
            "train/learning_rate": self.weight_update.learning_rate(),
            f"train/{self.task.unit}_per_second": units / seconds,
        }
        if self.weight_update.average:
            averaging = self.weight_update.average.is_on
            scalars["train/averaging"] = float(averaging)
        return scalars

    def evaluate(
        self, test: bool = False, final: bool = False
    ) -> dict[str, float]:
        """Evaluates the network with its present weights.

        Args:
          test: whether to use the test data; if not, the validation data.
          final: whether it is for the result; if not, for one epoch.

        Returns:
          The task's `evaluation_metrics`.

        Raises:
          RunError: the measure is not finite.
        """
        begin = time.monotonic()
        batches, count, state = self._evaluation(test, final)
        parts = []
        for batch in batches:
            found, state = count(batch, state)
            parts.append(found)
        totals = {
            name: np.sum([p[name] for p in parts], 0, np.float64).tolist()
            for name in parts[0]
        }
        result = self.task.evaluation_metrics(totals)
        if not math.isfinite(result[self.task.measure]):
            kind = "test" if test else "validation"
            raise errors.RunError(
                f"the network's outputs on the {kind} {self.task.unit} are not "
                "finite; lower train.optimizer.learning_rate in a new "
                "--model_dir"
            )
        self.seconds.assign_add(time.monotonic() - begin)
        return result

    def _evaluation(self, test, final):
        """The batches, the compiled evaluation of a batch, and the state."""
        if (test, final) not in self._evaluations:
            batches = self.task.evaluation_batches(self.strategy, test, final)
            state = self.task.evaluation_state(test, final)
            specs = [tf.TensorSpec.from_tensor(value) for value in state]
            # Without a signature the last, smaller batch would be traced again.
            count = tf.function(
                self._count,
                input_signature=[batches.element_spec, tuple(specs)],
                autograph=False,
            )
            self._evaluations[test, final] = batches, count, state
        return self._evaluations[test, final]

    def _step(self, iterator):
        step = self.global_step.read_value()
        progress = tf.cast(step, tf.float32) / self._last_step
        parts, norm = self.strategy.run(
            self._replica, (next(iterator), self.state.read(), step, progress)
        )
        for name, part in parts.sums.items():
            self._sums[name].assign_add(self._sum(part))
        self.state.write(parts.state)
        # All replicas have the same norm; it is summed so that one that is not
        # finite shows.
        watched = {"loss": self._sum(parts.loss), "gradient": self._sum(norm)}
        self._guard.watch(self.global_step, watched, 0.0)
        self.global_step.assign_add(1)

    def _replica(self, batch, state, step, progress):
        state = tuple(map(replicas.share, state))
        return self.weight_update(
            lambda: self.task.train_loss(
                self.network, batch, state, step, progress
            )
        )

    def _count(self, batch, state):
        parts, state = self.strategy.run(self._count_replica, (batch, state))
        local = self.strategy.experimental_local_results
        return (
            {name: self._sum(part) for name, part in parts.items()},
            # All replicas return the same state.
            tuple(local(value)[0] for value in state),
        )

    def _count_replica(self, batch, state):
        return self.task.evaluate(self.network, batch, state)

    def _sum(self, per_replica):
        return self.strategy.reduce(
            tf.distribute.ReduceOp.SUM, per_replica, axis=None
        )

    def _check_finite(self) -> None:
        """Raises `RunError` if the guard found a number that is not finite."""
        found = self._guard.found()
        if found:
            step, name = found
            rate = self.weight_update.learning_rate(step)
            raise errors.RunError(
                f"step {step}, with learning rate {rate:.6g}: the {name} is "
                "not finite; checkpoints are kept; lower "
                "train.optimizer.learning_rate in a new --model_dir"
            )
