"""Code of a person's own: operations, spaces, searchers, data sets and tasks.

A plugin is a Python file, or a module that can be imported, which registers
them by the same decorators as the modules of this package do. It runs for one
reason only: `--plugin` names it. The settings of a run keep the names and
digests of its plugins, so that whoever goes on with the run is asked for the
flag; what a file names is never run.
"""

import hashlib
import importlib
import importlib.util
import pathlib
import sys
from collections.abc import Mapping, Sequence

from ednas_tf import errors

#: Name of a plugin -> twelve hexadecimal digits of its source.
_LOADED: dict[str, str] = {}
_WARNED: set[str] = set()


def load(asked: Sequence[str]) -> None:
    """Imports plugins, each once.

    Args:
      asked: what `--plugin` says: the path of a file that ends in ".py", or
        the name of a module.

    Raises:
      RequestError: there is no such file or module, or it fails.
    """
    for plugin in asked:
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
    """Name of each plugin of this process -> the digest of its source."""
    return dict(_LOADED)


def check(named: object, file: pathlib.Path | str) -> None:
    """Checks that the plugins that a file of settings names are loaded.

    Warns of those whose source has changed.

    Args:
      named: what the file has as `runtime.plugins`.
      file: the file, for the error.

    Raises:
      RequestError: one of them is not.
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


def _load(name, run, asked):
    if name in _LOADED:
        return
    try:
        module = run()
    except ModuleNotFoundError as error:
        if error.name not in (name, name.partition(".")[0]):
            raise _failed(asked, error) from error
        raise errors.RequestError(
            f"--plugin: expected a file that ends in .py, or a module that "
            f"can be imported, found {errors.shown(asked)}"
        ) from None
    except Exception as error:
        raise _failed(asked, error) from error
    source = pathlib.Path(module.__file__ or "")
    digest = hashlib.sha256(source.read_bytes() if source.is_file() else b"")
    _LOADED[name] = digest.hexdigest()[:12]


def _import_file(file):
    if not file.is_file():
        raise errors.RequestError(
            f"--plugin: expected a Python file, found none at {file}"
        )
    name = f"ednas_tf_plugin_{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    module = importlib.util.module_from_spec(spec)
    # As an import does, so that its classes can be found by their module.
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _failed(asked, error):
    if isinstance(error, errors.RequestError):
        return error
    frame, line = error.__traceback__, ""
    while frame:
        if frame.tb_frame.f_code.co_filename.endswith(asked):
            line = f"line {frame.tb_lineno}: "
        frame = frame.tb_next
    if isinstance(error, SyntaxError):
        line = f"line {error.lineno}: "
    reason = f"{type(error).__name__}: {errors.first_line(error)}"
    return errors.RequestError(f"--plugin={asked}: {line}{reason}")
