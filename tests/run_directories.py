"""Directories of runs that have begun."""

import contextlib

from ednas_tf.runs import run_directory


@contextlib.contextmanager
def opened(directory, settings, task=None):
    """A context in which a directory is locked, and its run has begun."""
    with run_directory.locked(directory) as lock:
        run_directory.begin(directory, settings, task)
        yield lock
