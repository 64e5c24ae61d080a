"""The flags for a run directory and its settings."""

import os
import pathlib
from collections.abc import Mapping, Sequence

from absl import flags

from ednas_tf import errors, plugins, searchers, tasks
from ednas_tf.commands.paths import Path, directory, path
from ednas_tf.runs.names import SETTINGS_FILE
from ednas_tf.settings import own_folder, resolve, schema, stage_hours

_DATASET = flags.DEFINE_string(
    "dataset",
    None,
    "Data set: images (your own, in folders by class), digits, cifar10, "
    "tfds:NAME or the name of another file in configs/; by default digits if "
    "no --config_file is given.",
)
_CONFIG_FILE = flags.DEFINE_multi(
    Path(),
    flags.ArgumentSerializer(),
    "config_file",
    [],
    "YAML file with settings; repeat the flag for several, the last one wins.",
)
_PARAMS_OVERRIDE = flags.DEFINE_multi_string(
    "params_override",
    [],
    "Single settings, such as search.epochs=10,policy.learning_rate=1e-3.",
)
_MODEL_DIR = flags.DEFINE(
    Path(),
    "model_dir",
    None,
    "Run directory; by default runs/DATASET/COMMAND.",
)
_SEED = flags.DEFINE_integer(
    "seed", None, "Random seed; the same seed repeats a run."
)
_DATA_DIR = flags.DEFINE(
    Path(),
    "data_dir",
    None,
    "Folder of your own images or texts, or of prepared data sets.",
)
_DOWNLOAD = flags.DEFINE_boolean(
    "download", None, "Let TensorFlow Datasets download missing data."
)
_HOURS = flags.DEFINE_float(
    "hours",
    None,
    "Time in hours that the command may take, such as 0.5. The lengths of "
    "search and training are chosen to fit; a search then also decides by "
    "short trainings.",
)
_DETERMINISTIC = flags.DEFINE_boolean(
    "deterministic", None, "Make equal runs equal bit for bit."
)
_STRATEGY = flags.DEFINE_string(
    "distribution_strategy",
    None,
    "Distribution: one_device, mirrored (all devices), multi_worker_mirrored "
    "(all devices of the processes in TF_CONFIG), or tpu.",
)


#: The data set if none is named.
_DEFAULT = "digits"

_ALL_TO_TRAIN = {"train": 1.0}

#: Flags of settings that a finished run has already.
_OF_A_RUN = "config_file", "params_override", "seed", "hours"

_PLUGIN = flags.DEFINE_multi_string(
    "plugin",
    [],
    "Python file or module that registers your own operations, spaces, "
    "searchers, data sets or tasks. It is run; repeat the flag for several.",
)


def load_plugins() -> None:
    """Runs the plugins of the flag --plugin.

    Raises:
      RequestError: a plugin does not exist or fails.
    """
    plugins.load(_plugin_paths())


def _check_plugins():
    """Checks that the plugins of the run to be resumed are loaded."""
    for folder in (".", "search") if _MODEL_DIR.value else ():
        file = path(_MODEL_DIR.value) / folder / SETTINGS_FILE
        # `Path.is_file` raises an error for a name that is too long.
        if os.path.isfile(file):
            values = resolve.read_yaml(file)
            runtime = isinstance(values, dict) and values.get("runtime")
            if isinstance(runtime, dict):
                plugins.check(runtime.get("plugins"), file)


def _plugin_paths():
    return [
        str(path(asked).absolute()) if asked.endswith(".py") else asked
        for asked in _PLUGIN.value
    ]


def model_dir(
    command: str, dataset: str, default: pathlib.Path | None = None
) -> pathlib.Path:
    """The directory in --model_dir.

    Args:
      command: the command.
      dataset: the data set.
      default: the directory without the flag; if None, it is
        runs/<dataset>/<command>.

    Raises:
      RequestError: TensorFlow cannot keep files there.
    """
    typed = _MODEL_DIR.value or str(default or f"runs/{dataset}/{command}")
    return directory(typed, f"--{_MODEL_DIR.name}")


def given_model_dir() -> pathlib.Path:
    """The directory in --model_dir, which must be given.

    Raises:
      RequestError: it is not given, or TensorFlow cannot keep files there.
    """
    if _MODEL_DIR.value is None:
        raise errors.RequestError(
            "--model_dir: expected the directory of a finished run, found none"
        )
    return directory(_MODEL_DIR.value, f"--{_MODEL_DIR.name}")


def given(only: Sequence[str] = ()) -> list[str]:
    """The flags of this module that were given, as arguments for a command.

    Args:
      only: names of the wanted flags; by default all except --model_dir, and
        except --hours, of which a command gets its share by `share_of_hours`.
    """
    arguments, own = [], (_MODEL_DIR.name, _HOURS.name)
    for flag in flags.FLAGS.flags_by_module_dict()[__name__]:
        wanted = flag.name in only if only else flag.name not in own
        if not flag.present or not wanted:
            continue
        values = flag.value if isinstance(flag.value, list) else [flag.value]
        if flag.parser.syntactic_help == Path.syntactic_help:
            values = [path(value).absolute() for value in values]
        if flag.name == _PLUGIN.name:
            values = _plugin_paths()
        arguments += [f"--{flag.name}={value}" for value in values]
    return arguments


def share_of_hours(shares: Mapping[str, float]) -> list[str]:
    """The flag --hours, if it was given, as arguments for other commands.

    They must come before those that `given` returns, which win.

    Args:
      shares: see `settings`.
    """
    values = _hours(shares)
    return [f"--{_PARAMS_OVERRIDE.name}={values}"] if values else []


def runtime() -> dict[str, object]:
    """The settings of the runtime from the flags; None for those not given."""
    return {
        "data_dir": _DATA_DIR.value and str(path(_DATA_DIR.value).absolute()),
        "download": _DOWNLOAD.value,
        "deterministic": _DETERMINISTIC.value,
        "distribution_strategy": _STRATEGY.value,
        "plugins": plugins.loaded(),
    }


def given_runtime() -> dict[str, object]:
    """The settings of the runtime from the flags that were given."""
    return {k: v for k, v in runtime().items() if v is not None}


def refuse_settings(*others: str) -> None:
    """Refuses flags that cannot apply to a finished run.

    Args:
      *others: names of further flags that cannot.

    Raises:
      RequestError: one of them was given.
    """
    for name in (*_OF_A_RUN, *others):
        if flags.FLAGS[name].present:
            raise errors.RequestError(
                f"--{name}: the settings of the finished run are used; omit it"
            )


def _hours(shares: Mapping[str, float]) -> str:
    """Settings for the flag --hours, as for --params_override.

    Args:
      shares: see `settings`.
    """
    hours = _HOURS.value
    if hours is None:
        return ""
    if not 0 < hours <= stage_hours.MOST:
        raise errors.RequestError(
            f"--hours: expected more than 0 and at most {stage_hours.MOST}, "
            f"found {hours:g}"
        )
    found = [f"{name}.hours={hours * part}" for name, part in shares.items()]
    if "search" in shares:
        found.append("search.evidence=both")
    return ",".join(found)


def settings(
    hours: Mapping[str, float] = _ALL_TO_TRAIN,
    base: pathlib.Path | None = None,
    only_base: bool = False,
    **sections,
):
    """The settings from the flags; flags override files.

    Args:
      hours: the share of the time in --hours that "search" and "train" get.
      base: the settings of another run, which stand for the data set and files
        that are not given.
      only_base: whether they are read although others are given.
      **sections: settings from the command's own flags, such as
        search={"searcher": "random"}; those that are None are not set.

    Raises:
      RequestError: see `resolve.resolve`.
    """
    _check_plugins()
    files = [path(file) for file in _CONFIG_FILE.value]
    nothing = _DATASET.value is None and not files
    if base and (nothing or only_base):
        files.insert(0, base)
    result = resolve.resolve(
        _DATASET.value or (_DEFAULT if not files else None),
        files,
        ",".join([_hours(hours), *_PARAMS_OVERRIDE.value]),
    )
    sections["runtime"] = runtime()
    given = {
        section: {k: v for k, v in values.items() if v is not None}
        for section, values in sections.items()
    }
    if _DATASET.value is not None:
        name = resolve.resolve(_DATASET.value).data.name
        if result.data.name != name:
            raise errors.RequestError(
                f"--dataset: {_DATASET.value!r} was given, but a --config_file "
                "or --params_override sets data.name to "
                f"{errors.shown(result.data.name)}; omit one of them"
            )
    if _SEED.value is not None:
        given["seed"] = _SEED.value
    result.override(resolve.checked(schema.Settings, given, "flags"))
    tasks.kind(result.task).check_dataset(result.data.name)
    _check_data_dir(result, is_default=not files)
    searchers.complete(result)
    return result


def _check_data_dir(result, is_default):
    """Refuses a missing --data_dir, and one that would be overlooked.

    Args:
      result: the settings.
      is_default: whether nothing names the data set, so that it is digits.
    """
    own_folder.check(result)
    name, given = result.data.name, result.runtime.data_dir
    is_default = is_default and _DATASET.value is None and name == _DEFAULT
    if is_default and _DATA_DIR.value is not None:
        raise errors.RequestError(
            "--data_dir: expected none without --dataset, because the data set "
            f"{name} reads no files, found {errors.shown(given)}; for your own "
            "images add --dataset=images"
        )
