"""Loads the user's own operations, spaces, searchers, data sets and tasks.

A plugin is a Python file or an importable module that registers them by the
same decorators as the modules of this package. It is run only if `--plugin`
names it. The settings of a run record the names and digests of its plugins, so
that resuming the run requires the flag; a plugin that only a file names is
never run.
"""

import hashlib
import importlib
import importlib.util
import pathlib
import sys
from collections.abc import Mapping, Sequence

from ednas_tf import errors

#: Maps each plugin to a hash of its source, twelve hexadecimal digits.
_LOADED: dict[str, str] = {}
#: Maps each plugin to what `--plugin` gave.
_REQUESTED: dict[str, str] = {}
_WARNED: set[str] = set()


def load(requested: Sequence[str]) -> None:
    """Imports plugins, each once.

    Args:
      requested: values of `--plugin`, each the path of a file that ends in
        ".py" or the name of a module.

    Raises:
      RequestError: a file or module does not exist, or it fails.
    """
    for plugin in requested:
        if plugin.endswith(".py"):
            file = pathlib.Path(plugin)
            _load(file.stem, lambda file=file: _import_file(file), plugin)
        else:
            _load(
                plugin,
                lambda name=plugin: importlib.import_module(name),
                plugin,
            )


def loaded() -> dict[str, str]:
    """Maps each plugin of this process to the digest of its source."""
    return dict(_LOADED)


def requested() -> list[str]:
    """The plugins of this process, to load them in another process."""
    return list(_REQUESTED.values())


def check(named: object, file: pathlib.Path | str) -> None:
    """Checks that the plugins in a settings file are loaded.

    Prints a warning for plugins whose source has changed.

    Args:
      named: the value of `runtime.plugins` in the file.
      file: the file, for the error message.

    Raises:
      RequestError: a plugin is not loaded.
    """
    if not isinstance(named, Mapping):
        return
    for name, digest in named.items():
        if name not in _LOADED:
            raise errors.RequestError(
                f"{file}: its run was begun with --plugin, module "
                f"{errors.shown(name)}; expected the same flag, found "
                f"{errors.shown(sorted(_LOADED))}; give --plugin=FILE_OR_MODULE"
            )
        if digest != _LOADED[name] and name not in _WARNED:
            _WARNED.add(name)
            errors.warn(
                f"{file}: the code of the plugin {name} has changed since "
                f"then (digest {_LOADED[name]}, was {errors.shown(digest)}); "
                "results may differ"
            )


def _load(name, run, requested):
    if name in _LOADED:
        return
    try:
        module = run()
    except ModuleNotFoundError as error:
        if error.name not in (name, name.partition(".")[0]):
            raise _failed(requested, error) from error
        raise errors.RequestError(
            f"--plugin: expected a file that ends in .py, or a module that "
            f"can be imported, found {errors.shown(requested)}"
        ) from None
    except Exception as error:
        raise _failed(requested, error) from error
    source = pathlib.Path(module.__file__ or "")
    digest = hashlib.sha256(source.read_bytes() if source.is_file() else b"")
    _LOADED[name] = digest.hexdigest()[:12]
    _REQUESTED[name] = requested


def _import_file(file):
    if not file.is_file():
        raise errors.RequestError(
            f"--plugin: expected a Python file, found none at {file}"
        )
    name = f"ednas_tf_plugin_{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    module = importlib.util.module_from_spec(spec)
    # Register the module like an import does, so that pickles find its classes.
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _failed(requested, error):
    if isinstance(error, errors.RequestError):
        return error
    frame, line = error.__traceback__, ""
    while frame:
        if frame.tb_frame.f_code.co_filename.endswith(requested):
            line = f"line {frame.tb_lineno}: "
        frame = frame.tb_next
    if isinstance(error, SyntaxError):
        line = f"line {error.lineno}: "
    reason = f"{type(error).__name__}: {errors.first_line(error)}"
    return errors.RequestError(f"--plugin={requested}: {line}{reason}")
