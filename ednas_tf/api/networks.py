"""Networks of an architecture that a search found: built, and trained."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from ednas_tf import errors, tasks
from ednas_tf.analysis.run_record import RunRecord
from ednas_tf.api import options, session
from ednas_tf.data import given_data
from ednas_tf.data.images import array_folder
from ednas_tf.runs import run_directory
from ednas_tf.runs.names import SETTINGS_FILE
from ednas_tf.settings import schema
from ednas_tf.space.genotype import Genotype

if TYPE_CHECKING:
    import keras

#: The family of spaces whose networks classify images.
_IMAGES = "convolutional"


def build(
    record: RunRecord, genotype: Genotype, given: Mapping[str, object]
) -> keras.Model:
    """See `Found.build`.

    Args:
      record: the search.
      genotype: the architecture.
      given: arguments of `ednas_tf.build`; those that are None are not given.
    """
    import ednas_tf

    if record.space.family != _IMAGES:
        raise errors.RequestError(
            "build: expected a search for images, found one for "
            f"{record.space.family} cells; use train, whose result can be "
            "exported"
        )
    settings = settings_of(record.directory)
    network = settings.train.network
    chosen = {
        "cells": network.cells,
        "channels": network.channels,
        "stem": network.stem,
        **{name: each for name, each in given.items() if each is not None},
    }
    of_data = _of_data(settings, chosen.get("input_shape"))
    of_data["value_range"] = (0, white_of(record.directory))
    if not chosen.get("include_top", True):
        del of_data["classes"]
    return ednas_tf.build(genotype, **of_data | chosen)


def _of_data(settings: schema.Settings, shape: object) -> dict[str, object]:
    """Arguments of `ednas_tf.build` that follow from the data of a search.

    Args:
      settings: the settings of the search.
      shape: the shape of an image if the call gives it, else None.
    """
    data = tasks.make(settings).data
    mean, stddev = data.mean, data.stddev
    if np.shape(shape) == (3,) and shape[2] != len(mean):
        # Grey images in place of images in colour, or the other way round.
        mean, stddev = float(np.mean(mean)), float(np.mean(stddev))
    return {
        "input_shape": tuple(map(int, data.form.image_shape)),
        "classes": list(data.labels),
        "mean": mean,
        "stddev": stddev,
    }


def train(
    record: RunRecord,
    genotype: Genotype,
    directory: pathlib.Path,
    given: Mapping[str, object],
    verbose: bool,
    is_kept: bool,
) -> None:
    """See `Found.train`.

    Args:
      record: the search.
      genotype: the architecture.
      directory: directory of the training.
      given: the settings of the call, as in a settings file.
      verbose: whether progress is printed.
      is_kept: whether the directory stays.
    """
    settings = settings_of(record.directory)
    options.override(settings, "train", given)
    # Before TensorFlow is imported, which takes long.
    run_directory.check(directory, settings)
    with session.entered(verbose):
        from ednas_tf.loops.train import train_loop

        try:
            train_loop.train(settings, genotype, directory, is_kept=is_kept)
        except errors.Interrupted as stopped:
            raise KeyboardInterrupt(str(stopped)) from None


def settings_of(directory: pathlib.Path) -> schema.Settings:
    """The settings of a search; data in its directory may have moved with it.

    Args:
      directory: directory of the search.
    """
    settings = run_directory.load(directory / SETTINGS_FILE)
    own = directory / given_data.FOLDER
    if given_data.is_given(own):
        settings.runtime.data_dir = str(own)
    return settings


def white_of(directory: pathlib.Path) -> int:
    """The number that stands for white in the images that a search was given.

    Args:
      directory: directory of the search.

    Returns:
      1 if they were floats from 0 to 1, else 255.
    """
    return array_folder.read_white(directory / given_data.FOLDER)
