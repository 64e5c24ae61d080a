"""What is known by name: operations, spaces, searchers, data sets, tasks."""

import importlib
import pkgutil
from collections.abc import Callable

from ednas_tf import errors


class Registry:
    """Functions and classes by name.

    Args:
      kind: what they are or make, for errors.
      package: name of the package whose modules register them. Its modules
        are imported when a name is first looked up, so that a new file is
        found by itself, and nothing is imported that nobody asks for.
    """

    def __init__(self, kind: str, package: str = ""):
        self.kind = kind
        self._package = package
        self._known: dict[str, Callable] = {}

    def register(self, name: str):
        """Makes the decorated function or class known as `name`."""

        def known(function):
            if name in self._known:
                raise ValueError(f"{self.kind} {name!r} is defined twice")
            self._known[name] = function
            return function

        return known

    def names(self) -> tuple[str, ...]:
        """All known names, sorted."""
        self._import_modules()
        return tuple(sorted(self._known))

    def get(self, name: str) -> Callable:
        """The function or class known as `name`.

        Raises:
          RequestError: there is none.
        """
        self._import_modules()
        if name not in self._known:
            raise errors.RequestError(
                f"unknown {self.kind} {errors.shown(name)}, "
                f"{errors.nearest(name, self._known)}"
            )
        return self._known[name]

    def _import_modules(self):
        # Forgotten first: a module that is imported here may look names up.
        package, self._package = self._package, ""
        if package:
            path = importlib.import_module(package).__path__
            for module in pkgutil.iter_modules(path, package + "."):
                importlib.import_module(module.name)
