"""Installs the wheel where there is no checkout, and runs its commands there.

python .ci/check_wheel.py dist/ednas_tf-*.whl

Needs an environment that holds the wheel's dependencies: that of the Python
which runs this file. Nothing is downloaded. Takes about a minute.
"""

import json
import os
import pathlib
import subprocess
import sys
import sysconfig
import tempfile
import time
import tomllib
import venv
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[1]

#: Of search and training: a network so small that starting is most of the work.
_SMALL = "{0}.network.cells=3,{0}.network.channels=4,{0}.epochs=1"
_SEARCH = (
    f"{_SMALL.format('search')},search.child_steps=2,search.policy_steps=2,"
    "search.candidates=2,search.space.nodes=2,"
    "search.space.ops=[sep_conv_3x3,skip_connect]"
)


def main(wheel: str) -> None:
    """Checks a wheel.

    Raises:
      SystemExit: a file is missing or a command failed; says which one.
    """
    file = pathlib.Path(wheel).resolve()
    _check_contents(file)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        scripts = _install(file, folder / "venv")
        _run_commands(scripts, folder / "work")
    print(f"check_wheel: {file.name} works without a checkout")


def _check_contents(file):
    """Compares the files of the wheel with those of the checkout."""
    package, configs = ROOT / "ednas_tf", ROOT / "configs"
    serving = ROOT / "export" / "serving"
    expected = {
        *_under("ednas_tf", package, package.rglob("*.py")),
        *_under("ednas_tf", package, package.rglob("*.html")),
        *_under("ednas_tf/configs", configs, configs.rglob("*.yaml")),
        *_under("ednas_tf/export/serving", serving, serving.iterdir()),
    }
    with zipfile.ZipFile(file) as archive:
        names = archive.namelist()
    found = {name for name in names if ".dist-info/" not in name}
    if missing := sorted(expected - found):
        sys.exit(f"{file}: expected all of ednas_tf, found no {missing}")
    if others := sorted(found - expected):
        sys.exit(f"{file}: expected ednas_tf alone, found also {others}")


def _under(prefix, folder, files):
    """Names of a wheel for files of a folder."""
    return {f"{prefix}/{file.relative_to(folder)}" for file in files}


def _install(file, folder):
    """Installs the wheel in a new environment; returns its scripts' folder.

    The environment has no other packages of its own but sees, through a .pth
    file, those of this one. pip then finds that the versions here are versions
    that the wheel asks for, and has nothing to download. (With
    `--system-site-packages` it would see the packages of the Python that this
    environment was made from, which has none of them.)
    """
    venv.create(folder, with_pip=False)
    base = {"base": str(folder), "platbase": str(folder)}
    own = pathlib.Path(sysconfig.get_path("purelib", "venv", base))
    scripts = pathlib.Path(sysconfig.get_path("scripts", "venv", base))
    pip = (sys.executable, "-m", "pip", "--python", scripts / "python")
    install = (*pip, "install", "--quiet", "--no-index")

    _call(*install, "--no-deps", file, cwd=folder)
    # Not the paths alone: setuptools' own .pth brings distutils to Python 3.12.
    lines = [
        f"import site; site.addsitedir({path!r})\n"
        for path in sys.path
        if path.endswith("site-packages")
    ]
    (own / "dependencies.pth").write_text("".join(lines))
    _call(*install, "ednas_tf[export]", cwd=folder)
    return scripts


def _run_commands(scripts, folder):
    """Runs all console scripts, some of them in earnest, in a new folder."""
    folder.mkdir()

    def run(name, *flags):
        return _call(scripts / f"ednas-{name}", *flags, cwd=folder)

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for script in project["scripts"]:
        run(script.removeprefix("ednas-"), "--version")

    run(
        *("search", "--dataset=digits", "--model_dir=search"),
        f"--params_override={_SEARCH}",
    )
    genotype = "--genotype=search/genotype.json"
    run("report", "--model_dir=search")
    run(
        *("train", "--dataset=digits", genotype, "--model_dir=train"),
        f"--params_override={_SMALL.format('train')}",
    )
    run("export", "--model_dir=train", "--export_dir=export")
    size = json.loads(run("summary", "--dataset=digits", genotype))
    run("draw", genotype, "--output=cell.svg")

    for name in (
        *("search/genotype.json", "search/report.html", "train/result.json"),
        *("export/1/saved_model.pb", "cell.svg"),
    ):
        if not (folder / name).stat().st_size:
            sys.exit(f"{name}: expected what a command wrote, found no byte")
    if size["parameters"] < 1:
        sys.exit(f"ednas-summary: expected parameters, found {size}")


def _call(*command, cwd):
    """Runs a command away from the checkout; returns what it prints."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    begin = time.monotonic()
    done = subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    words = " ".join([pathlib.Path(command[0]).name, *map(str, command[1:])])
    if done.returncode:
        sys.exit(f"{words}: expected status 0, found {done.returncode}")
    print(f"{time.monotonic() - begin:5.1f} s  {words}", flush=True)
    return done.stdout


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("check_wheel.py: expected one wheel; run: make check-wheel")
    main(sys.argv[1])
