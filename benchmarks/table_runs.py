"""Many searches in the table of NAS-Bench-201, in a few processes.

A run is what `ednas_tf.search --dataset=nas_bench_201` does with the number of
the run as its seed: the same searcher, the same draws, the same look-ups. All
steps of a run are one call of a compiled loop, and all runs of a process share
that loop: before each run the state of a new searcher is copied into it.
"""

import concurrent.futures
import dataclasses
import multiprocessing
import os

import numpy as np

from ednas_tf.data import bench_table
from ednas_tf.settings import resolve


@dataclasses.dataclass(frozen=True)
class Task:
    """What all runs have in common.

    Attributes:
      searcher: name of the searcher.
      data_dir: folder of the table.
      overrides: settings, as in --params_override.
    """

    searcher: str
    data_dir: str
    overrides: str = ""

    def settings(self, seed: int):
        """The settings of a run."""
        overrides = ",".join(
            [
                f"runtime.data_dir={self.data_dir},seed={seed}",
                f"search.searcher={self.searcher}",
                self.overrides,
            ]
        )
        return resolve.resolve("nas_bench_201", [], overrides)


def run_all(task: Task, seeds: range, processes: int) -> list[np.ndarray]:
    """Runs searches.

    Args:
      task: what they have in common.
      seeds: the seed of each.
      processes: number of processes that share them.

    Returns:
      For each run the rows of the table that it looked up within its budget, in
      their order.
    """
    processes = max(1, min(processes, len(seeds)))
    parts = [seeds[i::processes] for i in range(processes)]
    if processes == 1:
        found = [run(task, seeds)]
    else:
        context = multiprocessing.get_context("spawn")
        with concurrent.futures.ProcessPoolExecutor(processes, context) as pool:
            found = list(pool.map(run, [task] * processes, parts))
    of_seed = {
        seed: rows
        for part, all_rows in zip(parts, found, strict=True)
        for seed, rows in zip(part, all_rows, strict=True)
    }
    return [of_seed[seed] for seed in seeds]


def run(task: Task, seeds: range) -> list[np.ndarray]:
    """Like `run_all`, in this process."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import tensorflow as tf

    from ednas_tf import searchers, tasks
    from ednas_tf.loops.search.table import Table
    from ednas_tf.seeds import derive

    settings = task.settings(seeds[0])
    lookup = tasks.make(settings, bench_table.read(task.data_dir))
    lookup.check_search()
    searcher, loop, found = None, None, []
    for seed in seeds:
        settings.seed = seed
        fresh = searchers.make(lookup.space, derive(seed, "policies"), settings)
        if searcher is None:
            searcher = fresh
            loop = _loop(searcher, Table(lookup), settings.table.seconds)
        else:
            copy(fresh, searcher)
        rows = loop(tf.constant(derive(seed, "architectures"), tf.int32))
        rows = rows.numpy().reshape(-1)
        spent = np.cumsum(lookup.seconds[rows])
        found.append(rows[spent <= settings.table.seconds])
    return found


def _loop(searcher, table, budget):
    """A compiled function: seed of the draws -> int32 [steps, evaluations]."""
    import tensorflow as tf

    def step(number, spent, rows):
        learned = searcher.learn(table, None, tf.stack([step.seed, number]))
        seconds = tf.reduce_sum(table.seconds(learned.architectures))
        rows = rows.write(number, table.codes(learned.architectures))
        return number + 1, spent + seconds, rows

    @tf.function(autograph=False)
    def loop(seed):
        step.seed = seed
        rows = tf.TensorArray(tf.int32, 0, dynamic_size=True)
        *_, rows = tf.while_loop(
            lambda number, spent, rows: spent <= budget,
            step,
            [tf.constant(0), tf.constant(0.0), rows],
            parallel_iterations=1,
        )
        return rows.stack()

    return loop


def copy(source, target):
    """Copies the state of a searcher into another one of its kind."""
    for one, other in zip(_state(source), _state(target), strict=True):
        other.assign(one)


def _state(searcher):
    """All variables of a searcher, those of an optimizer among them."""
    import keras
    import tensorflow as tf

    return [
        each
        for each in tf.train.TrackableView(searcher).descendants()
        if isinstance(each, tf.Variable | keras.Variable)
    ]
