"""The best weights of a training, which are tested and exported."""

import pathlib
from collections.abc import Callable

import keras
import tensorflow as tf

from ednas_tf import errors
from ednas_tf.runs import checkpoints
from ednas_tf.runs.names import BEST_FOLDER
from ednas_tf.settings import schema
from ednas_tf.space.genotype import Genotype

#: Number of files that are kept: the best weights, and the best before them. If
#: the process is killed before its next checkpoint, the latter are the best.
_KEPT = 2


class BestWeights:
    """Saves the weights of the best epoch, or those of the last epoch.

    A task that does not validate has no best epoch. Averaged weights, if there
    are any, are saved in place of the network's own. Make it after the
    trainer's checkpoint was restored.

    Args:
      trainer: the trainer of a derived network.
      directory: directory of the run.
      writes: whether this process writes the files of the run.
      identity: identifies the training, see the function `identity`.
      before_save: called before weights are saved.
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
            _remove_after(
                directory / BEST_FOLDER, int(trainer.best_step.numpy())
            )
        self._checkpoints = checkpoints.Checkpoints(
            held(trainer.network),
            directory,
            _KEPT,
            writes,
            BEST_FOLDER,
            identity,
            before_save,
        )
        self._identity = identity

    def end_epoch(self, last: bool) -> dict[str, float]:
        """Evaluates the weights, and saves them if they are the best so far.

        If the task does not validate, only those of the last epoch are saved.

        Args:
          last: whether it is the last epoch.

        Returns:
          The metrics on the validation data; empty without these.
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
        """Restores the best weights into the trainer's network."""
        restore(self._trainer.network, self._directory, self._identity)


def held(network: keras.Model) -> tf.train.Checkpoint:
    """A checkpoint of a network's variables without the auxiliary head's."""
    head = getattr(network, "auxiliary_head", None)
    without = {id(v) for v in head.variables} if head else ()
    return tf.train.Checkpoint(
        variables=[v.value for v in network.variables if id(v) not in without]
    )


def identity(settings: schema.Settings, genotype: Genotype) -> str:
    """A text that identifies a training in each of its checkpoints."""
    return (
        f"settings {settings.fingerprint()}, genotype {genotype.fingerprint()}"
    )


def last_step(directory: pathlib.Path) -> int:
    """The step of the last weights that were the best, 0 without any.

    Args:
      directory: the directory of a training.
    """
    files = (directory / BEST_FOLDER).glob("ckpt-*.index")
    return max(map(_step_of, files), default=0)


def restore(
    network: keras.Model, directory: pathlib.Path, identity: str = ""
) -> None:
    """Restores the best weights of a finished training into a network.

    Args:
      network: the network of the training.
      directory: the directory of the training.
      identity: identifies the training, see the function `identity`; empty:
        the weights of any training that fit are restored.

    Raises:
      RequestError: there are no such weights, they do not fit the network, or
        they are those of another training.
    """
    folder = directory / BEST_FOLDER
    try:
        file = checkpoints.newest(directory, BEST_FOLDER)
        if file is None:
            raise ValueError("none found")
        weights = held(network)
        checkpoints.identify(weights, identity)
        if identity:
            checkpoints.check_identity(weights, file)
        weights.restore(file).assert_consumed()
    except (
        AssertionError,
        ValueError,
        errors.RunError,
        tf.errors.OpError,
    ) as error:
        raise errors.RequestError(
            f"{folder}: expected the weights of the network in genotype.json: "
            f"{errors.first_line(error)}; train it again in a new --model_dir"
        ) from None


def _remove_after(folder, step):
    """Removes weights of later steps than the checkpoint's.

    A process saved them that was killed before its next checkpoint.
    """
    for file in folder.glob("ckpt-*.*"):
        if _step_of(file) > step:
            file.unlink()


def _step_of(file):
    """The step of a file of a checkpoint; -1 for other files."""
    number = file.name.removeprefix("ckpt-").partition(".")[0]
    return int(number) if number.isdecimal() and len(number) < 19 else -1
