"""Trains one architecture after another, each with weights of its own.

The child step of a supernet takes the architecture as data. With fresh weights,
and with one architecture in all steps, it trains that architecture alone. So
the graph of the supernet, traced once, trains every architecture of the space:
nothing is traced or compiled for the next one.
"""

import functools

import keras
import numpy as np
import orbit
import tensorflow as tf

from ednas_tf import seeds
from ednas_tf.loops.schedule import Schedule
from ednas_tf.loops.search.supernet import Supernet
from ednas_tf.nets import architectures
from ednas_tf.settings import schema
from ednas_tf.space.genotype import Genotype
from ednas_tf.tasks import Task

#: Steps of an epoch of the schedule that is stretched to each training, and
#: its epochs where the settings leave them open.
_STEPS_PER_EPOCH, _EPOCHS = 1000, 100
#: Number of steps between the first batches of two seeds.
_APART = 10**6


class ShortTraining:
    """Trains one architecture at a time; `begin` starts the next one.

    All architectures of a seed start from the same initial weights of the
    supernet, and read the same batches. What a training gives depends only on
    the architecture, the seed and the number of steps. If the task has folds,
    each seed has the next one: trainings with other seeds have other validation
    data.

    Args:
      task: the task of the search.
      settings: the settings of the run.
      strategy: the tf.distribute strategy.

    Attributes:
      settings: the settings of the run.
      steps: number of steps that the present training has done.
    """

    def __init__(self, task: Task, settings: schema.Settings, strategy):
        self.task = task
        self.strategy = strategy
        self.steps = 0
        self.settings = settings
        # A search that plans its lengths has no epochs when it begins.
        search = settings.search
        self._epochs = _EPOCHS if search.hours else search.epochs
        self._ratio = tf.Variable(1.0, trainable=False)
        self._supernet = self._fresh(settings.seed)
        self._initial = {settings.seed: self.values()}
        self._seed = 0
        self._step = tf.Variable(0, dtype=tf.int64, trainable=False)
        self._sums = {
            name: tf.Variable(tf.zeros([1]), shape=[None]) for name in task.sums
        }
        first = architectures.pack(architectures.first(task.space))
        self._packed = tf.Variable(first, trainable=False)
        self._batches = None
        # Making a data set takes as long as many steps of a small network.
        # A fold is a copy of the images.
        self._of_fold = functools.cache(task.fold)
        self._child_batches = functools.cache(self._make_child_batches)
        self._scored_batches = functools.cache(self._make_scored_batches)
        self._loop = self._compile(self._train_step)
        self._scores = tf.function(self._batch_scores, autograph=False)

    def _make_child_batches(self, fold, start_step):
        task = self._of_fold(fold)
        return task.child_batches(self.strategy, start_step)

    def _make_scored_batches(self, fold):
        task = self._of_fold(fold)
        return task.policy_batches(self.strategy, 0, "candidate")

    @property
    def _fold(self) -> int:
        """The fold of the present seed; the run's own seed has the first."""
        return (self._seed - self.settings.seed) % self.task.folds

    @staticmethod
    def _compile(step):
        step = tf.autograph.experimental.do_not_convert(step)
        return tf.function(orbit.utils.create_tf_while_loop_fn(step))

    def _fresh(self, seed: int) -> Supernet:
        """A supernet with the initial weights of a seed."""
        keras.utils.set_random_seed(seeds.derive(seed, "short training"))
        return Supernet(
            self.task,
            self.settings,
            Schedule(self._epochs, _STEPS_PER_EPOCH, 0),
            self.strategy,
            self._ratio,
        )

    def begin(self, genotype: Genotype, seed: int, length: int) -> None:
        """Begins the training of an architecture with fresh weights.

        Args:
          genotype: the architecture, which must belong to the task's space.
          seed: seed of the initial weights and of the batches.
          length: number of steps over which the learning rate falls, as it
            falls over the epochs of a search. The training can be stopped
            earlier.
        """
        if seed not in self._initial:
            self._initial[seed] = _values(self._fresh(seed))
        self.restore(genotype, seed, length, 0, self._initial[seed])

    def values(self) -> list[np.ndarray]:
        """The values of all variables, to go on with later."""
        return _values(self._supernet)

    def restore(
        self,
        genotype: Genotype,
        seed: int,
        length: int,
        steps: int,
        values: list[np.ndarray],
    ) -> None:
        """Goes on with a training of so many steps that had these values."""
        architecture = architectures.from_genotype(self.task.space, genotype)
        self._packed.assign(architectures.pack(architecture))
        variables = _variables(self._supernet)
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)
        whole = self._epochs * _STEPS_PER_EPOCH
        self._ratio.assign(whole / length)
        for sums in self._sums.values():
            sums.assign(tf.zeros([length]))
        self._seed, self.steps = seed, steps
        self._step.assign(steps)
        self._batches = None

    def train(self, steps: int) -> dict[str, np.ndarray]:
        """Runs the next steps of the present training.

        Returns:
          For each name in `Task.sums` its value in each step, float32 [steps].
        """
        if self._batches is None:
            start = self._seed * _APART + self.steps
            self._batches = iter(self._child_batches(self._fold, start))
        self._loop(self._batches, tf.constant(steps))
        done = slice(self.steps, self.steps + steps)
        self.steps += steps
        return {name: sums.numpy()[done] for name, sums in self._sums.items()}

    def _architecture(self):
        return architectures.unpack(self.task.space, self._packed.read_value())

    def _train_step(self, iterator):
        step = self._step.read_value()
        sums, _ = self._supernet.train(
            self._architecture(), next(iterator), step
        )
        for name, value in sums.items():
            self._sums[name].scatter_nd_update([[step]], [value])
        self._step.assign_add(1)

    def score(self) -> np.ndarray:
        """The mean of `Task.score` over all minibatches of the validation data.

        Returns:
          float32 [k], of which `Task.reward` computes the reward.
        """
        replicas = self.strategy.num_replicas_in_sync
        _, steps = self.task.search_steps(replicas)
        batches = iter(self._scored_batches(self._fold))
        found = [self._scores(next(batches)).numpy() for _ in range(steps)]
        return np.mean(found, 0, dtype=np.float64).astype(np.float32)

    def _batch_scores(self, batch):
        return self._supernet.scores(self._architecture(), batch)


def _variables(supernet: Supernet):
    return [
        *(variable.value for variable in supernet.network.variables),
        *(each.value for each in supernet.weight_update.optimizer.variables),
        *supernet.state.variables,
    ]


def _values(supernet: Supernet) -> list[np.ndarray]:
    return [variable.numpy() for variable in _variables(supernet)]
