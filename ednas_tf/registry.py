"""What is known by name: operations, data sets, searchers."""

import importlib
import pkgutil
from collections.abc import Callable

from ednas_tf import errors


class Registry:
    """Functions by name.

    Args:
      kind: what they make, for errors.
    """

    def __init__(self, kind: str):
        self.kind = kind
        self._known: dict[str, Callable] = {}

    def register(self, name: str):
        """Makes the decorated function known as `name`."""

        def known(function):
            if name in self._known:
                raise ValueError(f"{self.kind} {name!r} is defined twice")
            self._known[name] = function
            return function

        return known

    def names(self) -> tuple[str, ...]:
        """All known names, sorted."""
        return tuple(sorted(self._known))

    def get(self, name: str) -> Callable:
        """The function known as `name`.

        Raises:
          RequestError: there is none.
        """
        if name not in self._known:
            raise errors.RequestError(
                f"unknown {self.kind} {errors.shown(name)}, "
                f"{errors.nearest(name, self._known)}"
            )
        return self._known[name]


def import_all(path, package: str) -> None:
    """Imports every module of a package, so that a new file is found."""
    for module in pkgutil.iter_modules(path, package + "."):
        importlib.import_module(module.name)
