"""Lengthens a finished search by further epochs, where its schedule allows it.

The longer search has a directory of its own, which begins with the last
checkpoint and the history of the finished one. It ends as a search that had the
larger number of epochs from the start.
"""

import pathlib
import shutil

from ednas_tf import errors, tasks
from ednas_tf.loops.search.search_trainer import SearchTrainer
from ednas_tf.runs import checkpoints, run_directory
from ednas_tf.runs.names import (
    CHECKPOINTS_FOLDER,
    GENOTYPE_FILE,
    HISTORY_FILE,
    SETTINGS_FILE,
    more_epochs_folder,
)
from ednas_tf.settings import schema


def settings_of(directory: pathlib.Path, epochs: int) -> schema.Settings:
    """The settings of a finished search with more epochs.

    Args:
      directory: the directory of the search.
      epochs: number of further epochs.

    Raises:
      RequestError: there is no finished search, or it cannot be lengthened.
    """
    file = directory / SETTINGS_FILE
    finished = (directory / GENOTYPE_FILE).exists()
    if not (finished and file.exists() and (directory / HISTORY_FILE).exists()):
        raise errors.RequestError(
            f"--more_epochs: expected a finished search with shared weights in "
            f"{directory}, found none; give its directory as --model_dir"
        )
    settings = run_directory.load(file)
    reason = reason_against(settings)
    if reason:
        raise errors.RequestError(
            f"--more_epochs: {directory} cannot be lengthened, because "
            f"{reason}; start a longer search in a new --model_dir"
        )
    settings.search.epochs += epochs
    return settings


def reason_against(settings: schema.Settings) -> str:
    """Why a search cannot be lengthened; empty if it can."""
    search = settings.search
    if tasks.kind(settings.task).reads_table:
        return "it looks rewards up in a table until table.seconds are spent"
    if search.hours:
        return "its length was chosen to fit its hours"
    if search.evidence != "shared":
        return (
            "short trainings decide it (search.evidence), whose learning rates "
            "fall over all of their steps"
        )
    if search.optimizer.schedule == "cosine":
        return (
            "the learning rate of its supernet has fallen to "
            f"{search.optimizer.final_learning_rate:g} over its "
            f"{search.epochs} epochs (search.optimizer.schedule=cosine)"
        )
    return ""


def folder(directory: pathlib.Path, epochs: int) -> pathlib.Path:
    """The directory of the longer search."""
    return directory / more_epochs_folder(epochs)


def is_begun(directory: pathlib.Path) -> bool:
    """Whether a longer search has a checkpoint of its own.

    Args:
      directory: the directory of the longer search.
    """
    return any((directory / CHECKPOINTS_FOLDER).glob("*.index"))


def remove_copy(directory: pathlib.Path) -> None:
    """Removes the copied history of a start that was killed before it saved.

    Args:
      directory: the directory of the longer search, which has not begun.
    """
    (directory / HISTORY_FILE).unlink(missing_ok=True)


def begin(
    trainer: SearchTrainer, source: pathlib.Path, target: pathlib.Path
) -> None:
    """Gives a trainer the last state of a search, and a directory its history.

    Args:
      trainer: the trainer of the longer search.
      source: the directory of the finished search.
      target: the directory of the longer search.

    Raises:
      RunError: the checkpoint is missing, or is that of another search.
    """
    settings = run_directory.load(source / SETTINGS_FILE)
    newest = checkpoints.newest(source)
    if newest is None:
        raise errors.RunError(
            f"{source}: expected the checkpoint of a finished search, found "
            "none; restore it"
        )
    state = trainer.checkpoint()
    checkpoints.identify(state, f"settings {settings.fingerprint()}")
    checkpoints.check_identity(state, newest)
    state.restore(newest).assert_consumed()
    shutil.copyfile(source / HISTORY_FILE, target / HISTORY_FILE)
