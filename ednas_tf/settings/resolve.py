"""Where settings come from: defaults, files, overrides, later ones winning.

Every value is checked as it arrives, so that an error names the file and the
setting.
"""

import dataclasses
import math
import operator
import pathlib
import re
import typing

from ednas_tf import errors, plugins, whole_files
from ednas_tf.settings import plain_yaml, schema
from ednas_tf.space import spaces

_PACKAGE = pathlib.Path(__file__).resolve().parents[1]
_INSTALLED = _PACKAGE / "configs"
#: The folder of settings, one file for each data set: inside the package where
#: a wheel was installed, beside it in a checkout.
CONFIGS = _INSTALLED if _INSTALLED.is_dir() else _PACKAGE.parent / "configs"

#: The space that a task searches where none is named.
_SPACE, _SPACE_OF_TASK = "convolutional", {"language_modelling": "recurrent"}

#: Many times what all settings need, and read within a second.
_MOST_BYTES = 2**15
_MOST_OVERRIDES = 4000

_KINDS = {int: "an integer", float: "a number", bool: "true or false"}
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
) -> schema.Settings:
    """Puts the settings of a run together.

    Args:
      dataset: its file in `configs/` is read first; of "tfds:beans", that of
        the part before the colon, for a data set of the whole name.
      config_files: YAML files, the later ones winning.
      overrides: "search.epochs=10,policy.learning_rate=1e-3".

    Raises:
      RequestError: something does not exist or does not fit; names the place.
    """
    settings = schema.Settings()
    files = [pathlib.Path(file) for file in config_files]
    if dataset is not None:
        files.insert(0, _dataset_file(dataset))
    for file in files:
        values = checked(schema.Settings, read_yaml(file), str(file))
        plugins.check(values.get("runtime", {}).get("plugins"), file)
        settings.override(values)
        if dataset is not None and ":" in dataset and file is files[0]:
            described = {"data": {"name": dataset}}
            settings.override(checked(schema.Settings, described, "--dataset"))
    for name, value in _assignments(overrides):
        *sections, last = name.split(".")
        described = {last: value}
        for section in reversed(sections):
            described = {section: described}
        where = "--params_override"
        settings.override(checked(schema.Settings, described, where))
    complete(settings)
    return settings


def complete(settings: schema.Settings) -> None:
    """Fills in what other settings, or the home folder, decide.

    These are the settings of the space that are left open, and a leading `~` of
    `runtime.data_dir`.

    Raises:
      RequestError: there is no such space, or no home folder is known.
    """
    runtime = settings.runtime
    runtime.data_dir = whole_files.expanded(runtime.data_dir)
    asked = settings.search.space
    asked.name = asked.name or _SPACE_OF_TASK.get(settings.task, _SPACE)
    if asked.name not in spaces.names():
        raise errors.RequestError(
            f"search.space.name: unknown space {errors.shown(asked.name)}, "
            f"{errors.nearest(asked.name, spaces.names())}"
        )
    default = spaces.default(asked.name)
    asked.nodes = asked.nodes or default.num_nodes
    asked.ops = asked.ops or default.ops


def _dataset_file(dataset):
    names = sorted(file.stem for file in CONFIGS.glob("*.yaml"))
    kind = dataset.partition(":")[0]
    if kind not in names:
        raise errors.RequestError(
            f"--dataset: unknown data set {errors.shown(dataset)}, "
            f"{errors.nearest(dataset, names)}"
        )
    return CONFIGS / f"{kind}.yaml"


def read_yaml(file: pathlib.Path) -> dict:
    """Reads a YAML file whose top level is a mapping, or empty."""
    text = whole_files.read(file, "a YAML file of settings", _MOST_BYTES)
    try:
        described = plain_yaml.parse(text)
    except ValueError as error:
        raise errors.RequestError(f"{file}: not YAML: {error}") from None
    return {} if described is None else described


def _assignments(text):
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


def checked(config: type, described, where: str, path: str = "") -> dict:
    """Returns `described` with every value of the type that `config` declares.

    Args:
      config: a class of the schema.
      described: setting -> value, sections being mappings themselves.
      where: the file, or flag, to name in errors.
      path: the section, to name in errors.

    Raises:
      RequestError: an unknown setting, a wrong type or a value out of range.
    """
    if not isinstance(described, dict):
        raise errors.RequestError(
            f"{where}: {path or 'top level'}: expected settings by name, "
            f"found {errors.shown(described)}"
        )
    fields = {field.name: field for field in dataclasses.fields(config)}
    types = typing.get_type_hints(config)
    result = {}
    for name, value in described.items():
        name = name if isinstance(name, str) else errors.shown(name)
        place = f"{path}.{name}" if path else name
        if name not in fields:
            raise errors.RequestError(
                f"{where}: unknown setting {errors.shown(place)}, "
                f"{errors.nearest(name, fields)}"
            )
        if dataclasses.is_dataclass(types[name]):
            result[name] = checked(types[name], value, where, place)
        else:
            result[name] = _value(
                types[name], fields[name].metadata, value, f"{where}: {place}"
            )
    return result


def _value(kind, limits, value, where):
    if kind is float:
        value = _float(value)
    if typing.get_origin(kind) is dict:
        return _plain_values(value, where)
    if typing.get_origin(kind) is tuple:
        return _names(value, where)
    # bool is an int to Python, but true is no number.
    fits = isinstance(value, kind) and (
        kind is bool or not isinstance(value, bool)
    )
    if not fits:
        expected = _KINDS.get(kind, "a text")
        raise errors.RequestError(
            f"{where}: expected {expected}, found {errors.shown(value)}"
        )
    _check_limits(limits, value, where)
    return value


def _plain_values(value, where):
    """Settings that are checked once it is known whose they are."""
    if not isinstance(value, dict) or not all(
        isinstance(name, str) and not isinstance(each, dict)
        for name, each in value.items()
    ):
        raise errors.RequestError(
            f"{where}: expected settings by name, found {errors.shown(value)}"
        )
    return value


def _float(value):
    """YAML takes 1e-3 for a text, and 1 for an integer."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return value
    try:
        # Zero has no sign: -0.0 would be another setting than 0.0.
        return float(value) + 0.0
    except (ValueError, OverflowError):
        return value


def _names(value, where):
    if (
        not isinstance(value, list | tuple)
        or not value
        or not all(isinstance(name, str) for name in value)
        or len(set(value)) != len(value)
    ):
        raise errors.RequestError(
            f"{where}: expected a list of different names, found "
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
            f"{where}: expected a text of at most 4095 bytes in UTF-8 without "
            f"null bytes, found {errors.shown(value)}"
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
            f"{where}: unknown value {errors.shown(value)}, "
            f"{errors.nearest(value, choices)}"
        )
