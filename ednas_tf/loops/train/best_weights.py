"""The weights that a training ends with: those that are tested and exported."""

import pathlib

import keras
import tensorflow as tf

from ednas_tf import errors
from ednas_tf.runs import checkpoints

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
    """

    def __init__(self, trainer, directory: pathlib.Path, writes: bool = True):
        self._trainer = trainer
        self._directory = directory
        if writes:
            _remove_after(directory / FOLDER, int(trainer.best_step.numpy()))
        self._checkpoints = checkpoints.Checkpoints(
            held(trainer.network), directory, _KEPT, writes, FOLDER
        )

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
        restore(self._trainer.network, self._directory)


def held(network: keras.Model) -> tf.train.Checkpoint:
    """A network's variables, those of an auxiliary head left out."""
    head = getattr(network, "auxiliary_head", None)
    without = {id(v) for v in head.variables} if head else ()
    return tf.train.Checkpoint(
        variables=[v.value for v in network.variables if id(v) not in without]
    )


def restore(network: keras.Model, directory: pathlib.Path) -> None:
    """Gives `network` the weights that a finished training has left.

    Raises:
      RequestError: there are none, or they are of another network.
    """
    folder = directory / FOLDER
    try:
        file = checkpoints.newest(directory, FOLDER)
        if file is None:
            raise ValueError("none found")
        held(network).restore(file).assert_consumed()
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
