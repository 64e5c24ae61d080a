"""The settings of a run, from the arguments of a Python call."""

import os
from collections.abc import Mapping, Sequence

from ednas_tf import errors, ops, plugins, searchers, tasks, whole_files
from ednas_tf.settings import resolve, schema

Sections = Mapping[str, Mapping[str, object] | None]


def load_plugins(given: str | os.PathLike | Sequence[str]) -> None:
    """Loads plugins, so that other processes of the run find them, too.

    Args:
      given: a Python file or a module, or several.

    Raises:
      RequestError: a plugin does not exist, or it fails.
    """
    several = [given] if isinstance(given, str | os.PathLike) else given
    names = [os.fspath(each) for each in several]
    plugins.load(
        [
            os.path.abspath(name) if name.endswith(".py") else name
            for name in names
        ]
    )


def resolved(
    where: str,
    dataset: str | None,
    sections: Sections,
    *,
    config_file: object = None,
    hours: float | None = None,
    seed: int | None = None,
) -> schema.Settings:
    """Puts the settings of a search together, and checks all names in them.

    Args:
      where: the name of the function, for errors.
      dataset: name of a data set with a file in `configs/`, which is read
        first; None for none.
      sections: sections of the settings file by name, such as
        {"search": {"epochs": 5}}; those that are None are not set.
      config_file: path of a YAML file of settings, or None.
      hours: time that the search may take, in hours; None for no limit.
      seed: random seed; None for that of the settings.

    Raises:
      RequestError: a setting does not exist, or a value is wrong.
    """
    files = []
    if config_file is not None:
        files = [whole_files.expanded(os.fspath(config_file))]
    values = [given(sections, seed)]
    if hours is not None:
        # First, so that a section can still choose other evidence.
        search = limit(hours) | {"evidence": "both"}
        values.insert(0, {"search": search})
    settings = resolve.resolve(dataset, files, "", values, where)
    settings.runtime.plugins = plugins.loaded()
    task = tasks.kind(settings.task)
    task.check_dataset(settings.data.name)
    searchers.complete(settings)
    tasks.space_of(settings, task.family)
    ops.check(settings.search.space.ops, task.family)
    return settings


def given(sections: Sections, seed: int | None = None) -> dict[str, object]:
    """The settings that a call has given, as in a settings file."""
    found = {name: each for name, each in sections.items() if each is not None}
    return found if seed is None else {**found, "seed": seed}


def override(
    settings: schema.Settings, where: str, values: Mapping[str, object]
) -> None:
    """Replaces settings by those of a call.

    Args:
      settings: the settings to change.
      where: the name of the function, for errors.
      values: what `given` returns.

    Raises:
      RequestError: a setting does not exist, or a value is wrong.
    """
    settings.override(resolve.checked(schema.Settings, values, where))


def limit(hours: object) -> dict[str, object]:
    """The setting of a section for the argument `hours`.

    Raises:
      RequestError: it is no time that a run can take.
    """
    is_number = isinstance(hours, int | float) and not isinstance(hours, bool)
    if not is_number or not hours > 0:
        raise errors.RequestError(
            f"hours: expected a number above 0, found {errors.shown(hours)}"
        )
    return {"hours": float(hours)}
