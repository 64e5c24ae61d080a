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
    "runs": {"data", "settings"},
    "analysis": {"data", "runs", "searchers", "space"},
    "figures": {"analysis", "space"},
    "reports": {"analysis", "figures", "space"},
    "monitor": {"analysis", "figures"},
    "loops": {
        *("tasks", "searchers", "nets", "ops", "settings", "space"),
        *("runs", "monitor", "analysis"),
    },
    "commands": {
        *("analysis", "ops", "runs", "searchers", "settings", "space", "tasks"),
    },
    "models": {
        *("data", "genotypes", "loops", "nets", "runs", "settings", "space"),
        "tasks",
    },
    "client": {"commands", "data"},
    "api": {
        *("analysis", "data", "figures", "loops", "monitor", "ops"),
        *("reports", "runs", "searchers", "settings", "space", "tasks"),
    },
    "export": {
        *("client", "commands", "data", "loops", "monitor", "nets", "runs"),
        "tasks",
    },
}
#: What all may import.
SHARED = {
    *("array_files", "children", "cluster", "errors", "interruption", "lazy"),
    "machine",
    *("plugins", "registry", "replicas", "seeds", "spawning", "whole_files"),
    "wording",
}
#: Folders that are imported before a request is known to be right, which needs
#: no TensorFlow -> their modules that do need it.
LIGHT = {
    "analysis": (),
    "api": (),
    "client": ("serving_grpc",),
    "commands": (),
    "data": (),
    "figures": (),
    "monitor": ("summaries",),
    "ops": (),
    "reports": (),
    "runs": ("checkpoints",),
    "searchers": (
        *("ageing_population", "choice_model", "choices", "evidence", "genes"),
        "leader",
        *("neighbourhood", "policy_vectors", "reinforce", "searcher"),
        "thompson_sampling",
    ),
    "settings": (),
    "space": (),
    "tasks": (),
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


def without_tensorflow(code, *arguments):
    """The output and errors of a program for which there is no TensorFlow."""
    block = (
        "import sys\nsys.modules['tensorflow'] = sys.modules['keras'] = None\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", block + code, *arguments],
        capture_output=True,
        text=True,
        cwd=PACKAGE.parent,
    )
    return done.stdout, done.stderr


def test_spaces_and_genotypes_need_no_tensorflow():
    found = without_tensorflow(
        "from ednas_tf.space import convolutional, genotype\n"
        "print(convolutional.convolutional().size())"
    )
    assert found == ("1037664180\n", "")


IMPORT = """
import importlib
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:
        print(name, "imports", error.name)
"""


def test_what_checks_a_request_needs_no_tensorflow():
    """The modules that do need it are the ones that `LIGHT` lists."""
    modules = {
        ".".join(file.relative_to(PACKAGE.parent).with_suffix("").parts)
        for folder in LIGHT
        for file in (PACKAGE / folder).glob("**/*.py")
        if file.stem != "__init__"
    }
    modules -= {
        f"ednas_tf.{folder}.{name}"
        for folder, names in LIGHT.items()
        for name in names
    }
    assert len(modules) > 90
    assert without_tensorflow(IMPORT, *sorted(modules)) == ("", "")


@pytest.mark.parametrize("folder", LIGHT)
def test_the_listed_modules_do_need_tensorflow(folder):
    for name in LIGHT[folder]:
        text = (PACKAGE / folder / f"{name}.py").read_text()
        needed = ("import tensorflow", "import keras", "from tensorflow")
        assert any(each in text for each in needed), name


def test_a_lazy_module_is_the_module_once_it_is_used():
    code = (
        "import sys\n"
        "from ednas_tf.lazy import keras, tf\n"
        "assert not {'tensorflow', 'keras'} & {*sys.modules}\n"
        "import tensorflow\n"
        "assert tf.Tensor is tensorflow.Tensor\n"
        "assert keras.Model is sys.modules['keras'].Model\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=PACKAGE.parent)
