"""Predicts how long a search will take, from some of its steps."""

import os
import tempfile
import time

import tensorflow as tf

from ednas_tf.analysis import story
from ednas_tf.loops.schedule import CHILD, POLICY, Schedule
from ednas_tf.loops.search.search_trainer import SearchTrainer

#: Number of steps of each phase that are timed. One before them compiles.
STEPS = 10

#: Searches with fewer steps for each timed step are too short to be timed.
_WORTH = 20


def describe(trainer: SearchTrainer) -> str:
    """Describes in one line how long a search that has not begun will take.

    It runs some steps of both phases, and then restores the initial state. The
    line is empty if the search is so short that it is not timed, or if it
    trains nothing.
    """
    schedule = trainer.schedule
    if not schedule.child_steps:
        # Looking rewards up takes no time.
        return ""
    if schedule.total_steps < _WORTH * 2 * (STEPS + 1):
        return ""
    seconds = measure(trainer)
    return (
        f"expected time: {story.duration(total(schedule, seconds))}, as "
        f"{STEPS} child steps took {_each(seconds[CHILD])} each and {STEPS} "
        f"policy steps {_each(seconds[POLICY])} each; {schedule.epochs} epochs "
        f"of {schedule.child_steps} child and {schedule.policy_steps} policy "
        "steps follow"
    )


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
    return f"{seconds:.3g} s"
