"""Plans a training that is given a number of hours (`train.hours`)."""

import math
import random
import time
from typing import NamedTuple

import tensorflow as tf

from ednas_tf import wording
from ednas_tf.loops import distribution
from ednas_tf.loops.schedule import Schedule
from ednas_tf.loops.train.train_trainer import TrainTrainer
from ednas_tf.monitor import terminal
from ednas_tf.space.genotype import Genotype
from ednas_tf.tasks import Task

#: Most epochs: those of the paper's training on CIFAR-10.
MOST_EPOCHS = 600
#: Number of steps that are timed, and the least number of epochs.
_STEPS, _EPOCHS = 10, 5
#: Part of the time that is planned; the rest is for what is not measured.
_PLANNED = 0.93


class Cost(NamedTuple):
    """What a training costs.

    Attributes:
      making: seconds until the network is made and its first step is done.
      step: seconds of a further step.
      evaluation: seconds of the validation after an epoch, if there is one.
    """

    making: float
    step: float
    evaluation: float


def settle(task: Task, genotype: Genotype, replicas: int) -> None:
    """Chooses the number of epochs in the settings of a training.

    A network is made, some steps of it are timed, and it is thrown away.

    Args:
      task: the task, whose settings are changed.
      genotype: the architecture.
      replicas: number of replicas that share a batch.
    """
    train = task.settings.train
    print(terminal.TIMING, flush=True)
    cost = measured(task, genotype)
    # The network is made once more.
    seconds = _PLANNED * (3600 * train.hours - 2 * cost.making)
    train.epochs, train.steps = lengths(
        seconds, cost.step, cost.evaluation, task.train_steps(replicas)
    )
    described = (
        f"planned for {train.hours:g} hours: "
        f"{wording.count(train.epochs, 'epoch')} of "
        f"{wording.count(train.steps, 'step')}, each of which takes "
        f"{cost.step:.3g} s"
    )
    print(wording.wrapped(described))


def measured(task: Task, genotype: Genotype) -> Cost:
    """Measures what the training of an architecture costs.

    A network is made, some steps of it are timed, and it is thrown away. Random
    numbers go on as if there had been no network.

    Args:
      task: the task.
      genotype: the architecture.
    """
    strategy = distribution.strategy(
        task.settings.runtime.distribution_strategy
    )
    state, begin = random.getstate(), time.monotonic()
    trainer = TrainTrainer(
        task, task.settings, genotype, Schedule(1, 1000, 0), strategy
    )
    random.setstate(state)
    trainer.train(tf.constant(1))
    making, start = time.monotonic() - begin, time.monotonic()
    trainer.train(tf.constant(_STEPS))
    step, evaluation = (time.monotonic() - start) / _STEPS, 0.0
    if task.validates:
        start = time.monotonic()
        trainer.evaluate()
        evaluation = time.monotonic() - start
    return Cost(making, step, evaluation)


def lengths(
    seconds: float, step: float, evaluation: float, steps_a_pass: int
) -> tuple[int, int]:
    """Numbers of epochs, and of steps in each, that fit into a time.

    Args:
      seconds: the time.
      step: seconds of a step.
      evaluation: seconds of the evaluation after an epoch.
      steps_a_pass: number of steps in a pass over the data.
    """
    epochs = math.floor(seconds / (steps_a_pass * step + evaluation))
    if epochs >= _EPOCHS:
        return min(epochs, MOST_EPOCHS), steps_a_pass
    steps = math.floor((seconds / _EPOCHS - evaluation) / step)
    return _EPOCHS, max(1, min(steps, steps_a_pass))
