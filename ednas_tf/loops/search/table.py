"""A table of trainings as the evaluator, in place of a supernet."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf

from ednas_tf.analysis.candidates import Candidate
from ednas_tf.analysis.policies import ARCHITECTURES, REWARDS
from ednas_tf.loops.opening import Run
from ednas_tf.loops.schedule import Schedule
from ednas_tf.nets import architectures as archs
from ednas_tf.nets.architectures import Architecture
from ednas_tf.searchers.searcher import Searcher
from ednas_tf.settings import schema
from ednas_tf.tasks import Task


class Table:
    """Looks the rewards of architectures up.

    Args:
      task: a task that reads a table.

    Attributes:
      comparable: True: the reward of an architecture is always the same.
    """

    comparable = True

    def __init__(self, task: Task):
        self.task = task
        self._rewards = tf.constant(task.rewards, tf.float32)
        self._seconds = tf.constant(task.seconds, tf.float32)
        self._digits = tf.constant(task.digits, tf.int32)
        self._powers = tf.constant(task.table.powers(), tf.int32)

    def checkpointed(self) -> dict[str, object]:
        """The objects to save in a checkpoint: none."""
        return {}

    def rewards(
        self, architectures: Sequence[Architecture], batch=None
    ) -> tf.Tensor:
        """See `searchers.searcher.Evaluator`."""
        return tf.gather(self._rewards, self.codes(architectures))

    def seconds(self, architectures: Sequence[Architecture]) -> tf.Tensor:
        """The simulated seconds of the trainings of architectures, [k]."""
        return tf.gather(self._seconds, self.codes(architectures))

    def codes(self, architectures: Sequence[Architecture]) -> tf.Tensor:
        """The rows of architectures in the table, int32 [k]."""
        ops = tf.stack([each["normal"].ops for each in architectures])
        digits = tf.gather(self._digits, ops)
        return tf.reduce_sum(digits * self._powers, -1)


def schedule(run: Run, searcher: Searcher) -> Schedule:
    """The steps of a search in a table.

    Args:
      run: the run, whose schedule has a policy step for each look-up of an
        epoch.
      searcher: the searcher, which may look up several architectures in a step.

    Returns:
      The schedule with as many look-ups in an epoch, unless the settings say
      how many policy steps there are; and with no more epochs than are possible
      within the budget.
    """
    steps, each = run.schedule.policy_steps, searcher.evaluations_per_step
    if not run.settings.search.policy_steps:
        steps = max(1, steps // each)
    cheapest = steps * each * run.task.seconds.min()
    most = math.ceil(run.settings.table.seconds / cheapest)
    return Schedule(min(run.schedule.epochs, most), 0, steps)


def is_spent(task: Task, arrays: Mapping[str, np.ndarray]) -> bool:
    """Whether a search has spent its budget.

    Args:
      task: a task that reads a table.
      arrays: the history of the search.
    """
    return not task.within_budget(arrays[ARCHITECTURES]).all()


def spent(task: Task, arrays: Mapping[str, np.ndarray]) -> str:
    """How much of its budget a search in a table has spent, for a person.

    Args:
      task, arrays: see `is_spent`.
    """
    looked_up = arrays[ARCHITECTURES]
    seconds = task.seconds[task.codes(looked_up).reshape(-1)]
    total = seconds[task.within_budget(looked_up)].sum()
    budget = task.settings.table.seconds
    return f"{total:,.0f} of {budget:,.0f} simulated seconds spent"


def best_looked_up(
    task: Task, settings: schema.Settings, arrays: Mapping[str, np.ndarray]
) -> list[Candidate]:
    """The architectures that were looked up within the budget.

    Args:
      task: a task that reads a table.
      settings: the settings of the run.
      arrays: the history of the search.

    Returns:
      At most `search.candidates` different ones, from the best to the worst;
      among equal ones in the order in which they were looked up.
    """
    looked_up = arrays[ARCHITECTURES]
    looked_up = looked_up.reshape(-1, *looked_up.shape[2:])
    count = int(task.within_budget(arrays[ARCHITECTURES]).sum())
    _, first = np.unique(looked_up[:count], axis=0, return_index=True)
    rewards = arrays[REWARDS].reshape(-1)
    first = sorted(first, key=lambda i: (-rewards[i], i))
    return [
        Candidate(
            int(i),
            archs.to_genotype(
                task.space, archs.unpack(task.space, _tensor(looked_up[i]))
            ),
            float(rewards[i]),
        )
        for i in first[: settings.search.candidates]
    ]


def _tensor(packed):
    return tf.constant(packed, tf.int32)
