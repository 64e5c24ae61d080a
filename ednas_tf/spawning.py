"""New Python processes that do not run the program of the caller again."""

import contextlib
import sys
import types
from multiprocessing import context


class _Process(context.SpawnProcess):
    """A process that does not run the program of its parent."""

    @staticmethod
    def _Popen(process_obj):
        with _without_main_module():
            return context.SpawnProcess._Popen(process_obj)


class SpawnContext(context.SpawnContext):
    """Like the context "spawn" of multiprocessing, for any program.

    A process of that context first imports the program's main file again. In a
    program without `if __name__ == "__main__":` this would begin a second
    search, and in a notebook there is no such file.
    """

    Process = _Process


@contextlib.contextmanager
def _without_main_module():
    before = sys.modules["__main__"]
    sys.modules["__main__"] = types.ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = before
