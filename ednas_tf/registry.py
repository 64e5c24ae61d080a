"""Registries of functions by name: operations, searchers, data sets, etc."""

import ast
import functools
import importlib
import importlib.util
import pkgutil
import sys
from collections.abc import Callable, Iterator

from ednas_tf import errors


class Registry:
    """Functions and classes by name.

    A file of the package registers a function by a decorator or a call with a
    literal name: `@operation("sep_conv_3x3")`. The names are read from the
    source files without importing them, so that wrong names are refused before
    TensorFlow is needed. `get` imports the single file that registers a name.
    New files are thus found automatically, but a name that a file computes, as
    in `@operation(f"conv_{size}")`, is unknown until something else imports the
    file.

    Functions registered outside of the package, by a test for example, are
    known from then on.

    Args:
      kind: what the functions are or make, for error messages.
      package: name of the package whose files register the functions, or empty
        if all are registered at run time.
      registered_by: the name by which these files call the registering
        function, such as "operation", or "image_data.dataset" if another module
        has a function of the same name; by default `kind`.
    """

    def __init__(
        self, kind: str, package: str = "", registered_by: tuple[str, ...] = ()
    ):
        self.kind = kind
        self._package = package
        self._registered_by = registered_by or (kind,)
        self._known: dict[str, Callable] = {}

    def register(self, name: str):
        """Registers the decorated function or class as `name`."""

        def known(function):
            # A file of the package that registers a name is in `sys.modules`
            # while it does so: if it is not there, this is another file.
            own = self._modules.get(name)
            if name in self._known or (own and own not in sys.modules):
                raise ValueError(f"{self.kind} {name!r} is defined twice")
            self._known[name] = function
            return function

        return known

    def names(self) -> tuple[str, ...]:
        """All known names, sorted; does not import anything."""
        return tuple(sorted({*self._known, *self._modules}))

    def get(self, name: str) -> Callable:
        """The function or class registered as `name`; imports its file.

        Raises:
          RequestError: there is none.
        """
        if name not in self._known and name in self._modules:
            importlib.import_module(self._modules[name])
        if name not in self._known:
            raise errors.RequestError(
                f"unknown {self.kind} {errors.shown(name)}"
                f"{errors.nearest(name, self.names())}"
            )
        return self._known[name]

    @functools.cached_property
    def _modules(self) -> dict[str, str]:
        """Maps each name to the module whose source registers it."""
        found: dict[str, str] = {}
        for module, source in _sources(self._package):
            for name in _registered(source, module, self._registered_by):
                if found.setdefault(name, module) != module:
                    raise ValueError(
                        f"{self.kind} {name!r} is defined twice, in "
                        f"{found[name]} and {module}"
                    )
        return found


#: The tasks, and the data sets of images and of texts. Here, as settings are
#: checked, and found, by their names.
TASKS = Registry("task", "ednas_tf.tasks")
IMAGES = Registry(
    "dataset",
    "ednas_tf.data.datasets",
    ("image_data.dataset", "image_data.dataset_of_request"),
)
TEXTS = Registry(
    "text dataset", "ednas_tf.data.datasets", ("text_data.dataset",)
)


def _sources(package) -> Iterator[tuple[str, str]]:
    """The name and the source text of each module of a package."""
    if not package:
        return
    folders = importlib.util.find_spec(package).submodule_search_locations
    for found in pkgutil.walk_packages(folders, f"{package}."):
        spec = found.module_finder.find_spec(found.name, None)
        yield found.name, spec.loader.get_source(found.name) or ""


def _registered(source, module, registered_by) -> Iterator[str]:
    """The literal first arguments of calls of the registering functions."""
    if not any(name.rpartition(".")[2] in source for name in registered_by):
        return
    tree = ast.parse(source, module)
    imported = dict(_imported(tree))
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call) or not call.args:
            continue
        called = f".{_dotted(call.func, imported)}"
        first = call.args[0]
        if (
            any(called.endswith(f".{name}") for name in registered_by)
            and isinstance(first, ast.Constant)
            and isinstance(first.value, str)
        ):
            yield first.value


def _imported(tree) -> Iterator[tuple[str, str]]:
    """Maps a file's names of imported modules and functions to full names."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            above = f"{getattr(node, 'module', None) or ''}."
            for alias in node.names:
                if alias.asname or isinstance(node, ast.ImportFrom):
                    full = f"{above}{alias.name}".lstrip(".")
                    yield alias.asname or alias.name, full


def _dotted(node, imported) -> str:
    """A dotted name such as "image_data.dataset", or empty for other code."""
    if isinstance(node, ast.Name):
        return imported.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        before = _dotted(node.value, imported)
        return before and f"{before}.{node.attr}"
    return ""
