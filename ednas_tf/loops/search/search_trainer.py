"""The inner loop of a search: child steps and policy steps (section 3.4)."""

import time

import numpy as np
import orbit
import tensorflow as tf

from ednas_tf import errors, seeds
from ednas_tf.loops.call_lengths import CallLengths
from ednas_tf.loops.finite_guard import FiniteGuard
from ednas_tf.loops.schedule import CHILD, POLICY, Schedule
from ednas_tf.loops.search.supernet import Supernet
from ednas_tf.loops.search.table import Table
from ednas_tf.nets import architectures
from ednas_tf.nets.architectures import Architecture
from ednas_tf.searchers.searcher import Searcher
from ednas_tf.settings import schema
from ednas_tf.tasks import Task


class SearchTrainer(orbit.AbstractTrainer):
    """Runs child steps and policy steps, as the schedule orders them.

    In a child step the searcher proposes one architecture, and the supernet
    trains the weights of it. In a policy step the searcher has architectures
    evaluated on the supernet, and learns from their rewards. Proposals are
    functions of the seed, the step and the searcher's state.

    Args:
      task: data, supernet, loss and reward.
      settings: the settings of the run.
      searcher: the searcher, whose variables do not belong to `strategy`.
      schedule: the schedule of the run.
      strategy: the tf.distribute strategy for child steps and rewards.

    Attributes:
      global_step: number of steps done, of both phases.
      supernet: the supernet, which is also the evaluator; or a `Table`, with
        which there are no child steps.
      counts: int64 [phases, cell types, edges, ops]: how often each operation
        was on each edge in this epoch, in child steps and in policy steps.
      rewards: float32 [policy steps, evaluations per step]: the rewards of this
        epoch.
      architectures: int64 [policy steps, evaluations per step, cell types, 2,
        slots]: the architectures with these rewards, as sources and operations.
      lengths: by phase, how a call of `train` is split.
    """

    def __init__(
        self,
        task: Task,
        settings: schema.Settings,
        searcher: Searcher,
        schedule: Schedule,
        strategy,
    ):
        self.task = task
        self.searcher = searcher
        self.schedule = schedule
        self.strategy = strategy
        self.global_step = tf.Variable(0, dtype=tf.int64, trainable=False)
        if task.reads_table:
            self.supernet = Table(task)
        else:
            self.supernet = Supernet(task, settings, schedule, strategy)
        space = task.space
        shape = [2, len(space.cell_types), len(space.edges), len(space.ops)]
        self.counts = tf.Variable(tf.zeros(shape, tf.int64))
        evaluations = [schedule.policy_steps, searcher.evaluations_per_step]
        self.rewards = tf.Variable(tf.zeros(evaluations))
        first = architectures.pack(architectures.first(space))
        self.architectures = tf.Variable(
            tf.zeros([*evaluations, *first.shape], tf.int64)
        )
        self._seed = seeds.derive(settings.seed, "architectures")
        self._sums = {name: tf.Variable(0.0) for name in (*task.sums, "reward")}
        self._guard = FiniteGuard(
            ("loss", "reward", "gradient", *searcher.watched), first
        )
        self.lengths = {phase: CallLengths() for phase in (CHILD, POLICY)}
        self._iterators = {}
        self._loops = {
            CHILD: self._compile(self._child_step),
            POLICY: self._compile(self._policy_step),
        }

    def checkpoint(self) -> tf.train.Checkpoint:
        """The whole state of a search, to resume it from."""
        return tf.train.Checkpoint(
            global_step=self.global_step,
            searcher=self.searcher,
            counts=self.counts,
            rewards=self.rewards,
            architectures=self.architectures,
            **self.supernet.checkpointed(),
        )

    @staticmethod
    def _compile(step):
        step = tf.autograph.experimental.do_not_convert(step)
        return tf.function(orbit.utils.create_tf_while_loop_fn(step))

    def end_epoch(self) -> dict[str, np.ndarray]:
        """Returns the epoch's row of the history, and resets the counts.

        Returns:
          "epoch/counts": see the attribute `counts`; "epoch/rewards":
          [evaluations]; "epoch/architectures": int8 [evaluations, cell types,
          2, slots].
        """
        counts = self.counts.numpy()
        self.counts.assign(tf.zeros_like(self.counts))
        evaluated = self.architectures.numpy()
        return {
            "epoch/counts": counts,
            "epoch/rewards": self.rewards.numpy().reshape(-1),
            # Numbers of states and operations are small, and steps are many.
            "epoch/architectures": evaluated.reshape(
                -1, *evaluated.shape[2:]
            ).astype(np.int8),
        }

    def train(self, num_steps: tf.Tensor) -> dict[str, float]:
        """Runs the next steps, all of which must be of one phase.

        Args:
          num_steps: number of steps.

        Returns:
          Scalars by TensorBoard tag: means over these steps.

        Raises:
          RunError: a loss, a reward or a gradient was not finite.
        """
        start = int(self.global_step.numpy())
        phase = self.schedule.phase(start)
        for variable in self._sums.values():
            variable.assign(0.0)
        begin = time.monotonic()
        for steps in self.lengths[phase].split(int(num_steps)):
            self.run(phase, tf.constant(steps))
            self._check_finite()
        seconds = time.monotonic() - begin
        means = {
            name: float(variable) / int(num_steps)
            for name, variable in self._sums.items()
        }
        units = int(num_steps) * self.task.units_per_batch(phase)
        rate = {f"{phase}/{self.task.unit}_per_second": units / seconds}
        reward = means.pop("reward")
        if phase == CHILD:
            means = self.task.step_metrics(means)
            return rate | {
                **{f"child/{name}": value for name, value in means.items()},
                "child/learning_rate": (
                    self.supernet.weight_update.learning_rate()
                ),
            }
        scalars = self.searcher.scalars()
        return rate | {
            "policy/reward": reward,
            **{f"policy/{name}": float(each) for name, each in scalars.items()},
        }

    def run(self, phase: str, num_steps: tf.Tensor) -> None:
        """Runs `num_steps` steps of a phase, even if the other one is due."""
        start = int(self.global_step.numpy())
        self._loops[phase](self._iterator(phase, start), num_steps)

    def forget(self) -> None:
        """Adapts to variables that were restored.

        The next batch is that of the restored global step, and a number that
        was not finite is forgotten.
        """
        self._iterators.clear()
        self._guard.forget()

    def _iterator(self, phase, start):
        """The batches of a phase.

        They are made at the first use, when a checkpoint has set the step.
        """
        if phase not in self._iterators:
            make = {
                CHILD: self.task.child_batches,
                POLICY: self.task.policy_batches,
            }[phase]
            done = self.schedule.done(start, phase)
            self._iterators[phase] = iter(make(self.strategy, done))
        return self._iterators[phase]

    def propose(self) -> Architecture:
        """Proposes the architecture of the next child step."""
        return self.searcher.propose(self._step_seed())

    def _step_seed(self):
        return seeds.at_step(self._seed, self.global_step)

    def _child_step(self, iterator):
        architecture = self.propose()
        sums, watched = self.supernet.train(
            architecture, next(iterator), self.global_step.read_value()
        )
        for name, value in sums.items():
            self._sums[name].assign_add(value)
        self._finish(0, [architecture], watched)

    def _policy_step(self, iterator):
        learned = self.searcher.learn(
            self.supernet, next(iterator), self._step_seed()
        )
        reward = tf.reduce_mean(learned.rewards)
        self._sums["reward"].assign_add(reward)
        inside = self.global_step % self.schedule.steps_per_epoch
        # The modulus keeps it valid if `run` runs policy steps early.
        number = (
            inside - self.schedule.child_steps
        ) % self.schedule.policy_steps
        self.rewards.scatter_nd_update([[number]], [learned.rewards])
        evaluated = tf.stack(
            list(map(architectures.pack, learned.architectures))
        )
        # int64 like the counts, because GPUs lack kernels for int32.
        evaluated = tf.cast(evaluated, tf.int64)
        self.architectures.scatter_nd_update([[number]], [evaluated])
        watched = {"reward": reward, **learned.watched}
        # If a reward is not finite, the error names its architecture.
        worst = tf.argmax(~tf.math.is_finite(learned.rewards))
        self._finish(1, learned.architectures, watched, worst)

    def _finish(self, phase: int, proposed, watched, worst=0) -> None:
        """Counts the architectures of a step, and completes it.

        Args:
          phase: 0 for a child step, 1 for a policy step.
          proposed: the architectures of the step.
          watched: scalars by name, for the guard.
          worst: number of the architecture that the guard records.
        """
        for architecture in proposed:
            counted = architectures.count(self.task.space, architecture)
            self.counts.scatter_nd_add([[phase]], counted[tf.newaxis])
        packed = tf.stack(list(map(architectures.pack, proposed)))
        self._guard.watch(self.global_step, watched, packed[worst])
        self.global_step.assign_add(1)

    def _check_finite(self) -> None:
        """Raises `RunError` if the guard found a number that is not finite."""
        found = self._guard.found()
        if not found:
            return
        step, name = found
        phase, remedy = self.schedule.phase(step), self.searcher.remedy
        if name not in self.searcher.watched:
            remedy = "lower search.optimizer.learning_rate"
        if phase == CHILD:
            done = self.schedule.done(step, CHILD)
            rate = self.supernet.weight_update.learning_rate(done)
        else:
            rate = self.searcher.scalars().get("learning_rate")
        rate = "" if rate is None else f" with learning rate {float(rate):.6g}"
        space = self.task.space
        genotype = architectures.to_genotype(
            space, architectures.unpack(space, self._guard.note)
        )
        raise errors.RunError(
            f"step {step}, a {phase} step{rate}: the {name} is not finite; "
            f"checkpoints are kept; {remedy} in a new --model_dir; the "
            f"architecture was {genotype.to_json()}"
        )
