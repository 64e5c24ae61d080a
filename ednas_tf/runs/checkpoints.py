"""Saves the most recent checkpoints of a run and restores intact ones only."""

import os
import pathlib
import re
import shutil
from collections.abc import Callable

import tensorflow as tf

from ednas_tf import errors, whole_files
from ednas_tf.runs.names import CHECKPOINTS_FOLDER

_NAME = "ckpt"
#: Where TensorFlow keeps the text of `_Identity`.
_IDENTITY = "identity/.ATTRIBUTES/py_state"
_PREFIX = re.compile(rf"{_NAME}-[0-9]+")

#: Errors that reading a truncated or damaged checkpoint can raise; a damaged
#: index can contain anything.
_UNREADABLE = (tf.errors.OpError, ValueError, IndexError, RuntimeError)
#: Parts of such error messages that do not mean damage.
_NOT_DAMAGE = re.compile(
    "Permission denied|Too many open files|Input/output error|OOM"
)


class _Identity(tf.train.experimental.PythonState):
    """A text in a checkpoint that says which run the checkpoint belongs to."""

    def __init__(self, text: str):
        self.text = text

    def serialize(self) -> str:
        return self.text

    def deserialize(self, string_value: bytes) -> None:
        """Does nothing: `check_identity` has found both texts equal."""


def identify(checkpoint: tf.train.Checkpoint, identity: str) -> None:
    """Makes a text a part of a checkpoint, from which it can be told."""
    checkpoint.identity = _Identity(identity)


def check_identity(checkpoint: tf.train.Checkpoint, prefix: str) -> None:
    """Raises `RunError` if the saved checkpoint is another run's.

    Args:
      checkpoint: what is to be restored, after `identify`.
      prefix: path of an intact checkpoint.
    """
    reader = tf.train.load_checkpoint(prefix)
    if not reader.has_tensor(_IDENTITY):
        raise errors.RunError(
            f"{prefix}: expected a checkpoint that names its run, found one of "
            "an older version of ednas_tf; start again in a new --model_dir"
        )
    found = reader.get_tensor(_IDENTITY)
    if isinstance(found, bytes):
        found = found.decode(errors="replace")
    expected = checkpoint.identity.text
    if found != expected:
        raise errors.RunError(
            f"{prefix}: expected a checkpoint of this run ({expected}), found "
            f"one of another ({errors.shown(found)}); remove it, or start "
            "again in a new --model_dir"
        )


class Checkpoints(tf.train.CheckpointManager):
    """Saves checkpoints and restores the last intact one.

    TensorFlow first writes the data to a temporary folder and renames it, then
    writes the index in place, and then removes the temporary folder: while that
    folder exists, the checkpoint is unfinished. Checksums in both files reveal
    damage.

    Args:
      checkpoint: the variables to save.
      directory: the run directory.
      kept: number of most recent checkpoints to keep.
      writes: whether this process saves checkpoints; all processes read them.
      name: name of their folder in the directory.
      identity: what tells the run from others: its settings, seed and so on.
        It is saved with the variables, and compared before they are restored.
      before_save: is called before each checkpoint is saved.

    Raises:
      RunError: there are checkpoints, but none of them can be read.
    """

    def __init__(
        self,
        checkpoint: tf.train.Checkpoint,
        directory: pathlib.Path,
        kept: int,
        writes: bool = True,
        name: str = CHECKPOINTS_FOLDER,
        identity: str = "",
        before_save: Callable[[], None] = lambda: None,
    ):
        folder = directory / name
        self._writes = writes
        self._before_save = before_save
        identify(checkpoint, identity)
        found = _up_to_intact(folder)
        if writes:
            _remove_unfinished(folder, found)
            _record(folder, found)
        super().__init__(
            checkpoint, str(folder), max_to_keep=kept, checkpoint_name=_NAME
        )
        self._newest = found[-1] if found else None

    def restore_or_initialize(self) -> str | None:
        """Restores the last intact checkpoint; returns it, or None without one.

        Raises:
          RunError: the checkpoint belongs to another network.
        """
        if self._newest is not None:
            check_identity(self.checkpoint, self._newest)
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
          RunError: the checkpoint cannot be written; earlier ones are kept.
            Also whatever `before_save` raises.
        """
        if not self._writes:
            return None
        self._before_save()
        try:
            return super().save(checkpoint_number, **options)
        except (OSError, tf.errors.OpError) as error:
            folder = pathlib.Path(self.directory)
            prefix = folder / f"{_NAME}-{checkpoint_number}"
            if not _is_intact(prefix):
                _remove(folder, f"{prefix.name}[._]*")
            reason = errors.first_line(error)
            raise errors.RunError(
                f"{self.directory}: the checkpoint of step {checkpoint_number} "
                f"cannot be written: {reason}; earlier checkpoints are kept, "
                "and the same command resumes from the last one"
            ) from None


def newest(
    directory: pathlib.Path, name: str = CHECKPOINTS_FOLDER
) -> str | None:
    """The last intact checkpoint in a folder of a run, or None without one.

    Raises:
      RunError: there are checkpoints, but none of them can be read.
    """
    return (_up_to_intact(directory / name) or [None])[-1]


def _up_to_intact(folder):
    """Prefixes in the order of their steps, up to the last intact one.

    Only that checkpoint has been read. TensorFlow also lists the checkpoints in
    the file `checkpoint`, but that may itself be damaged or outdated.
    """
    prefixes = [file.with_suffix("") for file in folder.glob("*.index")]
    found = sorted(
        (prefix for prefix in prefixes if _PREFIX.fullmatch(prefix.name)),
        key=lambda prefix: int(prefix.name.rpartition("-")[2]),
    )
    if not found:
        _check_indexes(folder)
    damaged = []
    while found and not _is_intact(found[-1]):
        prefix = found.pop()
        if not _aside(prefix).exists():
            damaged.append(prefix.name)
    if damaged:
        names = ", ".join(damaged)
        if not found:
            raise errors.RunError(
                f"{folder}: expected a readable checkpoint, found only damaged "
                f"ones ({names}); start again in a new --model_dir"
            )
        errors.warn(
            f"{folder}: {names} cannot be read; the run resumes from "
            f"{found[-1].name}"
        )
    return [str(prefix) for prefix in found]


def _check_indexes(folder):
    """Raises `RunError` if there are checkpoints whose indexes were lost.

    A process that is killed before it has written its first index leaves the
    temporary folder, too.
    """
    lost = [
        data.name
        for data in folder.glob(f"{_NAME}-*.data-*")
        if not _aside(data.with_suffix("")).exists()
    ]
    if lost:
        raise errors.RunError(
            f"{folder}: expected an index beside {min(lost)}, found none of "
            "any checkpoint; restore the files, or start again in a new "
            "--model_dir"
        )


def _aside(prefix):
    return prefix.with_name(f"{prefix.name}_temp")


def _is_intact(prefix):
    # TensorFlow would wait for a pipe, and read a device without end.
    if not all(map(os.path.isfile, _files(prefix))):
        return False
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


def _files(prefix):
    folder, name = os.path.split(prefix)
    return pathlib.Path(folder).glob(f"{name}.*")


def _remove_unfinished(folder, whole):
    """Removes what a killed process has left behind."""
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
    """Writes the list of checkpoints from which TensorFlow deletes old ones."""
    if not prefixes:
        # Whatever it is, TensorFlow would read it.
        _remove(folder, "checkpoint")
        return
    times = [os.path.getmtime(f"{prefix}.index") for prefix in prefixes]
    names = [os.path.basename(prefix) for prefix in prefixes]
    lines = [
        f'model_checkpoint_path: "{names[-1]}"',
        *(f'all_model_checkpoint_paths: "{name}"' for name in names),
        *(f"all_model_checkpoint_timestamps: {time!r}" for time in times),
        # TensorFlow would never delete a checkpoint older than this.
        "last_preserved_timestamp: 0.0\n",
    ]
    whole_files.write(folder / "checkpoint", "\n".join(lines).encode())


def _remove(folder, pattern):
    """Removes files and folders of an unfinished checkpoint."""
    for file in folder.glob(pattern):
        if file.is_dir():
            shutil.rmtree(file, ignore_errors=True)
        else:
            file.unlink(missing_ok=True)
