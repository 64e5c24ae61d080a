"""A finished training, as it is exported."""

import dataclasses
import pathlib

import keras

from ednas_tf import errors, tasks
from ednas_tf.loops.train import best_weights, results
from ednas_tf.runs import run_directory
from ednas_tf.runs.names import GENOTYPE_FILE, RESULT_FILE, SETTINGS_FILE
from ednas_tf.settings import schema
from ednas_tf.space import genotype


@dataclasses.dataclass(frozen=True)
class Trained:
    """What a finished training left.

    Attributes:
      settings: of the run.
      described: the genotype.
      task: with the data.
      network: the derived network with the weights that were tested, in 32
        bits and without auxiliary head.
      result: as `train_loop.train` returns it.
    """

    settings: schema.Settings
    described: genotype.Genotype
    task: tasks.Task
    network: keras.Model
    result: dict[str, object]


def load(
    directory: pathlib.Path, runtime: dict[str, object] | None = None
) -> Trained:
    """Loads the training in `directory`.

    Args:
      directory: of a finished training.
      runtime: settings of the runtime other than the training's.

    Raises:
      RequestError: there is none, or its files do not belong together.
      RunError: its weights cannot be read.
    """
    result = results.read_result(directory)
    settings = run_directory.load(directory / SETTINGS_FILE)
    settings.override({"runtime": runtime or {}})
    described = results.read_genotype(directory / GENOTYPE_FILE)
    for name, found in (
        ("genotype_fingerprint", described.fingerprint()),
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
    network = task.child(described, to_train=False)
    identity = best_weights.identity(settings, described)
    best_weights.restore(network, directory, identity)
    return Trained(settings, described, task, network, result)
