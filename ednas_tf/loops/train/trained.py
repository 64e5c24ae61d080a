"""Loads a finished training, to be exported."""

import dataclasses
import pathlib

import keras

from ednas_tf import errors, tasks
from ednas_tf.loops.train import best_weights, results
from ednas_tf.runs import run_directory
from ednas_tf.runs.names import GENOTYPE_FILE, RESULT_FILE, SETTINGS_FILE
from ednas_tf.settings import schema
from ednas_tf.space.genotype import Genotype


@dataclasses.dataclass(frozen=True)
class Trained:
    """A finished training.

    Attributes:
      settings: the settings of the run.
      genotype: the genotype of the network.
      task: the task, with its data.
      network: the derived network with the tested weights, in 32 bits and
        without auxiliary head.
      result: the result, see `train_loop.train`.
    """

    settings: schema.Settings
    genotype: Genotype
    task: tasks.Task
    network: keras.Model
    result: dict[str, object]


def load(
    directory: pathlib.Path, runtime: dict[str, object] | None = None
) -> Trained:
    """Loads a finished training.

    Args:
      directory: directory of the training.
      runtime: settings of the section `runtime` that replace the training's.

    Raises:
      RequestError: there is no finished training, or its files do not belong
        together.
      RunError: its weights cannot be read.
    """
    result = results.read_result(directory)
    settings = run_directory.load(directory / SETTINGS_FILE)
    settings.override({"runtime": runtime or {}})
    genotype = results.read_genotype(directory / GENOTYPE_FILE)
    for name, found in (
        ("genotype_fingerprint", genotype.fingerprint()),
        ("settings_fingerprint", settings.fingerprint()),
    ):
        if result.get(name, found) != found:
            raise errors.RequestError(
                f"{directory / RESULT_FILE}: {name}: expected "
                f"{found}, of the file beside it, found "
                f"{errors.shown(result[name])}; train it again in a new "
                "--model_dir"
            )
    task = tasks.make(settings)
    task.check_result(result, directory)
    network = task.child(genotype, to_train=False)
    identity = best_weights.identity(settings, genotype)
    best_weights.restore(network, directory, identity)
    return Trained(settings, genotype, task, network, result)
