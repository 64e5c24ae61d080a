"""What --plugin adds without a change in this tree, by the commands."""

import json
import os
import pathlib
import shutil
import subprocess
import sys

import numpy as np
import pytest
import yaml

from tests import forked, printed

ROOT = pathlib.Path(__file__).resolve().parents[1]
PLUGINS = ROOT / "tests" / "plugins"
SMALL = (
    "search.network.cells=3,search.network.channels=4,search.epochs=2,"
    "search.child_steps=4,search.policy_steps=3,search.batch_size=16,"
    "policy.batch_size=16,search.candidates=3,search.rescored_candidates=1,"
    "train.network.cells=3,train.network.channels=4,train.epochs=1,"
    "train.steps=3,train.batch_size=16,runtime.figures_every=0"
)


def run(module, *flags, folder=PLUGINS):
    """Status, output and errors of a command, run in the plugins' folder."""
    return forked.run(module, *flags, folder=folder)


def refusal(module, *flags, folder=PLUGINS):
    status, output, error = run(module, *flags, folder=folder)
    assert (status, output) == (2, "")
    assert error.startswith("error: ") and error.count("\n") == 1
    return error


def searched(model_dir, *flags, overrides=""):
    status, output, error = run(
        "ednas_tf.search",
        f"--model_dir={model_dir}",
        f"--params_override={SMALL}{overrides}",
        *flags,
    )
    assert status == 0, error
    return output


def trained(search_dir, model_dir, *flags):
    return run(
        "ednas_tf.train",
        f"--config_file={search_dir / 'params.yaml'}",
        f"--genotype={search_dir / 'genotype.json'}",
        f"--model_dir={model_dir}",
        *flags,
    )


@pytest.fixture(scope="module")
def space_dir(tmp_path_factory):
    """A search of a plugin's space with a plugin's operation."""
    folder = tmp_path_factory.mktemp("space") / "search"
    searched(
        folder,
        "--dataset=digits",
        "--plugin=all_edges.py",
        "--plugin=conv_1x1.py",
        overrides=",search.space.name=all_edges,"
        "search.space.ops=[skip_connect,conv_1x1]",
    )
    return folder


FLAGS = "--plugin=conv_1x1.py", "--plugin=all_edges.py"


def test_a_space_and_an_operation_are_searched_and_trained(space_dir, tmp_path):
    found = json.loads((space_dir / "genotype.json").read_text())
    settings = yaml.safe_load((space_dir / "params.yaml").read_text())
    space = settings["search"]["space"]

    assert found["space"] == "all_edges"
    assert [len(node) for node in found["cells"]["cell"]["nodes"]] == [1, 2, 3]
    assert found["cells"]["cell"]["output"] == [3]
    assert space == {
        "name": "all_edges",
        "nodes": 3,
        "ops": ["skip_connect", "conv_1x1"],
    }
    assert set(settings["runtime"]["plugins"]) == {"all_edges", "conv_1x1"}

    status, output, error = trained(space_dir, tmp_path / "train", *FLAGS)
    assert (status, error) == (0, "")
    assert "test accuracy" in output
    summary = run(
        "ednas_tf.summary",
        f"--config_file={space_dir / 'params.yaml'}",
        f"--genotype={space_dir / 'genotype.json'}",
        *FLAGS,
    )
    counted = json.loads(summary[1])["parameters"]
    result = json.loads((tmp_path / "train/result.json").read_text())
    assert counted == result["parameters"]


def test_reports_and_drawings_of_a_plugins_space(space_dir, tmp_path):
    drawing = f"--output={tmp_path / 'cell.svg'}"
    genotype = f"--genotype={space_dir / 'genotype.json'}"
    assert run("ednas_tf.draw", genotype, drawing, *FLAGS)[0] == 0
    assert (tmp_path / "cell.svg").stat().st_size > 1000

    report = f"--output={tmp_path / 'report.html'}"
    model_dir = f"--model_dir={space_dir}"
    status, _, error = run("ednas_tf.report", model_dir, report, *FLAGS)
    assert status == 0, error


def test_going_on_and_training_ask_for_the_flag(space_dir, tmp_path):
    asked = "module 'all_edges'; expected the same flag, found []"
    model_dir = f"--model_dir={space_dir}"

    assert asked in refusal("ednas_tf.search", "--dataset=digits", model_dir)
    assert asked in refusal("ednas_tf.report", model_dir)
    assert asked in refusal(
        "ednas_tf.train",
        f"--config_file={space_dir / 'params.yaml'}",
        f"--genotype={space_dir / 'genotype.json'}",
        f"--model_dir={tmp_path / 'train'}",
    )
    assert not (tmp_path / "train").exists()


def test_changed_code_is_warned_of(space_dir, tmp_path):
    for name in ("conv_1x1.py", "all_edges.py"):
        shutil.copy(PLUGINS / name, tmp_path)
    with (tmp_path / "conv_1x1.py").open("a") as file:
        file.write("# Changed.\n")

    status, _, error = trained(
        space_dir,
        tmp_path / "train",
        f"--plugin={tmp_path / 'conv_1x1.py'}",
        f"--plugin={tmp_path / 'all_edges.py'}",
    )

    assert status == 0
    error = printed.unbroken(error)
    assert error.startswith("warning: ") and error.count("\n") == 1
    assert "the code of the plugin conv_1x1 has changed" in error


def test_what_a_file_names_is_never_run(tmp_path):
    (tmp_path / "evil.py").write_text("open('ran', 'w')\n")
    (tmp_path / "evil.yaml").write_text(
        f"runtime: {{plugins: {{evil: abc, {tmp_path / 'evil.py'}: abc}}}}\n"
    )

    error = refusal(
        "ednas_tf.search", "--config_file=evil.yaml", folder=tmp_path
    )

    assert "--plugin, module 'evil'; expected the same flag" in error
    assert not (tmp_path / "ran").exists()


def test_a_searcher_without_policies_is_resumed_and_reported(tmp_path):
    flags = (
        "--dataset=digits",
        "--plugin=climber.py",
        "--searcher=climber",
        "--deterministic",
    )
    halves, cells = tmp_path / "halves", ",search.space.nodes=1"
    output = searched(tmp_path / "whole", *flags, overrides=cells)
    settings = yaml.safe_load((tmp_path / "whole/params.yaml").read_text())
    assert "best of 3 candidates" in output
    assert settings["search"]["searcher_settings"] == {"changed": 0.2}

    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "ednas_tf.search", *flags),
            f"--model_dir={halves}",
            f"--params_override={SMALL}{cells}",
        ],
        cwd=PLUGINS,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    for line in process.stdout:
        if line.startswith("epoch 1/2"):
            process.terminate()
    assert process.wait() == 143
    searched(halves, *flags, overrides=cells)

    with (
        np.load(tmp_path / "whole/policy.npz") as whole,
        np.load(halves / "policy.npz") as resumed,
    ):
        assert set(whole) == set(resumed)
        assert not any(name.startswith("probabilities") for name in whole)
        assert whole["epoch/architectures"].shape == (2, 6, 2, 2, 2)
        for name in whole:
            np.testing.assert_array_equal(whole[name], resumed[name])
    tables = [
        (folder / "candidates.csv").read_bytes()
        for folder in (tmp_path / "whole", halves)
    ]
    assert tables[0] == tables[1]
    report = "ednas_tf.report", f"--model_dir={halves}", "--plugin=climber.py"
    assert run(*report)[0] == 0
    assert (halves / "report.html").stat().st_size > 10_000


def test_a_searchers_settings_are_checked_before_tensorflow(tmp_path):
    flags = "--dataset=digits", "--plugin=climber.py", "--searcher=climber"

    def message(override):
        name = f"--params_override=search.searcher_settings.{override}"
        return refusal("ednas_tf.search", *flags, name)

    assert (
        "search.searcher_settings.changed: expected at most 1, found 2.0"
        in message("changed=2")
    )
    assert "unknown setting 'search.searcher_settings.chnged'" in message(
        "chnged=0.5"
    )


def test_a_data_set_and_a_task(tmp_path):
    flags = "--plugin=stripes.py", "--plugin=sure.py"
    searched(
        tmp_path / "search",
        "--config_file=stripes.yaml",
        *flags,
        overrides=",task=sure_classification",
    )
    with np.load(tmp_path / "search/policy.npz") as history:
        # Nobody is less sure than 1/2 of two classes.
        assert history["epoch/rewards"].min() >= 0.5

    status, output, error = trained(
        tmp_path / "search", tmp_path / "train", *flags
    )
    assert (status, error) == (0, "")
    assert "on 100 images" in output


@pytest.mark.parametrize(
    "source, message",
    [
        (None, "--plugin: expected a Python file, found none at "),
        ("1 / 0\n", "line 1: ZeroDivisionError: division by zero"),
        ("\ndef (:\n", "line 2: SyntaxError: invalid syntax"),
        ("import no_such_module\n", "ModuleNotFoundError: No module named"),
        (
            "from ednas_tf.space.spaces import space\n"
            "space('convolutional')(lambda: 1)\n",
            "space 'convolutional' is defined twice",
        ),
    ],
)
def test_a_plugin_that_cannot_be_run(tmp_path, source, message):
    if source is not None:
        (tmp_path / "mine.py").write_text(source)

    error = refusal("ednas_tf.search", "--plugin=mine.py", folder=tmp_path)

    assert message in error


def test_a_module_that_cannot_be_imported():
    error = refusal("ednas_tf.search", "--plugin=no_such_module")

    assert "a file that ends in .py, or a module that can be imported" in error
