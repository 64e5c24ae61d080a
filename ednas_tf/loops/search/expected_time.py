"""How long a search will take, from a few of its steps."""

import os
import tempfile
import time

import tensorflow as tf

from ednas_tf.analysis import story
from ednas_tf.loops.schedule import CHILD, POLICY, Schedule
from ednas_tf.loops.search.search_trainer import SearchTrainer

#: Steps of each phase that are timed, after one that compiles.
STEPS = 10

#: A search with fewer steps for each that is timed is not worth it.
_WORTH = 20


def tell(trainer: SearchTrainer) -> str:
    """How long the epochs of a search that has not begun will take.

    For that steps of both phases are run, and everything is put back to where
    it was. Nothing is done, or told, of a short search.
    """
    schedule = trainer.schedule
    if schedule.total_steps < _WORTH * 2 * (STEPS + 1):
        return ""
    seconds = measure(trainer)
    return (
        f"expected time: {story.duration(total(schedule, seconds))}, as "
        f"{STEPS} child steps took {_each(seconds[CHILD])} each and {STEPS} "
        f"policy steps {_each(seconds[POLICY])}; {schedule.epochs} epochs of "
        f"{schedule.child_steps} and {schedule.policy_steps} follow"
    )


def measure(trainer: SearchTrainer) -> dict[str, float]:
    """Seconds of a step of each phase; leaves the trainer as it was."""
    checkpoint, seconds = trainer.checkpoint(), {}
    with tempfile.TemporaryDirectory() as folder:
        start = checkpoint.write(os.path.join(folder, "start"))
        for phase in (CHILD, POLICY):
            trainer.run(phase, tf.constant(1))
            begin = time.perf_counter()
            trainer.run(phase, tf.constant(STEPS))
            # On other devices than CPUs a step may still be running.
            trainer.global_step.numpy()
            seconds[phase] = (time.perf_counter() - begin) / STEPS
        checkpoint.read(start).assert_consumed()
    trainer.forget()
    return seconds


def total(schedule: Schedule, seconds: dict[str, float]) -> float:
    """Seconds of all steps of a search."""
    return schedule.epochs * (
        schedule.child_steps * seconds[CHILD]
        + schedule.policy_steps * seconds[POLICY]
    )


def _each(seconds):
    return f"{seconds:.3g} s"
