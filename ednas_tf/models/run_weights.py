"""The weights of a finished training, for a Keras model."""

import dataclasses
import os
import pathlib

import keras

from ednas_tf import errors, tasks
from ednas_tf.loops.train import results, trained
from ednas_tf.nets import stem as stems
from ednas_tf.runs import run_directory
from ednas_tf.runs.names import RESULT_FILE, SETTINGS_FILE

#: What the run decides: weights fit no other network.
_OF_THE_RUN = ("genotype", "cells", "channels", "stem")
#: The folder of a run or a search that has the training of its result.
_TRAIN = "train"


@dataclasses.dataclass(frozen=True)
class RunWeights:
    """A finished training on images.

    Attributes:
      directory: the directory of the training.
      trained: the training.
    """

    directory: pathlib.Path
    trained: trained.Trained

    def completed(self, given: dict, include_top: bool) -> dict:
        """Adds to the arguments of `build` what the run knows.

        Args:
          given: the arguments that are not None, by name.
          include_top: whether there is a classifier.

        Raises:
          RequestError: an argument would change the network of the run.
        """
        for name in _OF_THE_RUN:
            if name in given:
                raise errors.RequestError(
                    f"build: {name}: expected none, because the run in "
                    f"{self.directory} has its own, found "
                    f"{errors.shown(given[name])}; do not pass {name}"
                )
        data, network = self._data, self.trained.settings.train.network
        known = {
            "genotype": self.trained.genotype,
            "input_shape": data.form.image_shape,
            "cells": network.cells,
            "channels": network.channels,
            "stem": stems.fitting(network.stem, data.form.image_shape),
            "mean": data.mean,
            "stddev": data.stddev,
        }
        if include_top:
            known["classes"] = data.labels
        completed = known | given
        channels = data.form.image_shape[2]
        found = completed["input_shape"]
        if len(found) == 3 and found[2] != channels:
            raise errors.RequestError(
                f"build: input_shape: expected {channels} channels, as the "
                f"images of the run in {self.directory} have, found "
                f"{errors.shown(found)}"
            )
        return completed

    def copy_to(self, model: keras.Model) -> None:
        """Gives a model the weights of the run.

        A classifier for other classes than the run's keeps its own, and so does
        an auxiliary head.

        Args:
          model: an `ImageClassifier` made with what `completed` returned.
        """
        network = self.trained.network
        layers = [*network.stem, *network.preprocessors, *network.cells]
        if model.class_names == tuple(self._data.labels):
            layers.append(network.classifier)
        elif not model.options.include_top:
            layers.append(network.classifier.before)
        known = {layer.name: layer for layer in layers}
        for layer in model.layers:
            if layer.name in known:
                _copy(known[layer.name], layer)

    @property
    def _data(self):
        return self.trained.task.data


def load(directory: str | os.PathLike) -> RunWeights:
    """Loads a finished training on images.

    Args:
      directory: the directory of the training, or one with it in its folder
        `train`.

    Raises:
      RequestError: there is no finished training on images.
    """
    path = pathlib.Path(directory).expanduser()
    if not path.is_dir():
        raise errors.RequestError(
            "build: weights: expected the directory of a finished training, "
            f"found no directory {path}"
        )
    if not (path / RESULT_FILE).exists() and (path / _TRAIN).is_dir():
        path = path / _TRAIN
    results.read_result(path)
    task = run_directory.load(path / SETTINGS_FILE).task
    if tasks.kind(task).export_form != "images":
        raise errors.RequestError(
            "build: weights: expected a training on images, found one for "
            f"{task.replace('_', ' ')} in {path}; give another directory"
        )
    return RunWeights(path, trained.load(path))


def _copy(source, target):
    """Copies the variables of a layer, but not those of drop path."""
    for variable, value in zip(_own(target), _own(source), strict=True):
        variable.assign(value.value)


def _own(layer):
    dropping = getattr(layer, "drop_path", None)
    others = {id(v) for v in dropping.variables} if dropping else ()
    return [v for v in layer.variables if id(v) not in others]
