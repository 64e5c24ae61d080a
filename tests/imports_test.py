"""Which folder may import which, and what needs no TensorFlow."""

import ast
import pathlib
import subprocess
import sys

import pytest

import ednas_tf

PACKAGE = pathlib.Path(ednas_tf.__file__).parent

#: Folder -> the folders of ours that it may import, beside itself, and beside
#: the modules of the package's top level in `SHARED`.
ALLOWED = {
    "space": set(),
    "settings": {"space"},
    "ops": set(),
    "data": set(),
    "nets": {"ops", "settings", "space"},
    "searchers": {"nets", "settings", "space"},
    "tasks": {"nets", "data", "settings", "space"},
    "runs": {"settings"},
    "analysis": {"runs", "space"},
    "figures": {"analysis", "space"},
    "reports": {"analysis", "figures", "space"},
    "monitor": {"analysis", "figures"},
    "loops": {
        *("tasks", "searchers", "nets", "ops", "settings", "space"),
        *("runs", "monitor", "analysis"),
    },
    "commands": {
        *("ops", "runs", "searchers", "settings", "space", "tasks"),
    },
    "client": {"commands"},
    "export": {
        *("client", "commands", "data", "loops", "nets", "runs", "tasks"),
    },
}
#: What all may import.
SHARED = {
    *("errors", "interruption", "lazy", "machine", "registry", "replicas"),
    *("plugins", "seeds", "whole_files"),
}


def _imported(file):
    """The names below `ednas_tf` that a file imports."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module == "ednas_tf":
            names = [f"ednas_tf.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module]
        else:
            continue
        for name in names:
            if name.startswith("ednas_tf."):
                yield name.split(".")[1]


def test_every_folder_is_spoken_of():
    folders = {file.parent.name for file in PACKAGE.glob("*/__init__.py")}
    assert folders == set(ALLOWED)


@pytest.mark.parametrize("folder", ALLOWED)
def test_a_folder_imports_only_what_it_may(folder):
    may = ALLOWED[folder] | SHARED | {folder}
    found = {
        (file.name, name)
        for file in (PACKAGE / folder).glob("**/*.py")
        for name in _imported(file)
        if name not in may
    }
    assert not found


def test_nothing_imports_export_or_benchmarks():
    for file in PACKAGE.glob("**/*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            module = getattr(node, "module", None) or ""
            assert not module.startswith(("export", "benchmarks")), file


@pytest.mark.parametrize(
    "folder", sorted({*ALLOWED} - {"tasks", "settings", "export"})
)
def test_no_task_is_named_outside_of_its_folder(folder):
    for file in (PACKAGE / folder).glob("**/*.py"):
        for name in ("image_classification", "language_modelling"):
            # As a module or as a name in settings.
            assert f".{name}" not in file.read_text(), file
            assert f'"{name}"' not in file.read_text(), file


#: What is imported before a request is known to be right, or without ever
#: computing anything: none of it imports TensorFlow. `refusals_test` runs the
#: commands themselves.
WITHOUT_TENSORFLOW = (
    *("analysis", "client", "commands", "data", "figures", "ops", "reports"),
    *("runs", "settings", "space", "tasks"),
    *("nets.counting", "nets.expected_counts", "nets.plan", "nets.stem"),
    *("loops.train.results", "searchers", *sorted(SHARED)),
)
#: But for these modules of such folders, and those that searchers import when
#: they are made.
_WITH_TENSORFLOW = {"runs.checkpoints", "client.serving_grpc"}

#: Imports what its arguments name, folders with all that they hold, where
#: TensorFlow and Keras cannot be imported.
_IMPORT_ALL = """
import importlib, pkgutil, sys
sys.modules["tensorflow"] = sys.modules["keras"] = None
names, exceptions = sys.argv[1].split(), sys.argv[2].split()
for name in names:
    module = importlib.import_module("ednas_tf." + name)
    folders = getattr(module, "__path__", [])
    if name == "searchers":
        continue
    for found in pkgutil.walk_packages(folders, module.__name__ + "."):
        if found.name.removeprefix("ednas_tf.") not in exceptions:
            importlib.import_module(found.name)
assert "tensorflow_datasets" not in sys.modules
"""


def _run(code, *arguments):
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        cwd=PACKAGE.parent,
    )


def test_what_is_imported_without_tensorflow():
    names = " ".join(WITHOUT_TENSORFLOW)
    done = _run(_IMPORT_ALL, names, " ".join(_WITH_TENSORFLOW))
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", sorted(_WITH_TENSORFLOW))
def test_the_exceptions_are_needed(name):
    assert _run(_IMPORT_ALL, name, "").returncode != 0


def test_a_lazy_module_is_the_module_once_it_is_used():
    code = (
        "import sys\n"
        "from ednas_tf.lazy import keras, tf\n"
        "assert not {'tensorflow', 'keras'} & {*sys.modules}\n"
        "import tensorflow\n"
        "assert tf.Tensor is tensorflow.Tensor\n"
        "assert keras.Model is sys.modules['keras'].Model\n"
    )
    done = _run(code)
    assert done.returncode == 0, done.stderr
