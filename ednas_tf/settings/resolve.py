"""Where settings come from: defaults, files, overrides, later ones winning.

Every value is checked as it arrives, so that an error names the file and the
setting.
"""

import dataclasses
import math
import pathlib
import re
import typing

import yaml

from ednas_tf import errors
from ednas_tf.settings import schema

#: One file a data set, with what it needs beside the defaults.
CONFIGS = pathlib.Path(__file__).resolve().parents[2] / "configs"

_KINDS = {int: "an integer", float: "a number", bool: "true or false"}


def resolve(
    dataset: str | None = None,
    config_files: typing.Sequence[str] = (),
    overrides: str = "",
) -> schema.Settings:
    """Puts the settings of a run together.

    Args:
      dataset: its file in `configs/` is read first.
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
        settings.override(checked(schema.Settings, read_yaml(file), str(file)))
    for name, value in _assignments(overrides):
        *sections, last = name.split(".")
        described = {last: value}
        for section in reversed(sections):
            described = {section: described}
        where = "--params_override"
        settings.override(checked(schema.Settings, described, where))
    return settings


def _dataset_file(dataset):
    names = sorted(file.stem for file in CONFIGS.glob("*.yaml"))
    if dataset not in names:
        raise errors.RequestError(
            f"--dataset: unknown data set {dataset!r}, "
            f"{errors.nearest(dataset, names)}"
        )
    return CONFIGS / f"{dataset}.yaml"


def read_yaml(file: pathlib.Path) -> dict:
    """Reads a YAML file whose top level is a mapping, or empty."""
    try:
        described = _parse(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise errors.RequestError(
            f"{file}: cannot be read: {reason}; give a YAML file of settings"
        ) from None
    except yaml.YAMLError as error:
        reason = " ".join(str(error).split())
        raise errors.RequestError(f"{file}: not YAML: {reason}") from None
    return {} if described is None else described


class _Loader(yaml.SafeLoader):
    """Refuses a name that stands twice: YAML itself drops the first."""

    def construct_mapping(self, node, deep=False):
        names = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in names:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"{key.value!r} twice", key.start_mark
                    )
                names.add(key.value)
        return super().construct_mapping(node, deep)


def _parse(text):
    try:
        return yaml.load(text, _Loader)
    except ValueError as error:
        # A date such as 2020-13-45.
        raise yaml.YAMLError(str(error)) from None


def _assignments(text):
    # Commas within brackets belong to a list.
    for part in re.split(r",(?![^\[]*\])", text):
        if not part.strip():
            continue
        name, equals, value = part.partition("=")
        if not equals:
            raise errors.RequestError(
                "--params_override: expected name=value[,name=value...], "
                f"found {part!r}"
            )
        try:
            yield name.strip(), _parse(value)
        except yaml.YAMLError:
            raise errors.RequestError(
                f"--params_override: {name.strip()}: cannot read the value "
                f"{value!r}"
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
            f"found {described!r}"
        )
    fields = {field.name: field for field in dataclasses.fields(config)}
    types = typing.get_type_hints(config)
    result = {}
    for name, value in described.items():
        place = f"{path}.{name}" if path else str(name)
        if name not in fields:
            raise errors.RequestError(
                f"{where}: unknown setting {place!r}, "
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
    if typing.get_origin(kind) is tuple:
        return _names(value, where)
    # bool is an int to Python, but true is no number.
    fits = isinstance(value, kind) and (
        kind is bool or not isinstance(value, bool)
    )
    if not fits:
        expected = _KINDS.get(kind, "a text")
        raise errors.RequestError(
            f"{where}: expected {expected}, found {value!r}"
        )
    _check_limits(limits, value, where)
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
            f"{where}: expected a list of different names, found {value!r}"
        )
    return tuple(value)


def _check_limits(limits, value, where):
    if isinstance(value, float) and not math.isfinite(value):
        raise errors.RequestError(
            f"{where}: expected a finite number, found {value!r}"
        )
    at_least, above, below = map(limits.get, ("at_least", "above", "below"))
    for limit, holds, words in (
        (at_least, lambda: value >= at_least, "at least"),
        (above, lambda: value > above, "more than"),
        (below, lambda: value < below, "less than"),
    ):
        if limit is not None and not holds():
            raise errors.RequestError(
                f"{where}: expected {words} {limit}, found {value!r}"
            )
    choices = limits.get("choices")
    if choices and value not in choices:
        raise errors.RequestError(
            f"{where}: unknown value {value!r}, "
            f"{errors.nearest(value, choices)}"
        )
