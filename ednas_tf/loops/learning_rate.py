"""Schedules of the learning rate.

It changes with every step; in the authors' code it changes with every epoch.
"""

import keras
import tensorflow as tf

from ednas_tf.settings import schema

#: The schedule "step" divides the learning rate by this (section 4.2.1 of the
#: paper).
_FACTOR = 10


def make(
    settings: schema.Optimizer, steps: int, epochs: int
) -> keras.optimizers.schedules.LearningRateSchedule:
    """Makes the schedule that the settings name.

    Args:
      settings: the settings of the optimizer.
      steps: number of steps in an epoch.
      epochs: number of epochs of the run.
    """
    schedules = keras.optimizers.schedules
    if settings.schedule == "cosine":
        schedule = schedules.CosineDecay(
            settings.learning_rate,
            steps * epochs,
            alpha=settings.final_learning_rate / settings.learning_rate,
        )
    elif settings.schedule == "constant":
        schedule = Constant(settings.learning_rate)
    else:
        schedule = schedules.ExponentialDecay(
            settings.learning_rate,
            steps * settings.decay_epochs,
            1 / _FACTOR,
            staircase=True,
        )
    if settings.warmup_epochs:
        return WarmUp(schedule, steps * settings.warmup_epochs)
    return schedule


class Constant(keras.optimizers.schedules.LearningRateSchedule):
    """The same learning rate at every step."""

    def __init__(self, rate: float):
        self.rate = rate

    def __call__(self, step):
        return tf.constant(self.rate, tf.float32)

    def get_config(self):
        return {"rate": self.rate}


class WarmUp(keras.optimizers.schedules.LearningRateSchedule):
    """Raises the learning rate linearly to that of another schedule.

    Args:
      schedule: the other schedule.
      steps: number of steps of the warm-up. The last of them has the full
        learning rate of the schedule.
    """

    def __init__(self, schedule, steps: int):
        self.schedule = schedule
        self.steps = steps

    def __call__(self, step):
        done = (tf.cast(step, tf.float32) + 1) / self.steps
        return self.schedule(step) * tf.minimum(done, 1.0)

    def get_config(self):
        return {"schedule": self.schedule, "steps": self.steps}


class Stretched(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule over another number of steps, which can be changed.

    Args:
      schedule: the schedule.
      ratio: float32 variable: the number of steps of `schedule` for each step.
    """

    def __init__(self, schedule, ratio: tf.Variable):
        self.schedule = schedule
        self.ratio = ratio

    def __call__(self, step):
        return self.schedule(tf.cast(step, tf.float32) * self.ratio)

    def get_config(self):
        return {"schedule": self.schedule, "ratio": float(self.ratio)}
