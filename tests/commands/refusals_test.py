"""A wrong request costs little: no TensorFlow, and an instant of a processor.

Each command is a process of its own in which TensorFlow and Keras cannot be
imported: what would need them fails with a traceback.
"""

import json
import os
import pathlib
import resource
import subprocess
import sys

import pytest

import ednas_tf
from tests.analysis import histories

ROOT = pathlib.Path(ednas_tf.__file__).parents[1]

#: Seconds of a processor. A quiet machine needs a third, or less.
REFUSED, COUNTED, IMPORTED = 1.5, 4.5, 0.6

_RUN = """
import runpy, sys
sys.modules["tensorflow"] = sys.modules["keras"] = None
sys.argv = sys.argv[1:]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""


def cost(code, *arguments, cwd=ROOT):
    """The finished process, and the seconds of a processor that it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = sum(
        getattr(after, kind) - getattr(before, kind)
        for kind in ("ru_utime", "ru_stime")
    )
    return done, seconds


def within(most, code, *arguments, **options):
    """The finished process, which must take at most so many seconds.

    The machine may have had something else to do: it has three attempts.
    """
    found = []
    for _ in range(3):
        done, seconds = cost(code, *arguments, **options)
        found.append(seconds)
        if seconds <= most:
            return done
    raise AssertionError(f"{arguments}: took {found} s, {most} are allowed")


@pytest.fixture
def folder(tmp_path):
    """Holds what some requests name."""
    files = {
        "value.yaml": "search:\n  epochs: many\n",
        "name.yaml": "serach:\n  epochs: 3\n",
        "syntax.yaml": "search: [\n",
        "genotype.json": '{"version": 1}',
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    "command, message",
    [
        ("search --dataset=cifar11", "unknown data set 'cifar11'"),
        ("train --genotype=darts_v2 --dataset=x", "unknown data set 'x'"),
        ("search --params_override=data.name=digit", "unknown dataset"),
        (
            "search --params_override=task=language_modelling",
            "unknown text dataset 'digits'",
        ),
        ("search --params_override=search.epoch=3", "unknown setting"),
        ("run --params_override=search.epochs=0", "expected at least 1"),
        ("train --config_file=value.yaml", "value.yaml: search.epochs:"),
        ("search --config_file=name.yaml", "unknown setting 'serach'"),
        ("run --config_file=syntax.yaml", "syntax.yaml: not YAML"),
        ("search --config_file=none.yaml", "none.yaml: cannot be read"),
        ("search --params_override=task=x", "task: unknown value 'x'"),
        ("search --searcher=enaz", "unknown searcher 'enaz'"),
        ("run --searcher=enaz", "unknown searcher 'enaz'"),
        (
            "search --params_override=search.space.ops=[sep_conv_3x4]",
            "unknown operation 'sep_conv_3x4' for convolutional cells",
        ),
        (
            "run --dataset=penn_treebank "
            "--params_override=search.space.ops=[tan]",
            "unknown operation 'tan' for recurrent cells",
        ),
        (
            "search --params_override=search.space.name=recurrent",
            "expected a space of convolutional cells",
        ),
        ("search --params_override=search.space.name=x", "unknown space 'x'"),
        ("train", "--genotype: expected the file or the name"),
        ("train --genotype=darts_v9", "did you mean 'darts_v2'?"),
        ("train --genotype=none.json", "found 'none.json'"),
        ("train --genotype=genotype.json", "genotype.json: "),
        ("train --genotype=ednas_ptb", "expected a convolutional architecture"),
        ("summary --genotype=ednas_ptb", "expected a convolutional"),
        ("summary --genotype=darts_v9", "did you mean 'darts_v2'?"),
        ("draw --genotype=darts_v9 --output=a.svg", "'darts_v2'?"),
        ("draw --genotype=darts_v2 --output=a.sgv", "a.sgv"),
        ("search --model_dir=lr=[0.1]", "lr=[0.1]: expected a path without"),
        ("train --genotype=darts_v2 --model_dir=a*", "a*: expected a path"),
        ("run --model_dir=a?/b", "a?/b: expected a path without"),
        ("export.saved_model --model_dir=a\\b", "a\\b: expected a path"),
        ("export.saved_model --export_dir=a*", "--export_dir: "),
        ("export.latency --model=a[1]", "--model: "),
        ("run --dataset=images", "--data_dir: expected the folder of the data"),
        ("search --dataset=text", "--data_dir: expected the folder of the da"),
        ("run --dataset=images --data_dir=gone", "images, found no folder "),
        ("run --data_dir=photos", "your own images add --dataset=images"),
        ("train --genotype=darts_v2 --candidate=2", "the directory of a sear"),
        ("train --genotype=none --candidate=2,3", "the directory of a search"),
        ("search --data_dir=" + "a" * 256, "names have at most 255 bytes"),
        ("client.client --model=m --images=" + "a" * 256, "at most 255 bytes"),
        ("search --hours=0", "--hours: expected more than 0 and at most 2400"),
        ("run --hours=-1", "--hours: expected more than 0"),
        ("train --hours=nan --genotype=darts_v2", "--hours: expected more"),
        ("search --hours=long", "--hours: expected a number, found 'long'"),
        ("search --datset=digits", "Unknown command line flag 'datset'"),
        ("search --seed=one", "--seed: expected an integer, found 'one'"),
        ("report --model_dir=none", "none: expected the directory"),
        ("export.saved_model --model_dir=none", "none/result.json: expected"),
        ("export.latency --model=none", "none: expected an exported version"),
        ("export.latency", "--model: expected an exported"),
        ("export.predict --images=a.png", "--model: expected an exported"),
        ("export.predict --model=none", "none: expected an exported version"),
        ("client.client --model=m --images=none.jpg", "none.jpg: cannot be"),
        ("client.continue_text --model=m --vocabulary=none", "none: cannot be"),
    ],
)
def test_a_wrong_request(command, message, folder):
    name, *arguments = command.split()
    done = within(REFUSED, _RUN, f"ednas_tf.{name}", *arguments, cwd=folder)

    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1
    assert message in done.stderr


@pytest.mark.parametrize(
    "dataset, genotype, parameters",
    [
        ("cifar10", "darts_v2", 3349342),
        ("imagenet2012", "darts_v2", 4718752),
        ("penn_treebank", "ednas_ptb", 22960000),
    ],
)
def test_the_size_of_a_network(dataset, genotype, parameters):
    done = within(
        COUNTED,
        _RUN,
        "ednas_tf.summary",
        f"--dataset={dataset}",
        f"--genotype={genotype}",
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["parameters"] == parameters


@pytest.mark.parametrize(
    "command",
    [
        *("search", "train", "run", "summary", "draw", "report"),
        *("export.latency", "export.predict"),
    ],
)
def test_help(command):
    done = within(REFUSED, _RUN, f"ednas_tf.{command}", "--help")
    assert "flags:" in done.stdout and "Traceback" not in done.stderr


def test_a_picture_of_cells_needs_no_tensorflow(tmp_path):
    arguments = ("ednas_tf.draw", "--genotype=darts_v2", "--output=cell.svg")
    done, _ = cost(_RUN, *arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "<svg" in (tmp_path / "cell.svg").read_text()


def test_a_report_needs_no_tensorflow(tmp_path):
    histories.write(tmp_path / "run", histories.SMALL)
    arguments = ("ednas_tf.report", "--model_dir=run", "--figures_dir=figures")
    done, _ = cost(_RUN, *arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "run" / "report.html").stat().st_size > 10**4


def test_the_package_is_imported_in_an_instant():
    done = within(IMPORTED, "import ednas_tf")
    assert done.returncode == 0, done.stderr
