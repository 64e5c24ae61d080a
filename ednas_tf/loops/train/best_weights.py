"""The weights that a training ends with: those that are tested and exported."""

import pathlib
from collections.abc import Callable

import keras
import tensorflow as tf

from ednas_tf import errors
from ednas_tf.runs import checkpoints
from ednas_tf.settings import schema
from ednas_tf.space.genotype import Genotype

FOLDER = "best"

#: The last ones, and those before: if the process is killed before its next
#: checkpoint, these are still the best.
_KEPT = 2


class BestWeights:
    """Keeps the weights of the best epoch, or else of the last.

    Averaged weights, if there are such, in place of the network's own. Make
    it after the trainer's checkpoint is restored.

    Args:
      trainer: of a derived network.
      directory: of the run.
      writes: whether this process saves; all read.
      identity: what tells the run from others, see the function.
      before_save: is called before weights are saved.
    """

    def __init__(
        self,
        trainer,
        directory: pathlib.Path,
        writes: bool = True,
        identity: str = "",
        before_save: Callable[[], None] = lambda: None,
    ):
        self._trainer = trainer
        self._directory = directory
        if writes:
            _remove_after(directory / FOLDER, int(trainer.best_step.numpy()))
        self._checkpoints = checkpoints.Checkpoints(
            held(trainer.network),
            directory,
            _KEPT,
            writes,
            FOLDER,
            identity,
            before_save,
        )
        self._identity = identity

    def end_epoch(self, last: bool) -> dict[str, float]:
        """Saves the weights if they are the best; logs how good they are.

        Args:
          last: whether the epoch is, which is the best where a task has
            nothing to tell by.

        Returns:
          What was found on the data kept for validation; empty without such.
        """
        if self._trainer.task.validates:
            return self._validate()
        if last:
            with self._trainer.weight_update.averaged():
                self._save()
        return {}

    def _validate(self):
        trainer, task = self._trainer, self._trainer.task
        update, step = trainer.weight_update, int(trainer.global_step.numpy())
        with update.averaged():
            found = trainer.evaluate()
            measure = found[task.measure]
            for name in found.keys() - {task.unit}:
                tf.summary.scalar(f"validation/{name}", found[name], step=step)
            if task.is_better(measure, float(trainer.best_measure.numpy())):
                trainer.best_measure.assign(measure)
                self._save()
        if update.average:
            update.average.observe(measure)
        return found

    def _save(self):
        step = int(self._trainer.global_step.numpy())
        self._trainer.best_step.assign(step)
        self._checkpoints.save(step)

    def restore(self) -> None:
        """Gives the trainer's network the best weights."""
        restore(self._trainer.network, self._directory, self._identity)


def held(network: keras.Model) -> tf.train.Checkpoint:
    """A network's variables, those of an auxiliary head left out."""
    head = getattr(network, "auxiliary_head", None)
    without = {id(v) for v in head.variables} if head else ()
    return tf.train.Checkpoint(
        variables=[v.value for v in network.variables if id(v) not in without]
    )


def identity(settings: schema.Settings, genotype: Genotype) -> str:
    """What tells a training from others, in each of its checkpoints."""
    return (
        f"settings {settings.fingerprint()}, genotype {genotype.fingerprint()}"
    )


def restore(
    network: keras.Model, directory: pathlib.Path, identity: str = ""
) -> None:
    """Gives `network` the weights that a finished training has left.

    Args:
      network: the network of the training.
      directory: the directory of the training.
      identity: what tells the training from others, see the function.

    Raises:
      RunError: the weights are those of another training.
      RequestError: there are none, or they are of another network.
    """
    folder = directory / FOLDER
    try:
        file = checkpoints.newest(directory, FOLDER)
        if file is None:
            raise ValueError("none found")
        weights = held(network)
        checkpoints.identify(weights, identity)
        checkpoints.check_identity(weights, file)
        weights.restore(file).assert_consumed()
    except (AssertionError, ValueError, tf.errors.OpError) as error:
        raise errors.RequestError(
            f"{folder}: expected the weights of the network in genotype.json: "
            f"{errors.first_line(error)}; train it again in a new --model_dir"
        ) from None


def _remove_after(folder, step):
    """Removes what a process saved that ended before its next checkpoint."""
    for file in folder.glob("ckpt-*.*"):
        number = file.name.removeprefix("ckpt-").partition(".")[0]
        if number.isdigit() and int(number) > step:
            file.unlink()
