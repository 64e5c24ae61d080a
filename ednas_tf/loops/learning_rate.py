"""How the learning rate changes over a run.

By the step, where the authors' code changes it by the epoch.
"""

import keras
import tensorflow as tf

from ednas_tf.settings import schema

#: What the schedule "step" divides by (section 4.1.1).
_FACTOR = 10


def make(
    settings: schema.Optimizer, steps: int, epochs: int
) -> keras.optimizers.schedules.LearningRateSchedule:
    """The schedule that the settings ask for.

    Args:
      settings: of the optimizer.
      steps: of each epoch.
      epochs: of the run.
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
    """The same rate at every step."""

    def __init__(self, rate: float):
        self.rate = rate

    def __call__(self, step):
        return tf.constant(self.rate, tf.float32)

    def get_config(self):
        return {"rate": self.rate}


class WarmUp(keras.optimizers.schedules.LearningRateSchedule):
    """Rises linearly, over the first steps, to what a schedule says.

    Args:
      schedule: what holds without a warm-up.
      steps: so many; the last of them has the schedule's full rate.
    """

    def __init__(self, schedule, steps: int):
        self.schedule = schedule
        self.steps = steps

    def __call__(self, step):
        done = (tf.cast(step, tf.float32) + 1) / self.steps
        return self.schedule(step) * tf.minimum(done, 1.0)

    def get_config(self):
        return {"schedule": self.schedule, "steps": self.steps}
