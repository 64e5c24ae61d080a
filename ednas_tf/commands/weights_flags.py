"""The flags --weights and --more_epochs: trainings that begin with weights."""

import pathlib
from collections.abc import Sequence

from absl import flags

from ednas_tf import errors
from ednas_tf.commands import more_epochs_flag, paths, settings_flags
from ednas_tf.runs.names import SETTINGS_FILE, more_epochs_folder

WEIGHTS = flags.DEFINE(
    paths.Path(),
    "weights",
    None,
    "Directory of a finished training, whose network and weights this one "
    "begins with. Without other data, it also has its settings.",
)
flags.adopt_module_key_flags(more_epochs_flag)


def source() -> pathlib.Path | None:
    """The directory of the training whose weights are used; None without one.

    Raises:
      RequestError: --more_epochs has no training to go on from, or --hours is
        given, too.
    """
    more_epochs_flag.check()
    if WEIGHTS.value is not None:
        return paths.directory(WEIGHTS.value, "--weights")
    if more_epochs_flag.FLAG.value is None:
        return None
    return settings_flags.given_model_dir()


def check(seeds: Sequence[int]) -> None:
    """Raises `RequestError` if there are --seeds, too."""
    if seeds:
        raise errors.RequestError(
            "--seeds: expected no such flag with --weights or --more_epochs: "
            "trainings that begin with the same weights are not independent; "
            "omit it"
        )


def flag() -> str:
    """The flag that names the directory of `source`."""
    return "--model_dir" if WEIGHTS.value is None else "--weights"


def settings(directory: pathlib.Path | None):
    """The settings of a training, with those of the one whose weights it has.

    Args:
      directory: what `source` returned.

    Raises:
      RequestError: see `settings_flags.settings`.
    """
    if directory is None:
        return settings_flags.settings()
    goes_on = more_epochs_flag.FLAG.value is not None
    base = directory / SETTINGS_FILE
    found = settings_flags.settings(base=base, only_base=goes_on)
    if goes_on:
        found.train.epochs, found.train.hours = more_epochs_flag.FLAG.value, 0.0
    return found


def model_dir(
    directory: pathlib.Path | None,
    dataset: str,
    default: pathlib.Path | None = None,
) -> pathlib.Path:
    """The directory of the new training.

    More epochs of the training in --model_dir have a folder in it, so that
    nothing there is lost.

    Args:
      directory: what `source` returned.
      dataset, default: see `settings_flags.model_dir`.
    """
    if directory is not None and WEIGHTS.value is None:
        return directory / more_epochs_folder(more_epochs_flag.FLAG.value)
    return settings_flags.model_dir("train", dataset, default)
