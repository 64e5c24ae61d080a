"""The checkpoints of a run: the last few, whole ones only."""

import os
import pathlib
import re
import shutil

import tensorflow as tf

from ednas_tf import errors, whole_files
from ednas_tf.runs.names import CHECKPOINTS_FOLDER

_NAME = "ckpt"
_PREFIX = re.compile(rf"{_NAME}-[0-9]+")

#: What reading a checkpoint that is cut off or damaged raises: a damaged index
#: can hold anything.
_UNREADABLE = (tf.errors.OpError, ValueError, IndexError, RuntimeError)
#: Words of such an error that are not of damage.
_NOT_DAMAGE = re.compile(
    "Permission denied|Too many open files|Input/output error|OOM"
)


class Checkpoints(tf.train.CheckpointManager):
    """Saves checkpoints and restores the last one that is whole.

    TensorFlow writes the data aside and renames it, then writes the index in
    place, then removes the folder for what is aside: while it is there, the
    checkpoint is not finished. Checksums in both files tell damage.

    Args:
      checkpoint: what is saved.
      directory: of the run.
      kept: the last so many.
      writes: whether this process saves; all read.
      name: of their folder in the directory.

    Raises:
      RunError: there are checkpoints, and none of them can be read.
    """

    def __init__(
        self,
        checkpoint: tf.train.Checkpoint,
        directory: pathlib.Path,
        kept: int,
        writes: bool = True,
        name: str = CHECKPOINTS_FOLDER,
    ):
        folder = directory / name
        self._writes = writes
        found = _up_to_whole(folder)
        if writes:
            _remove_unfinished(folder, found)
            _record(folder, found)
        super().__init__(
            checkpoint, str(folder), max_to_keep=kept, checkpoint_name=_NAME
        )
        self._newest = found[-1] if found else None

    def restore_or_initialize(self) -> str | None:
        """Restores the last whole checkpoint; returns it, None without one.

        Raises:
          RunError: it is not one of this run's network.
        """
        if self._newest is not None:
            try:
                self.checkpoint.restore(self._newest).assert_consumed()
            except (AssertionError, *_UNREADABLE) as error:
                reason = errors.first_line(error)
                raise errors.RunError(
                    f"{self._newest}: expected the variables of this run, "
                    f"found others ({reason}); start again in a new --model_dir"
                ) from None
        return self._newest

    def save(self, checkpoint_number: int, **options) -> str | None:
        """Saves a checkpoint of the step `checkpoint_number`.

        Raises:
          RunError: it cannot be written; those that are whole are kept.
        """
        if not self._writes:
            return None
        try:
            return super().save(checkpoint_number, **options)
        except (OSError, tf.errors.OpError) as error:
            folder = pathlib.Path(self.directory)
            prefix = folder / f"{_NAME}-{checkpoint_number}"
            if not _is_whole(prefix):
                _remove(folder, f"{prefix.name}[._]*")
            reason = errors.first_line(error)
            raise errors.RunError(
                f"{self.directory}: the checkpoint of step {checkpoint_number} "
                f"cannot be written: {reason}; those before are kept: the "
                "same command goes on from the last"
            ) from None


def newest(
    directory: pathlib.Path, name: str = CHECKPOINTS_FOLDER
) -> str | None:
    """The last whole checkpoint in a folder of a run, if it has any.

    Raises:
      RunError: there are checkpoints, and none of them can be read.
    """
    return (_up_to_whole(directory / name) or [None])[-1]


def _up_to_whole(folder):
    """Prefixes in the order of their steps, up to the last whole one.

    Only that one has been read. The file `checkpoint`, in which TensorFlow
    keeps their names, may itself be damaged or older than they are.
    """
    prefixes = [file.with_suffix("") for file in folder.glob("*.index")]
    found = sorted(
        (prefix for prefix in prefixes if _PREFIX.fullmatch(prefix.name)),
        key=lambda prefix: int(prefix.name.rpartition("-")[2]),
    )
    damaged = []
    while found and not _is_whole(found[-1]):
        prefix = found.pop()
        if not _aside(prefix).exists():
            damaged.append(prefix.name)
    if damaged:
        names = ", ".join(damaged)
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


def _aside(prefix):
    return prefix.with_name(f"{prefix.name}_temp")


def _is_whole(prefix):
    try:
        reader = tf.train.load_checkpoint(str(prefix))
        for name in reader.get_variable_to_shape_map():
            reader.get_tensor(name)
    except _UNREADABLE as error:
        if _NOT_DAMAGE.search(str(error)):
            raise errors.RunError(
                f"{prefix}: cannot be read: {errors.first_line(error)}"
            ) from None
        return False
    return True


def _remove_unfinished(folder, whole):
    """What a process that was killed has left."""
    for aside in folder.glob(f"{_NAME}-*_temp"):
        prefix = aside.name.removesuffix("_temp")
        if str(folder / prefix) not in whole:
            _remove(folder, f"{prefix}.*")
        _remove(folder, aside.name)
    for data in folder.glob(f"{_NAME}-*.data-*"):
        if not data.with_suffix(".index").exists():
            data.unlink()
    _remove(folder, "checkpoint.tmp*")
    _remove(folder, ".checkpoint.*")


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
        "last_preserved_timestamp: 0.0\n",
    ]
    whole_files.write(folder / "checkpoint", "\n".join(lines).encode())


def _remove(folder, pattern):
    """Frees what a checkpoint that was not finished has taken."""
    for file in folder.glob(pattern):
        if file.is_dir():
            shutil.rmtree(file, ignore_errors=True)
        else:
            file.unlink(missing_ok=True)
