"""Weights of a finished training that another training begins with."""

import dataclasses
import json
import pathlib

import keras
import tensorflow as tf

from ednas_tf import errors, tasks, whole_files
from ednas_tf.loops.train import best_weights, results
from ednas_tf.runs import checkpoints, run_directory
from ednas_tf.runs.names import (
    BEST_FOLDER,
    GENOTYPE_FILE,
    INITIAL_WEIGHTS_FILE,
    SETTINGS_FILE,
)
from ednas_tf.settings import schema
from ednas_tf.space.genotype import Genotype

#: The name that TensorFlow gives the i-th variable in a checkpoint.
_KEY = "variables/{}/.ATTRIBUTES/VARIABLE_VALUE"


@dataclasses.dataclass(frozen=True)
class InitialWeights:
    """The finished training that the weights are from.

    Attributes:
      directory: its directory, which must stay until the new training has saved
        its first checkpoint.
      settings, genotype, result: its settings, architecture and result.
    """

    directory: pathlib.Path
    settings: schema.Settings
    genotype: Genotype
    result: dict[str, object]

    def record(self) -> dict[str, object]:
        """What a training keeps of the weights that it began with."""
        before = self.result.get("initial_weights", {}).get("epochs", 0)
        return {
            "directory": str(self.directory.absolute()),
            "epochs": before + self.result.get("epochs", 0),
            "best_step": self.result.get("best_step"),
            "settings_fingerprint": self.result.get("settings_fingerprint"),
        }

    def adopt_network(self, settings: schema.Settings) -> None:
        """Gives a training a network of the size of this one.

        Args:
          settings: the settings of the training, which are changed.
        """
        mine, new = self.settings.train, settings.train
        new.network.cells = mine.network.cells
        new.network.channels = mine.network.channels
        new.language_model.hidden = mine.language_model.hidden

    def copy_to(self, network: keras.Model, task: tasks.Task) -> bool:
        """Gives a network these weights.

        If the network is for other classes than this training's, the layer that
        tells classes apart keeps its own weights.

        Args:
          network: a network of the same architecture and size.
          task: the task of the network.

        Returns:
          Whether all weights were copied.

        Raises:
          RequestError: the network is another one, or the weights are missing.
        """
        fresh = {id(v) for v in task.fresh_variables(network, self.result)}
        variables = best_weights.held(network).variables
        own = {id(v.value) for v in network.variables if id(v) in fresh}
        values = self._values()
        if len(values) != len(variables):
            raise self._misfit(len(variables), len(values), "variables")
        pairs = [
            (variable, value)
            for variable, value in zip(variables, values, strict=True)
            if id(variable) not in own
        ]
        for variable, value in pairs:
            if variable.shape != value.shape:
                raise self._misfit(
                    list(variable.shape), list(value.shape), "as a shape"
                )
        for variable, value in pairs:
            variable.assign(value)
        return not own

    def _values(self):
        """The values of all variables, in the order of `held`."""
        file = checkpoints.newest(self.directory, BEST_FOLDER)
        if file is None:
            raise errors.RequestError(
                f"{self.directory / BEST_FOLDER}: expected the weights "
                "of a training, found none; give another directory as --weights"
            )
        reader = tf.train.load_checkpoint(file)
        values = []
        while reader.has_tensor(_KEY.format(len(values))):
            values.append(reader.get_tensor(_KEY.format(len(values))))
        return values

    def _misfit(self, expected, found, what):
        return errors.RequestError(
            f"--weights: expected {expected} {what}, as the new network has, "
            f"found {found} in {self.directory}; use its --genotype and its "
            "train.network.stem, cells and channels"
        )


def read(directory: pathlib.Path, flag: str) -> InitialWeights:
    """Reads a finished training.

    Args:
      directory: its directory.
      flag: the flag that names it, for errors.

    Raises:
      RequestError: there is no finished training.
    """
    if not directory.is_dir():
        raise errors.RequestError(
            f"{flag}: expected the directory of a finished training, found no "
            f"directory {directory}; give the --model_dir of ednas_tf.train"
        )
    result = results.read_result(directory)
    settings = run_directory.load(directory / SETTINGS_FILE)
    genotype = results.read_genotype(directory / GENOTYPE_FILE)
    return InitialWeights(directory, settings, genotype, result)


def check(directory: pathlib.Path, weights: InitialWeights | None) -> None:
    """Checks that a training goes on with the weights that it began with.

    Args:
      directory: the directory of the training.
      weights: the weights of this start; None for random ones.

    Raises:
      RequestError: it began with others.
    """
    if not (directory / SETTINGS_FILE).exists():
        return
    file, held = directory / INITIAL_WEIGHTS_FILE, None
    if file.exists():
        held = whole_files.read_json(file, "the origin of weights")
    asked = weights and weights.record()
    if held != asked:
        raise errors.RequestError(
            f"{directory}: holds a training that began with "
            f"{_shown(held)}, found {_shown(asked)}; choose another --model_dir"
        )


def _shown(record):
    if not isinstance(record, dict):
        return "random weights"
    return (
        f"the weights of {record.get('directory')} after "
        f"{record.get('epochs')} epochs"
    )


def content(weights: InitialWeights) -> bytes:
    """What a training writes to INITIAL_WEIGHTS_FILE."""
    return (json.dumps(weights.record(), indent=2) + "\n").encode()
