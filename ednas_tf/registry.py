"""What is known by name: operations, spaces, searchers, data sets, tasks."""

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

    A file of the package registers a function by a decorator, or a call, with
    the name written out: `@operation("sep_conv_3x3")`. The names are read from
    the source files, none of which is imported for it: a wrong name is refused
    before TensorFlow is needed. `get` imports the one file that registers the
    name. So a new file is found by itself, but a name that a file computes,
    as in `@operation(f"conv_{size}")`, is not known until something else
    imports the file.

    What is registered outside of the package, by a test for instance, is known
    from then on.

    Args:
      kind: what they are or make, for errors.
      package: name of the package whose files register them; without one,
        only what is registered at run time is known.
      registered_by: how the files call the function that registers, as
        "operation" or, where other modules have one of the same name,
        "image_data.dataset"; by default `kind`.
    """

    def __init__(
        self, kind: str, package: str = "", registered_by: tuple[str, ...] = ()
    ):
        self.kind = kind
        self._package = package
        self._registered_by = registered_by or (kind,)
        self._known: dict[str, Callable] = {}

    def register(self, name: str):
        """Makes the decorated function or class known as `name`."""

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
        """All known names, sorted; imports nothing."""
        return tuple(sorted({*self._known, *self._modules}))

    def get(self, name: str) -> Callable:
        """The function or class known as `name`, whose file is imported.

        Raises:
          RequestError: there is none.
        """
        if name not in self._known and name in self._modules:
            importlib.import_module(self._modules[name])
        if name not in self._known:
            raise errors.RequestError(
                f"unknown {self.kind} {errors.shown(name)}, "
                f"{errors.nearest(name, self.names())}"
            )
        return self._known[name]

    @functools.cached_property
    def _modules(self) -> dict[str, str]:
        """Name -> the module of the package whose source registers it."""
        found: dict[str, str] = {}
        for module, source in _sources(self._package):
            for name in _registered(source, module, self._registered_by):
                if found.setdefault(name, module) != module:
                    raise ValueError(
                        f"{self.kind} {name!r} is defined twice, in "
                        f"{found[name]} and {module}"
                    )
        return found


#: The tasks. Here, as settings are checked by their names.
TASKS = Registry("task", "ednas_tf.tasks")


def _sources(package) -> Iterator[tuple[str, str]]:
    """Name and source text of each module of a package, at any depth."""
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
    """What a file calls an imported module or function -> its full name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            above = f"{getattr(node, 'module', None) or ''}."
            for alias in node.names:
                if alias.asname or isinstance(node, ast.ImportFrom):
                    full = f"{above}{alias.name}".lstrip(".")
                    yield alias.asname or alias.name, full


def _dotted(node, imported) -> str:
    """ "image_data.dataset" of such an expression; empty of any other."""
    if isinstance(node, ast.Name):
        return imported.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        before = _dotted(node.value, imported)
        return before and f"{before}.{node.attr}"
    return ""
