"""Runs a search in this process, in a directory that may be temporary."""

from __future__ import annotations

import os
import pathlib
import tempfile

from ednas_tf import errors, whole_files
from ednas_tf.api import places, session
from ednas_tf.api.found import Found
from ednas_tf.api.store import Kept
from ednas_tf.data import given_data
from ednas_tf.runs import run_directory
from ednas_tf.runs.names import GENOTYPE_FILE, SETTINGS_FILE
from ednas_tf.settings import schema


def run(
    settings: schema.Settings,
    model_dir: str | os.PathLike | None,
    verbose: bool,
    kept: Kept | None = None,
) -> Found:
    """Searches; resumes an earlier start in the same directory.

    Args:
      settings: the settings of the search.
      model_dir: directory of the search; None for a temporary one.
      verbose: whether progress is printed.
      kept: data to keep in the directory; None if the settings name the data.

    Returns:
      What was found, or the best so far if Ctrl-C stopped the search.

    Raises:
      RequestError: the search is not possible.
      RunError: it failed.
      KeyboardInterrupt: Ctrl-C stopped it before anything was found.
    """
    temporary = None
    if model_dir is None:
        temporary = tempfile.TemporaryDirectory(prefix="ednas_tf_")
        model_dir = temporary.name
    directory = places.of(model_dir, "model_dir").search
    whole_files.check_no_pattern(directory, "model_dir")
    folder = directory / given_data.FOLDER
    if kept is not None:
        settings.runtime.data_dir = str(folder)
    run_directory.check(directory, settings)
    if kept is not None:
        kept.keep(folder, (directory / SETTINGS_FILE).exists())
    if (directory / GENOTYPE_FILE).exists():
        # It was written last, by a search with these settings.
        return Found(places.of(directory))
    with session.entered(verbose):
        # Imports TensorFlow, so wrong requests must have been refused before.
        from ednas_tf.loops.search import search_loop

        try:
            search_loop.search(settings, directory, temporary is None)
        except errors.Interrupted as stopped:
            return _best_so_far(directory, temporary, stopped)
    return Found(places.of(directory), temporary)


def _best_so_far(
    directory: pathlib.Path, temporary: object, stopped: errors.Interrupted
) -> Found:
    """What a stopped search has found so far."""
    try:
        found = Found(places.of(directory), temporary)
    except errors.RequestError:
        raise KeyboardInterrupt(str(stopped)) from None
    errors.warn(f"{stopped}; the best architecture so far is returned")
    return found
