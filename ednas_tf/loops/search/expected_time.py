"""Predicts how long a search or a whole run takes, from some of its steps."""

import os
import tempfile
import time
from typing import NamedTuple

import tensorflow as tf

from ednas_tf import children, wording
from ednas_tf.analysis import story
from ednas_tf.loops.schedule import CHILD, POLICY, Schedule
from ednas_tf.loops.search import budget
from ednas_tf.loops.search.search_trainer import SearchTrainer
from ednas_tf.loops.short import rungs
from ednas_tf.loops.short.workers import Workers
from ednas_tf.loops.train import train_budget
from ednas_tf.monitor import terminal
from ednas_tf.nets import architectures
from ednas_tf.searchers.policy_vectors import PolicyVectors
from ednas_tf.tasks import Task

#: Number of steps of each phase that are timed. One before them compiles.
STEPS = 10

#: Searches with fewer steps for each timed step are too short to be timed.
_WORTH = 20
#: Seconds until a process has imported TensorFlow and read the data.
_START = 10.0


_SHORTEN = "shorten them by search.short.steps"


class Expected(NamedTuple):
    """What a search is expected to take.

    Attributes:
      epoch: seconds of an epoch; 0 if it was not measured.
      text: the time of the whole and of its parts, for a person.
    """

    epoch: float
    text: str


def expect(
    trainer: SearchTrainer, workers: Workers, tells: bool = True
) -> Expected | None:
    """Times some steps of both phases, and restores the initial state.

    In a whole run, training and export are told, too.

    Args:
      trainer: the trainer of a search that has not begun.
      workers: the processes that make its short trainings, if there are any.
      tells: whether it prints that it times some steps.

    Returns:
      None if the search trains nothing; outside of a whole run also if all of
      it is so short that it is not timed.
    """
    schedule = trainer.schedule
    if not schedule.child_steps:
        # Looking rewards up takes no time.
        return None
    settings = trainer.task.settings
    if not _is_worth(trainer.task, schedule.total_steps):
        told = _too_few(trainer.task, schedule.total_steps)
        return Expected(0.0, told) if told else None
    if tells:
        print(terminal.TIMING, flush=True)
    seconds = measure(trainer)
    parts = [_search(schedule, seconds)]
    if settings.search.evidence == "both":
        parts.append(_short(trainer.task, workers, seconds[CHILD]))
    parts += _after(trainer.task)
    return Expected(total(schedule, seconds) / schedule.epochs, _text(parts))


def expect_short(task: Task, workers: Workers) -> str:
    """Times some short trainings, for a search that makes no others.

    Args:
      task: the task of a search that has not begun.
      workers: the processes that train, which start here.

    Returns:
      The time for a person; empty if all of it is so short that it is not
      timed, outside of a whole run.
    """
    if not _is_worth(task):
        return _too_few(task)
    print(terminal.TIMING, flush=True)
    return _text([_measured_short(task, workers), *_after(task)])


def _is_worth(task, steps=0):
    """Whether all steps are enough to time some.

    Args:
      task: the task.
      steps: number of steps with shared weights.
    """
    return _all_steps(task, steps) >= _WORTH * 2 * (STEPS + 1)


def _all_steps(task, steps):
    """Adds the short trainings, and in a whole run the training, to `steps`."""
    settings = task.settings
    if children.is_stage():
        steps += _training(task)[0]
    if settings.search.evidence != "shared":
        steps += rungs.steps(settings.search.short)
    return steps


def _too_few(task, steps=0):
    """What a whole run says that is not timed; empty for a search alone."""
    if not children.is_stage():
        return ""
    many = wording.count(_all_steps(task, steps), "step")
    return wording.wrapped(
        f"expected time: short, and not measured: search and training have "
        f"{many} in all; export takes about {_EXPORT.seconds:.0f} s"
    )


class _Part(NamedTuple):
    """One part of the time: its name, its seconds, and what determines it."""

    name: str
    seconds: float
    reason: str


#: Starting the processes of the export, and timing the exported network.
_EXPORT = _Part("export", 40.0, "about the same for all small networks")


def _search(schedule, seconds):
    return _Part(
        "search",
        total(schedule, seconds),
        f"{wording.count(schedule.epochs, 'epoch')} of "
        f"{wording.count(schedule.child_steps, 'child step')} "
        f"({_each(seconds[CHILD])}) and "
        f"{wording.count(schedule.policy_steps, 'policy step')} "
        f"({_each(seconds[POLICY])}); shorten it by search.epochs",
    )


def _short(task, workers, child):
    """Short trainings after a search.

    Args:
      task: the task of the search.
      workers: the processes that train. If it is this one alone, a step takes
        as long as a child step. If there are several, they are measured while
        all of them train: they take the processor's time from each other.
      child: seconds of a child step.
    """
    if workers.count > 1:
        return _measured_short(task, workers)
    steps = rungs.steps(task.settings.search.short)
    reason = f"{wording.count(steps, 'step')}; {_SHORTEN}"
    return _Part("short trainings", steps * child, reason)


def _measured_short(task, workers):
    """Short trainings, of which some are made in all processes to time them."""
    cost, planned = budget.measured(task, workers), task.settings.search.short
    steps, scores = rungs.steps(planned), rungs.count(planned)
    return _Part(
        "short trainings",
        budget.needed(planned, cost),
        f"{wording.count(steps, 'step')}, {_each(cost.step)}, and "
        f"{wording.count(scores, 'score')}, {_each(cost.score)}, "
        f"{workers.count} at once; {_SHORTEN}",
    )


def _after(task):
    """The parts of a whole run after the search."""
    if not children.is_stage():
        return []
    settings, found = task.settings, [_train(task)]
    if settings.runtime.baseline:
        reason = "as long as the training; left out by --nobaseline"
        found.append(_Part("baselines", found[0].seconds, reason))
    return [*found, _EXPORT]


def _train(task):
    """The training of the result, measured for one random architecture."""
    train = task.settings.train
    if train.hours:
        return _Part("training", 3600 * train.hours, "as given by --hours")
    (steps, epochs), cost = _training(task), _cost(task)
    start, scores = _START + cost.making, epochs + 1
    parts = [
        f"{wording.count(epochs, 'epoch')}, {wording.count(steps, 'step')} "
        f"({_each(cost.step)} for a random architecture)"
    ]
    if cost.evaluation:
        many = wording.count(scores, "score")
        parts.append(f"{many} ({_each(cost.evaluation)})")
    parts.append(f"{story.duration(start)} to start")
    return _Part(
        "training",
        start + steps * cost.step + scores * cost.evaluation,
        f"{', '.join(parts)}; shorten it by train.epochs",
    )


def _cost(task):
    """What the training of a random architecture costs."""
    uniform = PolicyVectors(task.space, initial_stddev=0.0)
    drawn = uniform.sample(tf.constant([0, 0]))
    return train_budget.measured(
        task, architectures.to_genotype(task.space, drawn)
    )


def _training(task):
    """Numbers of steps and epochs of the training of the result."""
    train = task.settings.train
    steps = train.steps or task.train_steps(1)
    return train.epochs * steps, train.epochs


def _text(parts):
    """The sum, and a line for each part if there are several."""
    whole = story.duration(sum(part.seconds for part in parts))
    if len(parts) == 1:
        return wording.wrapped(f"expected time: {whole} ({parts[0].reason})")
    lines = [f"expected time: {whole} in all"]
    for part in parts:
        line = f"  {part.name}: {story.duration(part.seconds)} ({part.reason})"
        lines.append(wording.wrapped(line, " " * 4))
    return "\n".join(lines)


def measure(trainer: SearchTrainer) -> dict[str, float]:
    """Measures the seconds of a step of each phase.

    The trainer is restored to the state that it had before.
    """
    checkpoint, seconds = trainer.checkpoint(), {}
    with tempfile.TemporaryDirectory() as folder:
        start = checkpoint.write(os.path.join(folder, "start"))
        for phase in (CHILD, POLICY):
            trainer.run(phase, tf.constant(1))
            begin = time.perf_counter()
            trainer.run(phase, tf.constant(STEPS))
            # Waits for the last step, which can still be running on a GPU.
            trainer.global_step.numpy()
            seconds[phase] = (time.perf_counter() - begin) / STEPS
        checkpoint.read(start).assert_consumed()
    trainer.forget()
    return seconds


def total(schedule: Schedule, seconds: dict[str, float]) -> float:
    """Seconds of all steps of a search, given those of a step by phase."""
    return schedule.epochs * (
        schedule.child_steps * seconds[CHILD]
        + schedule.policy_steps * seconds[POLICY]
    )


def _each(seconds):
    return f"{seconds:.3g} s each"
