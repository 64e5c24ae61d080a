"""The flags that name a run and its settings."""

import pathlib
from collections.abc import Sequence

from absl import flags

from ednas_tf import errors, plugins, searchers, tasks
from ednas_tf.commands.paths import Path, path
from ednas_tf.runs.names import SETTINGS_FILE
from ednas_tf.settings import resolve, schema

_DATASET = flags.DEFINE_string(
    "dataset",
    None,
    "Name of a file in configs/, such as cifar10; digits where there is no "
    "--config_file either.",
)
_CONFIG_FILE = flags.DEFINE_multi(
    Path(),
    flags.ArgumentSerializer(),
    "config_file",
    [],
    "YAML file of settings; of several, the later wins.",
)
_PARAMS_OVERRIDE = flags.DEFINE_multi_string(
    "params_override",
    [],
    "Settings as search.epochs=10,policy.learning_rate=1e-3.",
)
_MODEL_DIR = flags.DEFINE(
    Path(), "model_dir", None, "Directory of the run; by default one in runs/."
)
_SEED = flags.DEFINE_integer(
    "seed", None, "Of all that is random: the same one repeats a run."
)
_DATA_DIR = flags.DEFINE(
    Path(), "data_dir", None, "Folder with prepared data sets."
)
_DOWNLOAD = flags.DEFINE_boolean(
    "download", None, "Whether TensorFlow Datasets may fetch the data."
)
_DETERMINISTIC = flags.DEFINE_boolean(
    "deterministic", None, "Whether two runs must be equal bit for bit."
)
_STRATEGY = flags.DEFINE_string(
    "distribution_strategy",
    None,
    "one_device, mirrored over all devices, multi_worker_mirrored over "
    "those of the processes in TF_CONFIG, or tpu.",
)


_PLUGIN = flags.DEFINE_multi_string(
    "plugin",
    [],
    "Python file, or module, that registers operations, spaces, searchers, "
    "data sets or tasks of your own. It is run; repeat the flag for several.",
)


def load_plugins() -> None:
    """Runs the plugins that the flags name.

    Raises:
      RequestError: there is no such plugin, or it fails.
    """
    plugins.load(_plugin_paths())


def _check_plugins():
    """Asks for the plugins that the run to go on with was begun with."""
    for folder in (".", "search") if _MODEL_DIR.value else ():
        file = path(_MODEL_DIR.value) / folder / SETTINGS_FILE
        if file.is_file():
            values = resolve.read_yaml(file)
            runtime = isinstance(values, dict) and values.get("runtime")
            if isinstance(runtime, dict):
                plugins.check(runtime.get("plugins"), file)


def _plugin_paths():
    return [
        str(path(asked).absolute()) if asked.endswith(".py") else asked
        for asked in _PLUGIN.value
    ]


def model_dir(command: str, dataset: str) -> pathlib.Path:
    """--model_dir, or else runs/<dataset>/<command>."""
    return path(_MODEL_DIR.value or f"runs/{dataset}/{command}")


def given(only: Sequence[str] = ()) -> list[str]:
    """The flags of this module that were typed, for another command.

    Args:
      only: the names of those that are wanted; by default all but the
        directory of the run.
    """
    arguments = []
    for flag in flags.FLAGS.flags_by_module_dict()[__name__]:
        wanted = flag.name in only if only else flag.name != _MODEL_DIR.name
        if not flag.present or not wanted:
            continue
        values = flag.value if isinstance(flag.value, list) else [flag.value]
        if flag.parser.syntactic_help == Path.syntactic_help:
            values = [path(value).absolute() for value in values]
        if flag.name == _PLUGIN.name:
            values = _plugin_paths()
        arguments += [f"--{flag.name}={value}" for value in values]
    return arguments


def runtime() -> dict[str, object]:
    """The settings of the runtime that flags ask for, None for the others."""
    return {
        "data_dir": _DATA_DIR.value and str(path(_DATA_DIR.value).absolute()),
        "download": _DOWNLOAD.value,
        "deterministic": _DETERMINISTIC.value,
        "distribution_strategy": _STRATEGY.value,
        "plugins": plugins.loaded(),
    }


def settings(**sections):
    """The settings that the flags ask for; a flag beats a file.

    Args:
      **sections: settings that a flag of the command itself asks for, as
        search={"searcher": "random"}; what is None does not count.

    Raises:
      RequestError: see `resolve.resolve`.
    """
    _check_plugins()
    nothing = _DATASET.value is None and not _CONFIG_FILE.value
    result = resolve.resolve(
        "digits" if nothing else _DATASET.value,
        [path(file) for file in _CONFIG_FILE.value],
        ",".join(_PARAMS_OVERRIDE.value),
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
                f"--dataset: {_DATASET.value!r} was asked for, but a "
                "--config_file or --params_override sets data.name to "
                f"{errors.shown(result.data.name)}; leave one of them"
            )
    if _SEED.value is not None:
        given["seed"] = _SEED.value
    result.override(resolve.checked(schema.Settings, given, "flags"))
    tasks.kind(result.task).check_dataset(result.data.name)
    searchers.complete(result)
    return result
