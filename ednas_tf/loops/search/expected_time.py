"""Predicts how long a search or a whole run takes, from some of its steps."""

import copy
import os
import tempfile
import time
from typing import NamedTuple

import tensorflow as tf

from ednas_tf import children, wording
from ednas_tf.analysis import story
from ednas_tf.loops.schedule import CHILD, POLICY, Schedule
from ednas_tf.loops.search.search_trainer import SearchTrainer
from ednas_tf.loops.short import rungs
from ednas_tf.loops.short.workers import Workers
from ednas_tf.nets import architectures
from ednas_tf.searchers.policy_vectors import PolicyVectors

#: Number of steps of each phase that are timed. One before them compiles.
STEPS = 10

#: Searches with fewer steps for each timed step are too short to be timed.
_WORTH = 20
#: Number of random architectures whose size is counted.
_DRAWN = 8


class Expected(NamedTuple):
    """What a search is expected to take.

    Attributes:
      epoch: seconds of an epoch.
      text: the time of the whole and of its parts, for a person.
    """

    epoch: float
    text: str


def expect(trainer: SearchTrainer) -> Expected | None:
    """Times some steps of both phases, and restores the initial state.

    In a whole run, training and export are told, too. Their time is estimated
    from that of a child step, as the network is not known yet.

    Args:
      trainer: the trainer of a search that has not begun.

    Returns:
      None if all of it is so short that it is not timed, or trains nothing.
    """
    schedule, is_whole = trainer.schedule, children.is_stage()
    if not schedule.child_steps:
        # Looking rewards up takes no time.
        return None
    settings = trainer.task.settings
    steps = schedule.total_steps
    if is_whole:
        steps += _training(trainer.task)[0]
    if settings.search.evidence == "both":
        steps += rungs.steps(settings.search.short)
    if steps < _WORTH * 2 * (STEPS + 1):
        return None
    seconds = measure(trainer)
    parts = [_search(schedule, seconds)]
    if settings.search.evidence == "both":
        parts.append(_short(settings, seconds[CHILD]))
    if is_whole:
        parts += [_train(trainer.task, seconds[CHILD]), _EXPORT]
    return Expected(total(schedule, seconds) / schedule.epochs, _text(parts))


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


def _short(settings, child):
    """Short trainings, several at once.

    On one core, a step of a small network takes hardly longer than on all of
    them.
    """
    steps = rungs.steps(settings.search.short)
    return _Part(
        "short trainings",
        steps * child / Workers(settings).count,
        f"{wording.count(steps, 'step')}; shorten them by search.short.steps",
    )


def _train(task, child):
    steps, epochs = _training(task)
    return _Part(
        "training",
        steps * child * _ratio(task),
        f"estimated; {wording.count(epochs, 'epoch')}, "
        f"{wording.count(steps, 'step')}; shorten it by train.epochs",
    )


def _training(task):
    """Numbers of steps and epochs of the training of the result."""
    train = task.settings.train
    steps = train.steps or task.train_steps(1)
    return train.epochs * steps, train.epochs


def _ratio(task) -> float:
    """How much more a step of the training computes than a child step.

    It is the ratio of the multiply-adds of random architectures in the networks
    of both.
    """
    settings = task.settings
    as_searched = copy.copy(task)
    as_searched.settings = copy.deepcopy(settings)
    train, search = as_searched.settings.train, settings.search
    train.network, train.language_model = search.network, search.language_model
    train.auxiliary_weight = 0.0
    uniform = PolicyVectors(task.space, initial_stddev=0.0)
    found = [0, 0]
    for number in range(_DRAWN):
        drawn = architectures.to_genotype(
            task.space, uniform.sample(tf.constant([0, number]))
        )
        for i, each in enumerate((task, as_searched)):
            found[i] += each.count(drawn).multiply_adds
    batches = settings.train.batch_size / search.batch_size
    return batches * found[0] / found[1]


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
