"""Plans a search that is given a number of hours (`search.hours`).

What a step costs is measured first, in the processes that will train. From that
follow the lengths of both stages of the search:

- the search with shared weights gets `SHARED_SHARE` of the time;
- short trainings get the rest. With twice the time, trainings get twice as
  long, until they are as long as `MOST_PASSES` passes over the training data.
  Then there are more of them. With less time there are fewer, as trainings of
  less than `TELLING_STEPS` steps in the first rung tell little: what learns
  fast is ahead then (docs/LOG.md). Where even the fewest cannot be as long,
  they have `LEAST_STEPS` at least.
"""

import dataclasses
import math
import time
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from ednas_tf import children, errors, wording
from ednas_tf.loops.short import rungs
from ednas_tf.loops.short.jobs import Job
from ednas_tf.loops.short.workers import Workers
from ednas_tf.nets import architectures
from ednas_tf.searchers.policy_vectors import PolicyVectors
from ednas_tf.settings import schema, stage_hours
from ednas_tf.settings.short_settings import Short
from ednas_tf.tasks import Task

#: Share of the time for the search with shared weights.
SHARED_SHARE = 0.1
#: Part of the time that is planned; the rest is for what is not measured.
_PLANNED = 0.92
MOST_PASSES = 40
#: The least number of epochs, each less than a pass if need be.
_EPOCHS = 10
LEAST_STEPS, TELLING_STEPS = 40, 150
#: Numbers of architectures and rungs of short trainings, then repeats, controls
#: and confirmations, from the least to the most.
_SIZES = (
    (8, 2, 3, 3, 2),
    (16, 3, 4, 4, 2),
    (24, 3, 6, 5, 3),
    (32, 4, 6, 5, 3),
    (48, 4, 8, 6, 3),
    (96, 5, 10, 8, 4),
    (192, 6, 12, 10, 5),
    (384, 7, 16, 12, 6),
)
#: Number of steps that are timed.
_STEPS = 12
#: Number of architectures that is usual.
_USUAL = 48


class Cost(NamedTuple):
    """What was measured, while all processes train.

    Attributes:
      step: seconds of a step of a short training.
      score: seconds of scoring an architecture on all validation data.
      processes: number of processes.
      start: seconds until the processes have made their networks.
    """

    step: float
    score: float
    processes: int
    start: float


class Lengths(NamedTuple):
    """The lengths of the search with shared weights.

    Attributes:
      epochs, child_steps, policy_steps: as in `schema.Search`.
    """

    epochs: int
    child_steps: int
    policy_steps: int


def settle(task: Task, workers: Workers, replicas: int) -> None:
    """Chooses the lengths in the settings of a search.

    Args:
      task: the task, whose settings are changed.
      workers: the processes that train.
      replicas: number of replicas that share a batch.

    Raises:
      RequestError: there is not enough time for any plan.
    """
    search = task.settings.search
    print(
        wording.wrapped(
            "measuring steps of short trainings, to plan a search of "
            f"{search.hours:.2g} hours"
        ),
        flush=True,
    )
    begin = time.monotonic()
    cost = measured(task, workers)
    seconds = _PLANNED * (3600 * search.hours - (time.monotonic() - begin))
    share = {"shared": 1.0, "short": 0.0, "both": SHARED_SHARE}[search.evidence]
    # Zero stands for a pass over the data.
    search.child_steps = search.policy_steps = 0
    child, policy = task.search_steps(replicas)
    if share:
        # Each architecture of a policy step is scored without gradients.
        policy_cost = task.settings.policy.architectures / 3
        found = shared(share * seconds, cost, child, policy, policy_cost)
        for name, value in found._asdict().items():
            setattr(search, name, value)
    if share < 1:
        left = (1 - share) * seconds
        planned = short(search.short, left, cost, child)
        if planned is None:
            raise _too_short(search, left, (1 - share) * _PLANNED, cost)
        search.short = planned
    print(wording.wrapped(_described(search, cost)))


def measured(task: Task, workers: Workers) -> Cost:
    """Measures short trainings of some architectures drawn at random."""
    uniform = PolicyVectors(task.space, initial_stddev=0.0)
    drawn = [
        architectures.to_genotype(
            task.space, uniform.sample(tf.constant([0, number]))
        )
        for number in range(workers.count)
    ]
    begin = time.monotonic()
    # The first step of a process makes its network.
    for _ in workers.run([Job(each, 0, 100, 0, 1) for each in drawn]):
        pass
    start = time.monotonic() - begin
    jobs = [Job(each, 0, 100, 0, _STEPS) for each in drawn]
    found = [outcome for _, outcome in workers.run(jobs)]
    return Cost(
        float(np.mean([each.step_seconds for each in found])),
        float(np.mean([each.score_seconds for each in found])),
        workers.count,
        start,
    )


def _described(search: schema.Search, cost: Cost) -> str:
    """What was planned, in one line."""
    parts = [f"planned for {search.hours:g} hours"]
    if search.evidence != "short":
        parts.append(
            f"{wording.count(search.epochs, 'epoch')} of {search.child_steps} "
            f"child and {wording.count(search.policy_steps, 'policy step')} "
            "with shared weights"
        )
    if search.evidence != "shared":
        parts.append(
            f"{search.short.trainings} short trainings in {search.short.rungs} "
            f"rungs, the longest of {search.short.steps} steps"
        )
    return f"{'; '.join(parts)}; a step takes {cost.step:.3g} s" + (
        f" in each of {cost.processes} processes" * (cost.processes > 1)
    )


def _too_short(search, left, part, cost):
    """The error for short trainings for which no time is left.

    Args:
      search: the settings of the search.
      left: seconds that are left for short trainings.
      part: the part of further time that they would get.
      cost: what a step costs.
    """
    missing = needed(least(search.short), cost) - left
    hours = search.hours + missing / part / 3600
    name = "hours" if errors.is_python_call() else "search.hours"
    return errors.RequestError(
        f"{name}: expected at least {hours:.2g} for a search with short "
        "trainings of this network, at the speed that was just measured, "
        f"found {search.hours:.2g} for this search"
        f"{_share(hours)}; give more hours or a smaller network "
        "(search.network.cells, search.network.channels)"
    )


def _share(hours: float) -> str:
    """What a whole run must be given, so that its search has so many hours."""
    if not children.is_stage():
        return ""
    share = stage_hours.WITH_BASELINE["search"]
    return (
        f", which is its share of --hours (--hours={hours / share:.2g} is "
        "enough for all stages)"
    )


def least(given: Short) -> Short:
    """The fewest and shortest trainings that are worth their time."""
    planned = dataclasses.replace(given, **_named(_SIZES[0]))
    planned.steps = LEAST_STEPS * 2 ** (planned.rungs - 1)
    return planned


def short(
    given: Short, seconds: float, cost: Cost, steps_a_pass: int
) -> Short | None:
    """Plans short trainings; None if the time suffices for none.

    Args:
      given: the settings, of which those that are not lengths are kept.
      seconds: the time for all of them.
      cost: what a step costs.
      steps_a_pass: number of steps in a pass over the training data.
    """
    most = MOST_PASSES * steps_a_pass
    for size in reversed(_SIZES):
        planned = dataclasses.replace(given, **_named(size))
        length = _length(planned, seconds, cost)
        is_least = size == _SIZES[0]
        fewest = LEAST_STEPS if is_least else TELLING_STEPS
        fewest *= 2 ** (planned.rungs - 1)
        # More architectures than usual, only if each is trained to the end.
        enough = most if planned.trainings > _USUAL else 0
        if length >= max(fewest, enough):
            return dataclasses.replace(
                planned, steps=max(fewest, min(length, most))
            )
    return None


def _named(size):
    names = "trainings", "rungs", "repeats", "controls", "confirmations"
    return dict(zip(names, size, strict=True))


def _length(planned: Short, seconds: float, cost: Cost) -> int:
    """The longest last rung that the time allows."""
    # The number of steps grows in proportion to the length.
    reference = 2 ** (planned.rungs - 1) * 100
    steps = rungs.steps(dataclasses.replace(planned, steps=reference))
    available = seconds * cost.processes - rungs.count(planned) * cost.score
    return math.floor(max(0.0, available) / cost.step / steps * reference)


def needed(planned: Short, cost: Cost) -> float:
    """Seconds that short trainings take."""
    work = rungs.steps(planned) * cost.step + rungs.count(planned) * cost.score
    return work / cost.processes


def shared(
    seconds: float,
    cost: Cost,
    child: int,
    policy: int,
    policy_cost: float = 1 / 3,
) -> Lengths:
    """Plans the search with shared weights.

    Args:
      seconds: the time for it.
      cost: what a step of a short training costs. A child step costs as much,
        and is shared among the cores.
      child, policy: numbers of steps in a pass over the data of each kind.
      policy_cost: what a policy step costs, in child steps.
    """
    pass_seconds = cost.step / cost.processes * (child + policy_cost * policy)
    passes = seconds / pass_seconds
    if passes >= _EPOCHS:
        return Lengths(math.floor(passes), child, policy)
    steps = [max(1, math.floor(passes * n / _EPOCHS)) for n in (child, policy)]
    return Lengths(_EPOCHS, *steps)
