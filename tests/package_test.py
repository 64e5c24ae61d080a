"""What pyproject.toml says agrees with the requirements and with the code."""

import pathlib
import re
import shutil
import subprocess
import sys
import tomllib

import pytest
from packaging.requirements import Requirement

import ednas_tf

ROOT = pathlib.Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "ednas_tf"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]

#: The file that pins versions -> the ranges of the same distributions.
RANGES = {
    "requirements.in": PROJECT["dependencies"],
    "requirements-export.in": EXTRAS["export"],
    "requirements-dev.in": EXTRAS["dev"],
}
#: The files that pin all packages, those that others need among them.
LOCKED = (
    *("requirements.txt", "requirements-export.txt", "requirements-dev.txt"),
    "requirements-docs.txt",
)


def by_name(lines):
    """The requirements in a file or list, but for what includes another."""
    found = [
        Requirement(line)
        for line in lines
        if line and not line.startswith(("#", "-r ", "ednas_tf["))
    ]
    assert len({each.name for each in found}) == len(found)
    return {each.name: each.specifier for each in found}


@pytest.mark.parametrize("file", RANGES)
def test_every_pinned_version_lies_in_its_range(file):
    pinned = by_name((ROOT / file).read_text().splitlines())
    ranges = by_name(RANGES[file])
    assert set(pinned) == set(ranges)
    for name, pin in pinned.items():
        exact = re.fullmatch("==([0-9.]+)", str(pin))
        if exact:
            assert exact[1] in ranges[name], (name, pin, ranges[name])
        else:
            assert pin == ranges[name], (name, pin, ranges[name])


def locked(file):
    """The packages that a file pins -> their versions; checks every line."""
    text = (ROOT / file).read_text().replace("\\\n", " ")
    found = {}
    for line in text.splitlines():
        entry = re.fullmatch(
            r"([a-z0-9.-]+)==([0-9][a-z0-9.]*)( ; [a-z_<>=!'\" .0-9A-Z()]+)? "
            r"(?:\s*--hash=sha256:[0-9a-f]{64})+",
            line,
        )
        assert entry, f"{file}: {line[:200]}"
        found.setdefault(entry[1], set()).add(entry[2])
    return found


def normal(name):
    return re.sub("[-_.]+", "-", name).lower()


@pytest.mark.parametrize("file", LOCKED)
def test_every_package_is_pinned_with_hashes(file):
    """No line says where from: that is left to who installs."""
    found = locked(file)
    source = (ROOT / file).with_suffix(".in").read_text().splitlines()
    for name, pin in by_name(source).items():
        version = re.fullmatch("==([0-9.]+)", str(pin))
        versions = found[normal(name)]
        if version:
            assert versions == {version[1]}, name
        else:
            assert all(each in pin for each in versions), name
    everything = locked("requirements-dev.txt")
    for name, versions in found.items():
        if file != "requirements-docs.txt" or name in everything:
            assert versions <= everything[name], name


def test_every_range_has_an_end():
    for lines in RANGES.values():
        for name, specifier in by_name(lines).items():
            operators = {each.operator for each in specifier}
            assert operators & {"<", "~="}, name


def test_this_python_is_one_that_the_package_allows():
    running = ".".join(map(str, sys.version_info[:3]))
    assert (
        running in Requirement(f"python{PROJECT['requires-python']}").specifier
    )


def test_the_version_has_one_home():
    assert re.fullmatch(r"[0-9]+\.[0-9]+\.[0-9]+", ednas_tf.__version__)
    assert "version" not in PROJECT and PROJECT["dynamic"] == ["version"]
    assert "version:" not in (ROOT / "CITATION.cff").read_text().splitlines()


def test_every_folder_with_python_files_is_a_package():
    """setup.py, and so the wheel, leaves out a folder without __init__.py."""
    for folder in {file.parent for file in PACKAGE.rglob("*.py")}:
        assert (folder / "__init__.py").is_file(), folder


def test_every_command_has_a_console_script():
    commands = {
        ".".join(file.relative_to(ROOT).with_suffix("").parts)
        for file in PACKAGE.rglob("*.py")
        if re.search("^def command", file.read_text(), re.MULTILINE)
    }
    targets = {f"{module}:command" for module in commands}
    assert set(PROJECT["scripts"].values()) == targets


@pytest.mark.parametrize("script", PROJECT["scripts"])
def test_the_help_of_a_console_script_is_that_of_its_module(script, tmp_path):
    module, _, function = PROJECT["scripts"][script].partition(":")
    # As pip writes it.
    program = f"import sys\nfrom {module} import {function}\n"
    program += f"sys.exit({function}())\n"
    (tmp_path / script).write_text(program)
    by_script = help_of(str(tmp_path / script))
    assert by_script == help_of("-m", module)
    assert f"python -m {module} --" in by_script


def help_of(*words):
    """What --help prints, without the path of the program."""
    done = subprocess.run(
        [sys.executable, *words, "--help"],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.stderr == ""
    return re.sub("^/.*:$", "PROGRAM:", done.stdout, flags=re.MULTILINE)


def test_after_make_setup_a_program_anywhere_imports_the_package(tmp_path):
    """With no packages to install, as those of the project take minutes."""
    project, other = tmp_path / "a project", tmp_path / "other"
    (project / "ednas_tf").mkdir(parents=True)
    other.mkdir()
    for name in ("Makefile", "ednas_tf/__init__.py"):
        shutil.copy(ROOT / name, project / name)
    (project / "requirements-dev.txt").touch()
    make = ["make", "--silent", "setup", f"PYTHON={sys.executable}"]
    subprocess.run(make, cwd=project, check=True)
    python = project / ".venv/bin/python"
    done = subprocess.run(
        [python, "-c", "import ednas_tf; print(ednas_tf.__file__)"],
        cwd=other,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == str(project / "ednas_tf/__init__.py")
