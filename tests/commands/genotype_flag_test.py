import pathlib
import re
import subprocess
import sys

import pytest
from absl import flags
from absl.testing import flagsaver

from ednas_tf import errors
from ednas_tf.commands import genotype_flag
from ednas_tf.space import published

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture
def read(monkeypatch, tmp_path):
    """Reads the genotype of flags typed in an empty folder."""
    monkeypatch.setenv("BUILD_WORKING_DIRECTORY", str(tmp_path))

    def read(*typed):
        with flagsaver.flagsaver():
            flags.FLAGS(["command", *typed])
            return genotype_flag.read()

    return read


def test_a_published_name(read):
    assert read("--genotype=nasnet_a") == published.published("nasnet_a")


def test_a_path_is_relative_to_where_the_command_was_typed(read, tmp_path):
    text = published.published("amoebanet_a").to_json()
    (tmp_path / "mine.json").write_text(text)

    found = read("--genotype=mine.json")

    assert found.to_json() == text


def test_all_operations_can_be_named(read, tmp_path):
    pair = "('conv_7x1_1x7', 0)"
    (tmp_path / "mine").write_text(
        f"Genotype(normal=[{pair}, {pair}], normal_concat=[2], "
        f"reduce=[{pair}, {pair}], reduce_concat=[2])"
    )

    cells = read("--genotype=mine").cells

    assert {e.op for c in cells.values() for n in c.nodes for e in n} == {
        "conv_7x1_1x7"
    }


def test_a_missing_architecture_is_refused(read):
    with pytest.raises(errors.RequestError) as caught:
        read()

    assert str(caught.value) == (
        "--genotype: expected the file or the name of an architecture, found "
        "none; a search writes genotype.json to its --model_dir"
    )


@pytest.mark.parametrize(
    "command, named",
    [
        ("ednas_tf.run", "dataset model_dir config_file searcher"),
        ("ednas_tf.search", "dataset data_dir params_override searcher"),
        ("ednas_tf.train", "dataset model_dir genotype seeds"),
        ("ednas_tf.summary", "dataset genotype"),
        ("ednas_tf.draw", "genotype output"),
        ("ednas_tf.report", "model_dir compare"),
        ("export.saved_model", "model_dir export_dir"),
    ],
)
def test_the_help_of_a_command_lists_its_flags(command, named):
    text = subprocess.run(
        [sys.executable, "-m", command, "--help"],
        capture_output=True,
        text=True,
        cwd=ROOT,
    ).stdout

    for name in named.split():
        assert re.search(rf"--(\[no\])?{name}: ", text)
    if command == "ednas_tf.draw":
        assert "--dataset" not in text
