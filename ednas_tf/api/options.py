"""The settings of a run, from the arguments of a Python call."""

import numbers
import os
from collections.abc import Mapping, Sequence

from ednas_tf import errors, ops, plugins, searchers, tasks, whole_files
from ednas_tf.settings import resolve, schema, stage_hours

Sections = Mapping[str, Mapping[str, object] | None]


def load_plugins(given: str | os.PathLike | Sequence[str] | None) -> None:
    """Loads plugins, so that other processes of the run find them, too.

    Args:
      given: a Python file or a module, or several; None for none.

    Raises:
      RequestError: it is something else; or a plugin does not exist, or fails.
    """
    several = given or ()
    if isinstance(given, str | os.PathLike):
        several = [given]
    form = "a Python file, the name of a module, or a list of several"
    if not isinstance(several, list | tuple):
        raise _wrong("plugin", form, given)
    names = [path(each, "plugin", form) for each in several]
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
        form = "the path of a YAML file of settings"
        files = [path(config_file, "config_file", form)]
    values = [given(sections, seed)]
    if hours is not None:
        # First, so that a section can still choose other evidence.
        search = limit(hours) | {"evidence": "both"}
        values.insert(0, {"search": search})
    settings = resolve.resolve(dataset, files, "", values, where)
    if dataset is not None and settings.data.name != dataset:
        raise errors.RequestError(
            f"{where}: data.name: expected {dataset}, the data set of this "
            f"call, found {errors.shown(settings.data.name)}; leave it out"
        )
    settings.runtime.plugins = plugins.loaded()
    task = tasks.kind(settings.task)
    task.check_dataset(settings.data.name)
    searchers.complete(settings)
    tasks.space_of(settings, task.family)
    ops.check(settings.search.space.ops, task.family)
    return settings


def check_no_folder(settings: schema.Settings, argument: str) -> None:
    """Refuses a folder of data if an argument has the data already."""
    if settings.runtime.data_dir:
        raise errors.RequestError(
            f"data_dir: expected none, because {argument} says where the data "
            f"are, found {errors.shown(settings.runtime.data_dir)}; leave it "
            "out"
        )


def given(sections: Sections, seed: int | None = None) -> dict[str, object]:
    """The settings that a call has given, as in a settings file."""
    found = {name: each for name, each in sections.items() if each is not None}
    if isinstance(seed, numbers.Integral) and not isinstance(seed, bool):
        seed = int(seed)
    return found if seed is None else {**found, "seed": seed}


def with_data(
    runtime: object, data_dir: object, download: object
) -> Mapping[str, object] | None:
    """The section `runtime` with the settings of two arguments.

    Args:
      runtime: the section as it was given; it is checked later.
      data_dir: folder of the data, or None.
      download: whether missing data may be downloaded, or None.

    Raises:
      RequestError: one of the two has another type.
    """
    found = {}
    if data_dir is not None:
        folder = path(data_dir, "data_dir", "the path of a folder")
        found["data_dir"] = os.path.abspath(folder)
    if download is not None:
        if not isinstance(download, bool):
            raise _wrong("download", "True or False", download)
        found["download"] = download
    if not found or not isinstance(runtime, dict | None):
        return runtime
    return {**(runtime or {}), **found}


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
    most = stage_hours.MOST
    if not is_number(hours) or not 0 < hours <= most:
        raise _wrong("hours", f"a number above 0 and at most {most}", hours)
    return {"hours": float(hours)}


def is_number(value: object) -> bool:
    """Whether this is a number of Python or NumPy, and no truth value."""
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def path(given: object, argument: str, form: str) -> str:
    """The path in an argument, with a leading `~` replaced.

    Args:
      given: what was given.
      argument: the argument, to name in errors.
      form: what is expected.

    Raises:
      RequestError: it is no path.
    """
    is_path = isinstance(given, str | os.PathLike)
    text = os.fspath(given) if is_path else None
    if not isinstance(text, str) or not whole_files.is_path(text):
        raise _wrong(argument, form, given)
    return whole_files.expanded(text)


def _wrong(argument, form, found):
    return errors.RequestError(
        f"{argument}: expected {form}, found {errors.shown(found)}"
    )
