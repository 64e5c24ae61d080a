"""Runs short trainings, several at once in processes of their own.

On a CPU one process for each core is faster than one process that uses all
cores, because the steps of small networks consist of many short operations. A
process that dies is started again.
"""

import concurrent.futures
import io
import multiprocessing
import os
import pathlib
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import connection

import numpy as np

from ednas_tf import (
    array_files,
    errors,
    interruption,
    machine,
    plugins,
    spawning,
    whole_files,
)
from ednas_tf.loops.short.jobs import Job, Outcome
from ednas_tf.settings import schema

#: How often in a row the processes may die before the run fails.
MOST_DEATHS = 3
_POLL_SECONDS = 0.2

#: The array that says whose the weights in a file are.
_OWNER = "settings"

#: The trainer of this process. A pool of processes passes no objects from one
#: job to the next.
_trainer = None


class Workers:
    """Processes that train; a context, which ends them.

    The processes start at the first job. With one process, this one trains.

    Args:
      settings: the settings of the run. When the first job is run, they must
        have no sizes of 0.

    Attributes:
      count: number of processes.
    """

    def __init__(self, settings: schema.Settings):
        self._settings = settings
        here = machine.here("one_device")
        # A GPU is used by one process alone.
        cores = here.cores if here.kind == "CPU" else 1
        self.count = settings.runtime.processes or cores
        self._pool = None

    def __enter__(self) -> "Workers":
        return self

    def __exit__(self, *_):
        self._end()

    def run(self, jobs: Sequence[Job]) -> Iterator[tuple[Job, Outcome]]:
        """Runs jobs, and yields each with its outcome when it has ended.

        Raises:
          RunError: the processes die again and again.
          Interrupted: a signal stopped the run.
        """
        if self.count == 1:
            for job in jobs:
                _stop_if_asked()
                if _trainer is None:
                    _prepare(*self._arguments())
                yield job, _work(job)
            return
        deaths, left = 0, list(jobs)
        while left:
            try:
                for job, outcome in self._run_once(list(left)):
                    deaths = 0
                    left.remove(job)
                    yield job, outcome
            except BrokenProcessPool:
                deaths += 1
                self._end()
                if deaths == MOST_DEATHS:
                    raise errors.RunError(
                        f"the processes of short trainings died {deaths} times "
                        "in a row, as they do if memory is short; finished "
                        "trainings are kept; lower runtime.processes"
                    ) from None

    def _run_once(self, jobs):
        """Yields jobs with outcomes, until all are done or a process dies."""
        if self._pool is None:
            self._pool = concurrent.futures.ProcessPoolExecutor(
                self.count,
                spawning.SpawnContext(),
                _prepare,
                self._arguments(),
            )
        futures = {self._pool.submit(_work, job): job for job in jobs}
        waiting = set(futures)
        while waiting:
            done, waiting = concurrent.futures.wait(
                waiting, _POLL_SECONDS, concurrent.futures.FIRST_COMPLETED
            )
            for future in done:
                yield futures[future], future.result()
            _stop_if_asked()

    def _arguments(self):
        return self._settings.as_dict(), plugins.requested(), self.count > 1

    def _end(self):
        """Ends the processes at once; the jobs that they do are lost."""
        global _trainer
        _trainer = None
        if self._pool is None:
            return
        # The method that does this is new in Python 3.14.
        for process in list((self._pool._processes or {}).values()):
            process.kill()
        self._pool.shutdown(cancel_futures=True)
        self._pool = None


def _stop_if_asked():
    if interruption.received():
        interruption.stop("the same command does the remaining trainings")


def _prepare(
    settings: dict[str, object],
    plugin_files: Sequence[str],
    apart: bool,
) -> None:
    """Makes the trainer of this process.

    Args:
      settings: the settings of the run, as a dictionary.
      plugin_files: the plugins of the run.
      apart: whether this process serves short trainings only.
    """
    global _trainer
    if apart:
        threading.Thread(target=_end_with_the_parent, daemon=True).start()
        # Ctrl-C in a terminal reaches all processes: the parent ends this one.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    import tensorflow as tf

    from ednas_tf import tasks
    from ednas_tf.loops import distribution
    from ednas_tf.loops.short.short_training import ShortTraining

    if apart:
        tf.config.threading.set_intra_op_parallelism_threads(1)
        # With one thread, reading data and training would wait for each other.
        tf.config.threading.set_inter_op_parallelism_threads(2)
    plugins.load(plugin_files)
    own = schema.Settings()
    own.override(settings)
    own.runtime.distribution_strategy = "one_device"
    strategy = distribution.set_up(own.runtime)
    _trainer = ShortTraining(tasks.make(own), own, strategy)


def _end_with_the_parent():
    connection.wait([multiprocessing.parent_process().sentinel])
    os._exit(1)


def _work(job: Job) -> Outcome:
    begin = time.process_time()
    values = _read(pathlib.Path(job.read)) if job.begin else None
    if values:
        _trainer.restore(
            *(job.genotype, job.seed, job.length, job.begin, values)
        )
    else:
        _trainer.begin(job.genotype, job.seed, job.length)
    steps = job.end - _trainer.steps
    ready = time.monotonic()
    sums = _trainer.train(steps)
    trained = time.monotonic()
    score = _trainer.score()
    scored = time.monotonic()
    if job.write:
        _write(pathlib.Path(job.write))
    return Outcome(
        score,
        float(_trainer.task.reward(score)),
        sums,
        time.process_time() - begin,
        step_seconds=(trained - ready) / steps,
        score_seconds=scored - trained,
    )


def _write(file):
    """Writes the trainer's weights, with the fingerprint of its settings."""
    content = io.BytesIO()
    named = {str(i): value for i, value in enumerate(_trainer.values())}
    np.savez(content, **named, **{_OWNER: _trainer.settings.fingerprint()})
    whole_files.write(file, content.getvalue())


def _read(file) -> list[np.ndarray] | None:
    """Reads weights; None if they are damaged, or those of another search.

    The training then begins anew, which costs time only.
    """
    try:
        arrays = array_files.read(file)
    except ValueError:
        return None
    owner = arrays.pop(_OWNER, None)
    forms = [(value.shape, value.dtype) for value in _trainer.values()]
    found = [arrays.get(str(i)) for i in range(len(forms))]
    if owner != _trainer.settings.fingerprint() or len(arrays) != len(forms):
        return None
    if any(value is None for value in found) or forms != [
        (value.shape, value.dtype) for value in found
    ]:
        return None
    return found
