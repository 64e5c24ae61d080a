import json
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
from tests.analysis import histories

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


@pytest.fixture
def search(tmp_path):
    """A finished search with 12 candidates; returns its rows."""
    histories.write(tmp_path / "mine", histories.SMALL, 2)
    rows = histories.candidates(histories.SMALL)
    return [json.loads(row["genotype"])["cells"] for row in rows]


def cells(found):
    return json.loads(found.to_json())["cells"]


def test_the_directory_of_a_search_stands_for_its_result(read, search):
    assert cells(read("--genotype=mine")) == search[0]


def test_a_candidate_by_its_number(read, search):
    for place in ("mine", "mine/genotype.json"):
        assert cells(read(f"--genotype={place}", "--candidate=2")) == search[1]


@pytest.mark.parametrize(
    "number, match",
    [
        ("13", "--candidate: expected a number from 1 to 12, as .* found 13"),
        ("2000", "found 2000"),
    ],
)
def test_a_candidate_beyond_the_list(read, search, number, match):
    with pytest.raises(errors.RequestError, match=match):
        read("--genotype=mine", f"--candidate={number}")


def test_a_candidate_of_no_search(read, tmp_path):
    with pytest.raises(errors.RequestError, match="to be the directory of a s"):
        read("--genotype=darts_v2", "--candidate=2")
    (tmp_path / "empty").mkdir()
    with pytest.raises(
        errors.RequestError, match="expected the directory of a"
    ):
        read("--genotype=empty", "--candidate=2")


def test_a_candidate_of_a_search_under_way(read, tmp_path):
    histories.write(tmp_path / "mine", histories.SMALL, 5, done=2)
    with pytest.raises(errors.RequestError, match="search that has ended in"):
        read("--genotype=mine", "--candidate=1")


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


@pytest.mark.parametrize("typed", ["0", "two", "1,1", "-1", "", "1,"])
def test_a_candidate_is_a_number_from_1_on(read, search, typed):
    with pytest.raises(errors.RequestError, match="--candidate: expected a nu"):
        read("--genotype=mine", f"--candidate={typed}")


def test_several_candidates(read, search, monkeypatch):
    with pytest.raises(errors.RequestError, match="only ednas_tf.train takes"):
        read("--genotype=mine", "--candidate=1,3")
    monkeypatch.setattr(genotype_flag, "read", genotype_flag.read_candidates)
    found = read("--genotype=mine", "--candidate=3,1")
    assert {number: cells(each) for number, each in found.items()} == {
        3: search[2],
        1: search[0],
    }
    with pytest.raises(errors.RequestError, match="number from 1 to 12, as"):
        read("--genotype=mine", "--candidate=1,13")
