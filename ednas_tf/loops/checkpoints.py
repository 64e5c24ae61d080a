"""The checkpoints of a run: the last few, whole ones only."""

import os
import pathlib
import shutil

import tensorflow as tf

from ednas_tf import errors
from ednas_tf.loops import run_directory

FOLDER = "checkpoints"
_NAME = "ckpt"


class Checkpoints(tf.train.CheckpointManager):
    """Saves checkpoints and restores the last one that is whole.

    TensorFlow writes the data aside and renames it, then the index. Checksums
    in both tell a file that was cut off or damaged.

    Args:
      checkpoint: what is saved.
      directory: of the run.
      kept: the last so many.
      writes: whether this process saves; all read.
    """

    def __init__(
        self,
        checkpoint: tf.train.Checkpoint,
        directory: pathlib.Path,
        kept: int,
        writes: bool = True,
    ):
        folder = directory / FOLDER
        self._writes = writes
        whole = _whole(folder)
        if writes:
            _remove(folder, f"{_NAME}-*_temp")
            _record(folder, whole)
        super().__init__(
            checkpoint, str(folder), max_to_keep=kept, checkpoint_name=_NAME
        )
        self._newest = whole[-1] if whole else None

    def restore_or_initialize(self) -> str | None:
        """Restores the last whole checkpoint; returns it, None without one.

        Raises:
          RunError: it is not one of this run's network.
        """
        if self._newest is not None:
            try:
                self.checkpoint.restore(self._newest).assert_consumed()
            except (AssertionError, ValueError, tf.errors.OpError) as error:
                reason = errors.first_line(error)
                raise errors.RunError(
                    f"{self._newest}: expected the variables of this run, "
                    f"found others ({reason}); start again in a new --model_dir"
                ) from None
        return self._newest

    def save(self, checkpoint_number: int, **options) -> str | None:
        """Saves a checkpoint of the step `checkpoint_number`.

        Raises:
          RunError: it cannot be written; the ones before are kept.
        """
        if not self._writes:
            return None
        try:
            return super().save(checkpoint_number, **options)
        except (OSError, tf.errors.OpError) as error:
            folder = pathlib.Path(self.directory)
            _remove(folder, f"{_NAME}-{checkpoint_number}[._]*")
            reason = errors.first_line(error)
            raise errors.RunError(
                f"{self.directory}: the checkpoint of step {checkpoint_number} "
                f"cannot be written: {reason}; the one before is kept: the "
                "same command goes on from it"
            ) from None


def newest(directory: pathlib.Path) -> str | None:
    """The last whole checkpoint of the run in `directory`, if it has any.

    Raises:
      RunError: there are checkpoints, and none of them can be read.
    """
    return (_whole(directory / FOLDER) or [None])[-1]


def _whole(folder):
    """Prefixes in the order of their steps; the last one has been read.

    The file `checkpoint`, in which TensorFlow keeps their names, may itself
    be damaged or older than they are.

    Raises:
      RunError: there are checkpoints, and none of them can be read.
    """
    found = sorted(
        (file.with_suffix("") for file in folder.glob(f"{_NAME}-*.index")),
        key=lambda prefix: int(prefix.name.rpartition("-")[2]),
    )
    damaged = []
    while found and not _is_whole(str(found[-1])):
        damaged.append(found.pop())
    if damaged:
        names = ", ".join(prefix.name for prefix in damaged)
        if not found:
            raise errors.RunError(
                f"{folder}: expected a checkpoint that can be read, found "
                f"damaged ones only ({names}); start again in a new --model_dir"
            )
        errors.warn(
            f"{folder}: {names} cannot be read; the run goes on from "
            f"{found[-1].name}"
        )
    return [str(prefix) for prefix in found]


def _is_whole(prefix):
    try:
        reader = tf.train.load_checkpoint(prefix)
        for name in reader.get_variable_to_shape_map():
            reader.get_tensor(name)
    # A damaged index can hold anything.
    except (tf.errors.OpError, ValueError, RuntimeError, IndexError):
        return False
    return True


def _record(folder, prefixes):
    """Writes TensorFlow's own list of checkpoints, to be kept or deleted."""
    if not prefixes:
        return
    times = [os.path.getmtime(f"{prefix}.index") for prefix in prefixes]
    names = [os.path.basename(prefix) for prefix in prefixes]
    lines = [
        f'model_checkpoint_path: "{names[-1]}"',
        *(f'all_model_checkpoint_paths: "{name}"' for name in names),
        *(f"all_model_checkpoint_timestamps: {time!r}" for time in times),
        # What is not newer than this would be kept for ever.
        f"last_preserved_timestamp: {min(times) - 1!r}\n",
    ]
    run_directory.write(folder / "checkpoint", "\n".join(lines).encode())


def _remove(folder, pattern):
    """Frees what a checkpoint that was not finished has taken."""
    for file in folder.glob(pattern):
        if file.is_dir():
            shutil.rmtree(file, ignore_errors=True)
        else:
            file.unlink(missing_ok=True)
