"""Plans a training that is given a number of hours (`train.hours`)."""

import math
import time

import tensorflow as tf

from ednas_tf import wording
from ednas_tf.loops import distribution
from ednas_tf.loops.schedule import Schedule
from ednas_tf.loops.train.train_trainer import TrainTrainer
from ednas_tf.space.genotype import Genotype
from ednas_tf.tasks import Task

#: Most epochs: those of the paper's training on CIFAR-10.
MOST_EPOCHS = 600
#: Number of steps that are timed, and the least number of epochs.
_STEPS, _EPOCHS = 10, 5
#: Part of the time that is planned; the rest is for what is not measured.
_PLANNED = 0.93


def settle(task: Task, genotype: Genotype, replicas: int) -> None:
    """Chooses the number of epochs in the settings of a training.

    A network is made, some steps of it are timed, and it is thrown away.

    Args:
      task: the task, whose settings are changed.
      genotype: the architecture.
      replicas: number of replicas that share a batch.
    """
    train, begin = task.settings.train, time.monotonic()
    strategy = distribution.strategy(
        task.settings.runtime.distribution_strategy
    )
    trainer = TrainTrainer(
        task, task.settings, genotype, Schedule(1, 1000, 0), strategy
    )
    trainer.train(tf.constant(1))
    making = time.monotonic() - begin
    start = time.monotonic()
    trainer.train(tf.constant(_STEPS))
    step = (time.monotonic() - start) / _STEPS
    evaluation = 0.0
    if task.validates:
        start = time.monotonic()
        trainer.evaluate()
        evaluation = time.monotonic() - start
    # The network is made once more.
    seconds = _PLANNED * (3600 * train.hours - 2 * making)
    train.epochs, train.steps = lengths(
        seconds, step, evaluation, task.train_steps(replicas)
    )
    described = (
        f"planned for {train.hours:g} hours: "
        f"{wording.count(train.epochs, 'epoch')} of "
        f"{wording.count(train.steps, 'step')}, each of which takes "
        f"{step:.3g} s"
    )
    print(wording.wrapped(described))


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
