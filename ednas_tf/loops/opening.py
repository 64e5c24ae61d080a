"""Opens a run: what a search and a training do before their first step."""

import contextlib
import pathlib
from collections.abc import Callable, Iterator
from typing import NamedTuple

import keras
import tensorflow as tf

from ednas_tf import seeds, tasks, whole_files
from ednas_tf.loops import distribution
from ednas_tf.loops.schedule import Schedule
from ednas_tf.runs import run_directory, run_lock
from ednas_tf.settings import schema


class Run(NamedTuple):
    """An open run.

    Attributes:
      settings: the settings of the run, without sizes of 0.
      directory: directory of the run.
      task: the task of the run.
      schedule: the steps of the run.
      strategy: the tf.distribute strategy of the run.
      writes: whether this process writes the files of the run.
      lock: the lock of the directory; None if this process writes no files.
    """

    settings: schema.Settings
    directory: pathlib.Path
    task: tasks.Task
    schedule: Schedule
    strategy: tf.distribute.Strategy
    writes: bool
    lock: run_lock.Lock | None = None

    def check_in_place(self) -> None:
        """Raises `RunError` if the directory was moved, removed or replaced."""
        if self.lock:
            self.lock.check()

    def write(self, name: str, content: bytes) -> None:
        """Replaces a file of the run, if this process is the one that writes.

        Raises:
          RunError: the directory was moved, removed or replaced.
        """
        if self.writes:
            self.check_in_place()
            whole_files.write(self.directory / name, content)


@contextlib.contextmanager
def opened(
    settings: schema.Settings,
    directory: pathlib.Path,
    plan: Callable[[tasks.Task, int], Schedule],
) -> Iterator[Run]:
    """Opens a run. Everything that can be refused comes before it is written.

    1. It sets up the devices, reads the data and chooses sizes that are 0.
    2. It checks that all processes of the run agree on settings and data.
    3. It locks the directory.
    4. `plan` checks that the networks can be made, and counts the steps.
    5. It writes the settings to the directory.
    6. It sets the random seed of initial weights.

    While in the context, no other process can open the directory.

    Args:
      settings: the settings of the run.
      directory: directory of the run; `run_directory.check` has accepted it.
      plan: (task, number of replicas) -> the schedule.

    Raises:
      RequestError: the run is not possible; nothing was written.
      RunError: a file cannot be read or written.
      LostProcess: another process of the run was lost.
    """
    writes = distribution.is_writer(settings.runtime)
    strategy = distribution.set_up(settings.runtime)
    task = tasks.make(settings)
    distribution.check_agreement(
        strategy, f"run {settings.fingerprint()}, data {task.provenance()}"
    )
    with contextlib.ExitStack() as stack:
        lock = None
        if writes:
            lock = stack.enter_context(run_directory.locked(directory))
        schedule = plan(task, strategy.num_replicas_in_sync)
        if writes:
            run_directory.begin(directory, settings, task)
        stack.enter_context(distribution.noticing_losses(strategy))
        keras.utils.set_random_seed(seeds.derive(settings.seed, "weights"))
        yield Run(settings, directory, task, schedule, strategy, writes, lock)
