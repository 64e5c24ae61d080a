"""Puts settings together: defaults, then files, then overrides.

Later ones win. Every value is checked when it is read, so that an error can
name the file and the setting.
"""

import dataclasses
import math
import operator
import pathlib
import re
import typing

from ednas_tf import errors, plugins, registry, whole_files
from ednas_tf.settings import plain_yaml, schema
from ednas_tf.space import spaces

_PACKAGE = pathlib.Path(__file__).resolve().parents[1]
_INSTALLED = _PACKAGE / "configs"
#: The folder with a file of settings for each data set: inside of the package
#: if it was installed from a wheel, beside the package in a checkout.
CONFIGS = _INSTALLED if _INSTALLED.is_dir() else _PACKAGE.parent / "configs"

#: The space that is searched where the settings name none: for most tasks, and
#: for those with a space of their own.
_SPACE = "convolutional"
_SPACE_OF_TASK = {"language_modelling": "recurrent", "table": "nas_bench_201"}

#: Largest sizes of a file, in bytes, and of --params_override, in characters:
#: many times what all settings need, and read within a second.
_MOST_BYTES = 2**15
_MOST_OVERRIDES = 4000

_KINDS = {
    int: "an integer",
    float: "a number",
    bool: "true or false",
    str: "a string",
}
_LIMITS = {
    "at_least": (operator.ge, "at least"),
    "above": (operator.gt, "more than"),
    "at_most": (operator.le, "at most"),
    "below": (operator.lt, "less than"),
}


def resolve(
    dataset: str | None = None,
    config_files: typing.Sequence[str] = (),
    overrides: str = "",
    values: typing.Sequence[dict] = (),
    where: str = "",
) -> schema.Settings:
    """Puts the settings of a run together.

    Args:
      dataset: name of a data set, whose file in `configs/` is read first. For
        "tfds:beans" that is the file of "tfds", and for a data set without a
        file that of "images" or "text", with this name as `data.name`.
      config_files: YAML files; later ones win.
      overrides: assignments, such as
        "search.epochs=10,policy.learning_rate=1e-3".
      values: dictionaries of settings, with sections as in a file; later ones
        win.
      where: what these dictionaries are from, to name in errors.

    Raises:
      RequestError: a file or a setting does not exist, or a value is wrong. The
        message names the place.
    """
    settings = schema.Settings()
    files = [pathlib.Path(file) for file in config_files]
    if dataset is not None:
        files.insert(0, _dataset_file(dataset))
    for file in files:
        read = checked(schema.Settings, read_yaml(file), str(file))
        plugins.check(read.get("runtime", {}).get("plugins"), file)
        settings.override(read)
        if dataset is not None and file is files[0] and file.stem != dataset:
            named = {"data": {"name": dataset}}
            settings.override(checked(schema.Settings, named, "--dataset"))
    for name, value in _assignments(overrides):
        *sections, last = name.split(".")
        assigned = {last: value}
        for section in reversed(sections):
            assigned = {section: assigned}
        flag = "--params_override"
        settings.override(checked(schema.Settings, assigned, flag))
    for each in values:
        settings.override(checked(schema.Settings, each, where))
    complete(settings)
    return settings


def complete(settings: schema.Settings) -> None:
    """Fills in what other settings, or the home folder, decide.

    These are the settings of the search space that are empty or 0, and a
    leading `~` of `runtime.data_dir`.

    Raises:
      RequestError: there is no such space, or no home folder is known.
    """
    runtime = settings.runtime
    runtime.data_dir = whole_files.expanded(runtime.data_dir)
    space = settings.search.space
    space.name = space.name or _SPACE_OF_TASK.get(settings.task, _SPACE)
    if space.name not in spaces.names():
        raise errors.RequestError(
            f"search.space.name: unknown space {errors.shown(space.name)}"
            f"{errors.nearest(space.name, spaces.names())}"
        )
    default = spaces.default(space.name)
    space.nodes = space.nodes or default.num_nodes
    space.ops = space.ops or default.ops


def dataset_names() -> list[str]:
    """The names of the data sets that have a file in `configs/`, sorted."""
    return sorted(file.stem for file in CONFIGS.glob("*.yaml"))


def _dataset_file(dataset: str) -> pathlib.Path:
    """The file of a data set in `configs/`.

    A data set of a plugin has none: its images or its text get the settings of
    a person's own.
    """
    files = {name: name for name in dataset_names()}
    for known, file in ((registry.IMAGES, "images"), (registry.TEXTS, "text")):
        files = dict.fromkeys(known.names(), file) | files
    kind = dataset.partition(":")[0]
    if kind not in files:
        raise errors.RequestError(
            f"--dataset: unknown data set {errors.shown(dataset)}"
            f"{errors.nearest(dataset, files)}"
        )
    return CONFIGS / f"{files[kind]}.yaml"


def read_yaml(file: pathlib.Path) -> dict:
    """Reads a YAML file of settings; {} if it is empty.

    What it returns is no dictionary if the file holds something else, which
    `checked` refuses.

    Raises:
      RequestError: the file cannot be read, or is no YAML of plain values.
    """
    text = whole_files.read(file, "a YAML file of settings", _MOST_BYTES)
    try:
        values = plain_yaml.parse(text)
    except ValueError as error:
        raise errors.RequestError(f"{file}: not YAML: {error}") from None
    return {} if values is None else values


def _assignments(text: str) -> typing.Iterator[tuple[str, object]]:
    """The (name, value) pairs of --params_override."""
    if len(text) > _MOST_OVERRIDES:
        raise errors.RequestError(
            f"--params_override: expected at most {_MOST_OVERRIDES} "
            f"characters, found {len(text)}; give a --config_file instead"
        )
    # Commas within brackets belong to a list.
    for part in re.split(r",(?![^\[]*\])", text):
        if not part.strip():
            continue
        name, equals, value = part.partition("=")
        if not equals:
            raise errors.RequestError(
                "--params_override: expected name=value[,name=value...], "
                f"found {errors.shown(part)}"
            )
        try:
            yield name.strip(), plain_yaml.parse(value)
        except ValueError as error:
            raise errors.RequestError(
                f"--params_override: {name.strip()}: cannot read the value "
                f"{errors.shown(value)}: {error}"
            ) from None


def checked(section: type, values, where: str, path: str = "") -> dict:
    """Checks settings, and converts their values to the types of the schema.

    Args:
      section: a class of settings, such as `schema.Settings`.
      values: name -> value, a section being a mapping, too.
      where: the file or the flag that the values are from, to name in errors.
      path: name of the section with its outer sections, to name in errors.

    Returns:
      The same settings with converted values.

    Raises:
      RequestError: a setting is unknown, or a value has a wrong type or is out
        of range.
    """
    fields = {field.name: field for field in dataclasses.fields(section)}
    if not isinstance(values, dict):
        raise errors.RequestError(
            f"{where}: {path or 'top level'}: expected a mapping of settings "
            f"({errors.listed(list(fields))}), found {errors.shown(values)}"
        )
    types = typing.get_type_hints(section)
    result = {}
    for name, value in values.items():
        name = name if isinstance(name, str) else errors.shown(name)
        place = f"{path}.{name}" if path else name
        if name not in fields:
            prefix = f"{path}." if path else ""
            raise errors.RequestError(
                f"{where}: unknown setting {errors.shown(place)}"
                f"{errors.nearest(name, fields, prefix)}"
            )
        if dataclasses.is_dataclass(types[name]):
            result[name] = checked(types[name], value, where, place)
        else:
            result[name] = _value(
                types[name], fields[name].metadata, value, f"{where}: {place}"
            )
    return result


def _value(kind: type, limits: typing.Mapping, value, where: str):
    """Checks and converts one value.

    Args:
      kind: the type that the schema declares.
      limits: metadata of the field, see `fields`.
      value: the value.
      where: the place, to name in errors.
    """
    if kind is float:
        value = _float(value)
    if typing.get_origin(kind) is dict:
        return _plain_values(value, where)
    if typing.get_origin(kind) is tuple:
        return _names(value, where)
    # In Python a bool is an int, but here true is no number.
    fits = isinstance(value, kind) and (
        kind is bool or not isinstance(value, bool)
    )
    if not fits:
        raise errors.RequestError(
            f"{where}: expected {_KINDS[kind]}, found {errors.shown(value)}"
        )
    _check_limits(limits, value, where)
    return value


def _plain_values(value, where):
    """Checks a dictionary of settings whose names are known only elsewhere."""
    if not isinstance(value, dict) or not all(
        isinstance(name, str) and not isinstance(each, dict)
        for name, each in value.items()
    ):
        raise errors.RequestError(
            f"{where}: expected a mapping of settings, found "
            f"{errors.shown(value)}"
        )
    return value


def _float(value):
    """Converts to a float if possible; to YAML 1e-3 is a string, 1 an int."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return value
    try:
        # Zero has no sign: -0.0 would be another setting than 0.0.
        return float(value) + 0.0
    except (ValueError, OverflowError):
        return value


def _names(value, where) -> tuple[str, ...]:
    """Checks a list of names, and converts it to a tuple."""
    if (
        not isinstance(value, list | tuple)
        or not value
        or not all(isinstance(name, str) for name in value)
        or len(set(value)) != len(value)
    ):
        raise errors.RequestError(
            f"{where}: expected a list of distinct names, found "
            f"{errors.shown(value)}"
        )
    return tuple(value)


def _check_limits(limits, value, where):
    if isinstance(value, float) and not math.isfinite(value):
        raise errors.RequestError(
            f"{where}: expected a finite number, found {value!r}"
        )
    if isinstance(value, str) and value and not whole_files.is_text(value):
        raise errors.RequestError(
            f"{where}: expected a string of at most 4095 bytes in UTF-8 "
            f"without null bytes, found {errors.shown(value)}"
        )
    if limits.get("or_zero") and value == 0:
        return
    for name, (holds, words) in _LIMITS.items():
        limit = limits.get(name)
        if limit is not None and not holds(value, limit):
            raise errors.RequestError(
                f"{where}: expected {words} {limit}, found "
                f"{errors.shown(value)}"
            )
    names = limits.get("names")
    choices = names() if names else limits.get("choices")
    if choices and value not in choices:
        raise errors.RequestError(
            f"{where}: unknown value {errors.shown(value)}"
            f"{errors.nearest(str(value), map(str, choices))}"
        )
