"""The inner loop of a search: child steps and policy steps (section 3.4)."""

import time

import numpy as np
import orbit
import tensorflow as tf

from ednas_tf import errors, replicas, seeds
from ednas_tf.loops.carried_state import CarriedState
from ednas_tf.loops.finite_guard import FiniteGuard
from ednas_tf.loops.schedule import CHILD, POLICY, Schedule
from ednas_tf.loops.weight_update import WeightUpdate
from ednas_tf.nets import architecture
from ednas_tf.searchers.policy_update import PolicyUpdate
from ednas_tf.tasks import Task


class SearchTrainer(orbit.AbstractTrainer):
    """Runs steps of whichever phase the schedule says.

    A child step samples one architecture and moves the shared weights; a
    policy step samples one, scores it on a minibatch and moves the policies.
    All replicas run the architecture of the step, on their parts of the
    batch. Which architecture is a function of the seed, the step and the
    policies.

    Args:
      task: data, supernet, loss and reward.
      settings: of the run.
      searcher: proposes and learns; made outside of `strategy`.
      schedule: of the run.
      strategy: distributes child and reward.

    Attributes:
      global_step: steps done, of both phases.
      supernet: the shared weights.
      counts: int64 [phases, cell types, edges, ops], how often what was
        sampled in this epoch; the phases are child and policy.
      rewards: float32 [policy steps], of this epoch.
      architectures: int64 [policy steps, cell types, 2, nodes, edges per
        node], which earned them: sources, then operations.
    """

    def __init__(
        self, task: Task, settings, searcher, schedule: Schedule, strategy
    ):
        self.task = task
        self.searcher = searcher
        self.schedule = schedule
        self.strategy = strategy
        self.global_step = tf.Variable(0, dtype=tf.int64, trainable=False)
        with strategy.scope():
            self.supernet = task.supernet()
            self.weight_update = WeightUpdate(
                self.supernet,
                settings.search.optimizer,
                schedule.child_steps,
                schedule.epochs,
            )
        self.policy_update = PolicyUpdate(searcher, settings.policy)
        self.state = CarriedState(task.initial_state("child"), strategy)
        space = task.space
        self.counts = tf.Variable(
            tf.zeros(
                [2, len(space.cell_types), len(space.edges), len(space.ops)],
                tf.int64,
            )
        )
        self.rewards = tf.Variable(tf.zeros([schedule.policy_steps]))
        first = _pack(architecture.first(space))
        self.architectures = tf.Variable(
            tf.zeros([schedule.policy_steps, *first.shape], tf.int64)
        )
        self._seed = seeds.derive(settings.seed, "architectures")
        self._sums = {name: tf.Variable(0.0) for name in (*task.sums, "reward")}
        self._guard = FiniteGuard(
            ("loss", "reward", "gradient", "policies' gradient"), first
        )
        self._iterators = {}
        self._loops = {
            CHILD: self._compile(self._child_step),
            POLICY: self._compile(self._policy_step),
        }

    def checkpoint(self) -> tf.train.Checkpoint:
        """All that a search started again goes on from."""
        return tf.train.Checkpoint(
            global_step=self.global_step,
            child=self.weight_update.checkpoint(),
            searcher=self.searcher,
            policy_optimizer=self.policy_update.optimizer,
            counts=self.counts,
            rewards=self.rewards,
            architectures=self.architectures,
            **self.state.checkpointed(),
        )

    @staticmethod
    def _compile(step):
        step = tf.autograph.experimental.do_not_convert(step)
        return tf.function(orbit.utils.create_tf_while_loop_fn(step))

    def end_epoch(self) -> dict[str, np.ndarray]:
        """The epoch's row of the history; starts counting anew.

        Returns:
          "epoch/counts", "epoch/rewards", "epoch/architectures": see the
          attributes.
        """
        counts = self.counts.numpy()
        self.counts.assign(tf.zeros_like(self.counts))
        return {
            "epoch/counts": counts,
            "epoch/rewards": self.rewards.numpy(),
            # There are few states and operations, but many steps.
            "epoch/architectures": self.architectures.numpy().astype(np.int8),
        }

    def train(self, num_steps: tf.Tensor) -> dict[str, float]:
        """Runs `num_steps` steps, all of one phase.

        Returns:
          Scalars by TensorBoard tag: averages over these steps.

        Raises:
          RunError: a loss, a reward or a gradient was not finite.
        """
        start = int(self.global_step.numpy())
        phase = self.schedule.phase(start)
        for variable in self._sums.values():
            variable.assign(0.0)
        begin = time.monotonic()
        self.run(phase, num_steps)
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
            told = self.task.tell(means)
            return rate | {
                **{f"child/{name}": value for name, value in told.items()},
                "child/learning_rate": self.weight_update.learning_rate(),
            }
        return rate | {
            "policy/reward": reward,
            "policy/baseline": float(self.searcher.baseline),
            "policy/learning_rate": self.policy_update.learning_rate(),
        }

    def run(self, phase: str, num_steps: tf.Tensor) -> None:
        """Runs `num_steps` steps of a phase, whatever the schedule says."""
        start = int(self.global_step.numpy())
        self._loops[phase](self._iterator(phase, start), num_steps)

    def forget(self) -> None:
        """Goes on from the variables, after they were set to others.

        Batches are those of the global step, and what was not finite is no
        longer told of.
        """
        self._iterators.clear()
        self._guard.forget()

    def _iterator(self, phase, start):
        """Made when first needed: by then a checkpoint has set the step."""
        if phase not in self._iterators:
            make = {
                CHILD: self.task.child_batches,
                POLICY: self.task.policy_batches,
            }[phase]
            done = self.schedule.done(start, phase)
            self._iterators[phase] = iter(make(self.strategy, done))
        return self._iterators[phase]

    def sample(self) -> architecture.Selections:
        """The architecture of the next step."""
        return self.searcher.sample(seeds.at_step(self._seed, self.global_step))

    def _child_step(self, iterator):
        selections = self.sample()
        step = self.global_step.read_value()
        parts, norm = self.strategy.run(
            self._child_replica,
            (next(iterator), self.state.read(), selections, step),
        )
        for name, part in parts.sums.items():
            self._sums[name].assign_add(self._sum(part))
        self.state.write(parts.state)
        # The norm is the same in every replica, if it is finite in all.
        watched = {"loss": self._sum(parts.loss), "gradient": self._sum(norm)}
        self._finish(0, selections, watched)

    def _child_replica(self, batch, state, selections, step):
        state = tuple(map(replicas.share, state))
        return self.weight_update(
            lambda: self.task.child_loss(
                self.supernet, batch, state, selections, step
            )
        )

    def _policy_step(self, iterator):
        selections = self.sample()
        reward = self.reward(next(iterator), selections)
        # One that is not finite stops the run, but only after this loop, which
        # policies that are not finite could not sample in.
        finite = tf.math.is_finite(reward)
        norm = self.policy_update(
            selections, tf.where(finite, reward, self.searcher.baseline)
        )
        self._sums["reward"].assign_add(reward)
        inside = self.global_step % self.schedule.steps_per_epoch
        # Never negative, also where `run` was asked for a policy step early.
        number = (
            inside - self.schedule.child_steps
        ) % self.schedule.policy_steps
        self.rewards.scatter_nd_update([[number]], [reward])
        # As counts are: GPUs have few kernels for int32.
        architecture = tf.cast(_pack(selections), tf.int64)
        self.architectures.scatter_nd_update([[number]], [architecture])
        watched = {"reward": reward, "policies' gradient": norm}
        self._finish(1, selections, watched)

    def reward(self, batch, selections) -> tf.Tensor:
        """The reward of an architecture on one distributed minibatch."""
        return self.task.reward(self.scores(batch, selections))

    def scores(self, batch, selections) -> tf.Tensor:
        """What the reward is computed of, [k]; see `Task.score`."""
        return self._sum(self.strategy.run(self._score, (batch, selections)))

    def _score(self, batch, selections):
        return self.task.score(self.supernet, batch, selections)

    def _sum(self, per_replica):
        return self.strategy.reduce(
            tf.distribute.ReduceOp.SUM, per_replica, axis=None
        )

    def _finish(self, phase, selections, watched):
        counted = architecture.count(self.task.space, selections)
        self.counts.scatter_nd_add([[phase]], counted[tf.newaxis])
        self._guard.watch(self.global_step, watched, _pack(selections))
        self.global_step.assign_add(1)

    def _check_finite(self):
        found = self._guard.found()
        if not found:
            return
        step, name = found
        phase = self.schedule.phase(step)
        rate = self.policy_update.learning_rate()
        if phase == CHILD:
            done = self.schedule.done(step, CHILD)
            rate = self.weight_update.learning_rate(done)
        space = self.task.space
        described = architecture.to_genotype(
            space, _unpack(space, self._guard.note)
        )
        setting = "search.optimizer" if phase == CHILD else "policy"
        if name == "reward":
            setting = "search.optimizer"
        raise errors.RunError(
            f"step {step}, a {phase} step with learning rate {rate:.6g}: the "
            f"{name} is not finite; checkpoints are kept; lower "
            f"{setting}.learning_rate in a new --model_dir; the "
            f"architecture was {described.to_json()}"
        )


def _pack(selections):
    """One int32 tensor [cell types, 2, nodes, edges per node]."""
    return tf.stack([tf.stack(chosen) for chosen in selections.values()])


def _unpack(space, packed):
    return {
        cell_type: architecture.Selection(*tf.unstack(chosen))
        for cell_type, chosen in zip(
            space.cell_types, tf.unstack(packed), strict=True
        )
    }
