"""Run directories: whose settings they hold, and how files are written."""

import contextlib
import pathlib
import re
from collections.abc import Iterator

import yaml

from ednas_tf import errors, plugins, whole_files
from ednas_tf.runs import run_lock, starts
from ednas_tf.runs.names import LOCK_FILE, SETTINGS_FILE
from ednas_tf.settings import resolve, schema

#: What a `write` that was killed leaves.
_ASIDE = re.compile(r"\.[a-z]+\.(yaml|npz|csv|json)\.[0-9]+")


def check(
    directory: pathlib.Path, settings: schema.Settings, writes: bool = True
) -> None:
    """Raises `RequestError` unless a run with `settings` may be there.

    It may in a new or empty directory and in one that holds the same run and
    that no other process writes to; settings of the runtime may change from
    one start to the next.

    Args:
      directory: of the run.
      settings: of the run; sizes that are left to be chosen become those that
        the run there has chosen.
      writes: whether this process is to write to it.
    """
    file = directory / SETTINGS_FILE
    try:
        if writes:
            run_lock.check(directory)
        # In this order, as another process may just begin a run.
        foreign, holds_run = _is_foreign(directory), file.exists()
        check_way(directory, "--model_dir")
    except OSError as error:
        raise _unusable(directory, "read", error) from None
    if holds_run:
        _check_settings(directory, settings)
    elif foreign:
        raise errors.RequestError(
            f"{directory}: expected a run's directory or a new one, found "
            f"something without {SETTINGS_FILE}; choose another --model_dir"
        )


def check_way(directory: pathlib.Path, flag: str) -> None:
    """Raises `RequestError` if a file is in the way of a new directory."""
    above = next(p for p in directory.absolute().parents if p.exists())
    if not above.is_dir():
        raise errors.RequestError(
            f"{directory}: expected a place for a directory, found that "
            f"{above} is a file; choose another {flag}"
        )


def _check_settings(directory, settings):
    file = directory / SETTINGS_FILE
    if file.exists():
        held = load(file)
        schema.adopt_sizes(settings, held)
        if held.fingerprint() != settings.fingerprint():
            name, there, asked = _difference(held, settings)
            raise errors.RequestError(
                f"{directory}: holds a run with other settings "
                f"({name} is {errors.shown(there)} there, "
                f"{errors.shown(asked)} asked for); choose another --model_dir"
            )


def _is_foreign(directory):
    """Whether there is more than a first write, stopped, can have left."""
    if not directory.exists():
        return False
    return not directory.is_dir() or any(
        file.name != LOCK_FILE
        and not file.name.startswith(f".{SETTINGS_FILE}.")
        for file in directory.iterdir()
    )


def _unusable(directory, done, error):
    return errors.RequestError(
        f"{directory}: cannot be {done}: {error.strerror}; "
        "choose another --model_dir"
    )


@contextlib.contextmanager
def opened(
    directory: pathlib.Path,
    settings: schema.Settings,
    task=None,
) -> Iterator[None]:
    """Makes `directory`, after `check`, and writes the settings to it.

    While in the context no other process can open it.

    Args:
      directory: of the run.
      settings: of the run.
      task: of the run, whose data must be those that it was begun with.

    Raises:
      RequestError: it cannot be written, another process was faster, or the
        data are others.
    """
    with contextlib.ExitStack() as stack:
        try:
            directory.mkdir(parents=True, exist_ok=True)
            stack.enter_context(run_lock.held(directory))
            # Another process may have begun a run since the check.
            _check_settings(directory, settings)
            if task:
                task.check_result(starts.data(directory), directory)
            for file in directory.iterdir():
                if _ASIDE.fullmatch(file.name):
                    file.unlink()
            text = yaml.safe_dump(_plain(settings.as_dict()), sort_keys=False)
            whole_files.write(directory / SETTINGS_FILE, text.encode())
            data = task.provenance() if task else {}
            starts.record(directory, whole_files.write, data)
        except OSError as error:
            raise _unusable(directory, "written", error) from None
        yield


def load(file: pathlib.Path) -> schema.Settings:
    """Reads the settings that a run left.

    Raises:
      RequestError: the file is not such settings.
    """
    settings = schema.Settings()
    described = resolve.read_yaml(file)
    settings.override(resolve.checked(schema.Settings, described, str(file)))
    plugins.check(settings.runtime.plugins, file)
    resolve.complete(settings)
    return settings


def _plain(value):
    """Tuples as lists: YAML has no tuples."""
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    return list(value) if isinstance(value, tuple) else value


def _difference(one, other):
    """The first setting in which two runs differ, and its two values."""
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
