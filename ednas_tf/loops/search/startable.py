"""Checks that a search can be started, or resumed."""

import pathlib

from ednas_tf import errors, ops, searchers, tasks
from ednas_tf.analysis import policy_history
from ednas_tf.loops.short import stage
from ednas_tf.runs import run_directory, starts
from ednas_tf.runs.names import (
    CHECKPOINTS_FOLDER,
    GENOTYPE_FILE,
    HISTORY_FILE,
    SETTINGS_FILE,
    TRAININGS_FILE,
)
from ednas_tf.settings import resolve, schema


def check(
    settings: schema.Settings, directory: pathlib.Path, writes: bool = True
) -> None:
    """Checks that the search can be started or resumed; reads no data.

    Args:
      settings: the settings of the run.
      directory: directory of the run.
      writes: whether this process writes the files of the run.

    Raises:
      RequestError: the search cannot be started or resumed.
    """
    searchers.complete(settings)
    ops.check(settings.search.space.ops, tasks.kind(settings.task).family)
    _check_version(directory)
    run_directory.check(directory, settings, writes)
    _check_checkpoints(directory)
    stage.check(settings)
    evidence = HISTORY_FILE, TRAININGS_FILE
    if (directory / GENOTYPE_FILE).exists() and not any(
        (directory / name).exists() for name in evidence
    ):
        raise errors.RequestError(
            f"{directory}: holds a training, or a search without its "
            f"{HISTORY_FILE}; choose another --model_dir"
        )


def _check_version(directory: pathlib.Path) -> None:
    """Refuses a search of a version with another form of checkpoints."""
    file = directory / SETTINGS_FILE
    if not (file.is_file() and (directory / HISTORY_FILE).exists()):
        return
    space = resolve.read_yaml(file)
    for section in ("search", "space"):
        space = space.get(section, {}) if isinstance(space, dict) else {}
    if "name" not in space:
        raise errors.RequestError(
            f"{directory}: expected a search of this version of ednas_tf, "
            f"found one of an older version ({starts.written_by(directory)}); "
            "finish it with that version, or choose another --model_dir"
        )


def _check_checkpoints(directory: pathlib.Path) -> None:
    """Refuses a search that has lost its checkpoints.

    The history of an epoch is written before its checkpoint, so that one epoch
    without any checkpoint is what a killed process can leave.
    """
    file = directory / HISTORY_FILE
    folder = directory / CHECKPOINTS_FOLDER
    if not file.exists():
        return
    if any(folder.glob("*.index")):
        policy_history.check_version(file)
        return
    epochs = policy_history.number_of_epochs(file)
    if epochs > 1:
        raise errors.RequestError(
            f"{folder}: expected checkpoints, because {file.name} has the "
            f"history of {epochs} epochs, found none; restore them, or choose "
            "another --model_dir"
        )
    if epochs:
        errors.warn(
            f"{directory}: has the history of an epoch, but no checkpoint; the "
            "search begins again"
        )
