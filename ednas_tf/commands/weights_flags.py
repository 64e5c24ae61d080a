"""The flags --weights and --more_epochs: trainings that begin with weights."""

import pathlib
from collections.abc import Sequence

from absl import flags

from ednas_tf import errors
from ednas_tf.commands import paths, settings_flags
from ednas_tf.runs.names import SETTINGS_FILE, more_epochs_folder

WEIGHTS = flags.DEFINE(
    paths.Path(),
    "weights",
    None,
    "Directory of a finished training, whose network and weights this one "
    "begins with. Without other data, it also has its settings.",
)
MORE_EPOCHS = flags.DEFINE_integer(
    "more_epochs",
    None,
    "Number of epochs to train on, after a finished training: that in "
    "--weights, or else in --model_dir. The learning rate falls once more.",
    lower_bound=1,
)


def source() -> pathlib.Path | None:
    """The directory of the training whose weights are used; None without one.

    Raises:
      RequestError: --more_epochs lacks a training, or --hours is given, too.
    """
    if MORE_EPOCHS.value is not None and flags.FLAGS["hours"].present:
        raise errors.RequestError(
            "--hours: expected no such flag with --more_epochs, which says how "
            "long to train; omit one of them"
        )
    if WEIGHTS.value is not None:
        return paths.directory(WEIGHTS.value, "--weights")
    if MORE_EPOCHS.value is None:
        return None
    if flags.FLAGS.model_dir is None:
        raise errors.RequestError(
            "--more_epochs: expected the directory of a finished training as "
            "--model_dir or --weights, found none"
        )
    return paths.directory(flags.FLAGS.model_dir, "--model_dir")


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
    goes_on = MORE_EPOCHS.value is not None
    base = directory / SETTINGS_FILE
    found = settings_flags.settings(base=base, only_base=goes_on)
    if goes_on:
        found.train.epochs, found.train.hours = MORE_EPOCHS.value, 0.0
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
        return directory / more_epochs_folder(MORE_EPOCHS.value)
    return settings_flags.model_dir("train", dataset, default)
