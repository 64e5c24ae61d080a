"""Writes the rungs of short trainings for TensorBoard."""

import statistics
from collections.abc import Sequence

import tensorflow as tf

from ednas_tf.analysis import short_rungs, trainings
from ednas_tf.analysis.trainings import Training
from ednas_tf.loops.opening import Run
from ednas_tf.runs.names import SUMMARIES_FOLDER, VERDICT_FILE


def write(run: Run, rungs: Sequence[Sequence[Training]]) -> None:
    """Writes `short/loss` and `short/reward` over the steps of the rungs.

    Each has three curves, in folders of their own, so that TensorBoard draws
    them in one chart: the best architecture of the rung, the mean of all, and
    the mean of those that were drawn at random, as long as there are some.
    Nothing is written for a search that already has its verdict.

    Args:
      run: the open run.
      rungs: for each rung its trainings, the best first.

    Raises:
      RunError: the directory was moved, removed or replaced.
    """
    if not run.writes or (run.directory / VERDICT_FILE).exists():
        return
    run.check_in_place()
    curves = {
        "short_best": [rung[:1] for rung in rungs],
        "short_mean": rungs,
        "short_random_mean": [
            short_rungs.of_origin(rung, trainings.RANDOM) for rung in rungs
        ],
    }
    for folder, curve in curves.items():
        _write_curve(run.directory / SUMMARIES_FOLDER / folder, curve)


def _write_curve(folder, curve):
    """Writes the mean of some trainings of each rung."""
    writer = tf.summary.create_file_writer(str(folder))
    with writer.as_default():
        for done in filter(None, curve):
            for name in ("loss", "reward"):
                value = statistics.fmean(getattr(each, name) for each in done)
                tf.summary.scalar(f"short/{name}", value, step=done[0].steps)
    writer.close()
