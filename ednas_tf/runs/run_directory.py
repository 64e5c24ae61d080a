"""Opens run directories, each of which is tied to the settings of one run."""

import contextlib
import pathlib
import re
from collections.abc import Iterator

import yaml

from ednas_tf import errors, plugins, whole_files
from ednas_tf.data import given_data
from ednas_tf.runs import names, run_lock, starts
from ednas_tf.runs.names import LOCK_FILE, SETTINGS_FILE
from ednas_tf.settings import resolve, schema

#: Names of files that an interrupted write leaves behind.
_ASIDE = re.compile(r"\.[a-z_]+\.(yaml|np[yz]|csv|jsonl?|html|txt)\.[0-9]+")


def is_leftover(file: pathlib.Path) -> bool:
    """Whether an interrupted write has left this file behind."""
    return _ASIDE.fullmatch(file.name) is not None


def remove_leftovers(directory: pathlib.Path) -> None:
    """Removes what interrupted writes have left in a directory."""
    for file in directory.iterdir():
        if is_leftover(file):
            file.unlink(missing_ok=True)


def check(
    directory: pathlib.Path, settings: schema.Settings, writes: bool = True
) -> None:
    """Raises `RequestError` unless a run with `settings` may use the directory.

    It may if the directory is new, empty, or belongs to the same run, and if no
    other process writes to it. Settings of the runtime may change between
    starts.

    Args:
      directory: the run directory.
      settings: settings of the run. Sizes that are still to be chosen are set
        to the sizes that the run in this directory has chosen.
      writes: whether this process will write to the directory.
    """
    file = directory / SETTINGS_FILE
    try:
        if writes:
            run_lock.check(directory)
        # Keep this order, because another process may be starting a run.
        foreign, holds_run = _is_foreign(directory), file.exists()
        check_creatable(directory, "--model_dir")
        _check_entries(directory)
    except OSError as error:
        raise _unusable(directory, "read", error) from None
    if holds_run:
        _check_settings(directory, settings)
    elif foreign:
        is_folder = directory.is_dir()
        raise errors.RequestError(
            f"{directory}: expected the directory of a run or a new one, found "
            f"{'a folder of other files' if is_folder else 'a file'}; choose "
            "another --model_dir"
        )


def check_creatable(directory: pathlib.Path, flag: str) -> None:
    """Raises `RequestError` unless TensorFlow can keep files in the directory.

    Args:
      directory: may exist already.
      flag: the flag that names it, for the error.
    """
    whole_files.check_no_pattern(directory, flag)
    above = next(p for p in directory.absolute().parents if p.exists())
    if not above.is_dir():
        raise errors.RequestError(
            f"{directory}: expected a path for a directory, found that {above} "
            f"is a file; choose another {flag}"
        )


def _check_entries(directory):
    """Refuses what a run could not write to, or only elsewhere by a link."""
    for name in (*names.FOLDERS, given_data.FOLDER):
        folder = directory / name
        if folder.is_symlink() or folder.exists() and not folder.is_dir():
            raise errors.RequestError(
                f"{folder}: expected a folder of this run, found a link or a "
                "file; move it away, or choose another --model_dir"
            )
    for name in names.FILES:
        file = directory / name
        if file.is_dir() and not file.is_symlink():
            raise errors.RequestError(
                f"{file}: expected a file, found a folder; move it away, or "
                "choose another --model_dir"
            )


def _check_settings(directory, settings):
    file = directory / SETTINGS_FILE
    if file.exists():
        held = load(file)
        schema.adopt_sizes(settings, held)
        schema.adopt_lengths(settings, held)
        # A training leaves open what only a search chooses.
        schema.adopt_sizes(held, settings)
        if held.fingerprint() != settings.fingerprint():
            name, there, requested = _difference(held, settings)
            raise errors.RequestError(
                f"{directory}: holds a run with other settings "
                f"({name} is {errors.shown(there)} there, "
                f"{errors.shown(requested)} was requested); choose another "
                "--model_dir"
            )


def _is_foreign(directory):
    """Whether it holds more than leftovers of an interrupted first write."""
    if not directory.exists():
        return False
    return not directory.is_dir() or any(
        file.name != LOCK_FILE
        and not file.name.startswith(f".{SETTINGS_FILE}.")
        # Data that a Python program gave are written before the settings.
        and not (file.name == given_data.FOLDER and given_data.is_given(file))
        for file in directory.iterdir()
    )


def _unusable(directory, done, error):
    return errors.RequestError(
        f"{directory}: cannot be {done}: {error.strerror}; "
        "choose another --model_dir"
    )


@contextlib.contextmanager
def locked(directory: pathlib.Path) -> Iterator[run_lock.Lock]:
    """A context that creates a directory after `check`, and locks it.

    Within the context, no other process can open the directory. Yields its
    lock, which tells whether the directory is still there. If the run is
    refused before it has begun, what was created is removed.

    Raises:
      RequestError: the directory cannot be written, or another process was
        faster.
    """
    new = [
        each for each in (directory, *directory.parents) if not each.exists()
    ]
    with contextlib.ExitStack() as stack:
        try:
            directory.mkdir(parents=True, exist_ok=True)
            lock = stack.enter_context(run_lock.held(directory))
        except OSError as error:
            raise _unusable(directory, "written", error) from None
        try:
            yield lock
        except BaseException:
            if lock.is_in_place() and not (directory / SETTINGS_FILE).exists():
                _remove_empty(directory, new)
            raise


def _remove_empty(directory, new):
    """Removes the lock, and the new directories unless they hold something."""
    (directory / LOCK_FILE).unlink()
    with contextlib.suppress(OSError):
        for each in new:
            each.rmdir()


def begin(
    directory: pathlib.Path, settings: schema.Settings, task=None
) -> None:
    """Writes the settings of a run to its directory, which is `locked`.

    Args:
      directory: the run directory.
      settings: the settings of the run.
      task: the task of the run, whose data must be those of the first start.

    Raises:
      RequestError: the directory cannot be written, another process has begun
        another run in it, or the data have changed.
    """
    try:
        # Another process may have begun a run since the check.
        _check_settings(directory, settings)
        if task:
            task.check_result(starts.data(directory), directory)
        remove_leftovers(directory)
        whole_files.write(directory / SETTINGS_FILE, text(settings).encode())
        data = task.provenance() if task else {}
        computes = not _has_verdict(directory, settings)
        starts.record(directory, whole_files.write, data, computes)
    except OSError as error:
        raise _unusable(directory, "written", error) from None


def _has_verdict(directory, settings):
    """Whether a search by short trainings alone has made all of them.

    A finished search with shared weights scores its candidates again.
    """
    kept = names.TRAININGS_FILE, names.VERDICT_FILE
    return settings.search.evidence == "short" and all(
        (directory / name).exists() for name in kept
    )


def load(file: pathlib.Path) -> schema.Settings:
    """Reads the settings of a run.

    Raises:
      RequestError: the file does not contain valid settings.
    """
    settings = schema.Settings()
    values = resolve.read_yaml(file)
    settings.override(resolve.checked(schema.Settings, values, str(file)))
    plugins.check(settings.runtime.plugins, file)
    resolve.complete(settings)
    return settings


def text(settings: schema.Settings) -> str:
    """The settings as YAML, which `load` reads."""
    return yaml.safe_dump(_plain(settings.as_dict()), sort_keys=False)


def _plain(value):
    """Converts tuples to lists, because YAML has no tuples."""
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    return list(value) if isinstance(value, tuple) else value


def _difference(one, other):
    """The first setting that differs between two runs, and its two values."""
    mine, theirs = (dict(_flat(x.as_dict())) for x in (one, other))
    for name in mine | theirs:
        found = mine.get(name), theirs.get(name)
        if found[0] != found[1] and not name.startswith("runtime."):
            return name, *found
    raise AssertionError("the settings are the same")


def _flat(values, prefix=""):
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, _plain(value)
