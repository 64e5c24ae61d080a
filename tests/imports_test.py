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
    "analysis": {"space"},
    "figures": {"analysis", "space"},
    "reports": {"analysis", "figures", "space"},
    "monitor": {"analysis", "figures"},
    "loops": {
        *("tasks", "searchers", "nets", "ops", "settings", "space"),
        *("runs", "monitor", "analysis"),
    },
    "commands": {"ops", "settings", "space"},
    "client": {"commands"},
    "export": {"client", "commands", "data", "loops", "nets", "runs"},
}
#: What all may import.
SHARED = {
    *("errors", "interruption", "lazy", "machine", "registry", "replicas"),
    *("seeds", "whole_files"),
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


def test_spaces_and_genotypes_need_no_tensorflow():
    code = (
        "import sys; sys.modules['tensorflow'] = sys.modules['keras'] = None; "
        "from ednas_tf.space import cell_space, genotype; "
        "print(convolutional.convolutional().size())"
    )
    output = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        check=True,
        text=True,
        cwd=PACKAGE.parent,
    ).stdout
    assert output == "1037664180\n"
