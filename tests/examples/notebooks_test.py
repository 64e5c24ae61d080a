"""The notebooks of examples/ run in a short form, and their outputs are kept.

A cell with the tag `parameters` sets what makes a notebook long. Here it is
followed by values that make searches and trainings of a few steps.
"""

import json
import pathlib

import keras
import matplotlib
import nbformat
import pytest

import ednas_tf
from ednas_tf.api.trained import Trained
from ednas_tf.export import exporter, litert
from ednas_tf.export.gate import gate
from tests.api import small

FOLDER = pathlib.Path(__file__).parents[2] / "examples"
NOTEBOOKS = sorted(file.stem for file in FOLDER.glob("*.ipynb"))

_TRAIN = {**small.SETTINGS["train"], "batch_size": 8}
_SHORT = {
    "search": {**small.SETTINGS["search"], "batch_size": 8},
    "train": _TRAIN,
    "fit": {"epochs": 1, "verbose": 0},
}
#: Settings that a reader of the notebooks does not need.
_HIDDEN = {
    "policy": {"batch_size": 8, "architectures": 2},
    "runtime": small.SETTINGS["runtime"],
}
_MOST_BYTES = 2**20


def read(name):
    return nbformat.read(FOLDER / f"{name}.ipynb", 4)


def code(name):
    return [cell for cell in read(name).cells if cell.cell_type == "code"]


def test_there_are_three():
    assert NOTEBOOKS == ["fine_tuning", "own_photos", "reading_policies"]


@pytest.fixture
def hurried(monkeypatch, tmp_path):
    """Searches of a few steps, and exports whose files are not checked."""
    find = ednas_tf.find

    def find_fast(*arguments, **settings):
        return find(*arguments, **settings, **_HIDDEN, verbose=False)

    def export(trained, *, litert):
        made = trained.directory / "export"
        formats = ("litert",) if litert else ()
        return exporter.export(trained.directory, made, formats=formats)

    checked = {
        "images": 0,
        "accuracy": 0.0,
        "largest_difference": {},
        "warmup_requests": 0,
    }
    # A process without Keras, and files that it runs, take longer than all
    # other cells; tests/export tests both.
    monkeypatch.setattr(gate, "check", lambda *_: checked)
    monkeypatch.setattr(litert, "int8_model", lambda *_: b"8 bits")
    monkeypatch.setattr(Trained, "export", export)
    monkeypatch.setattr(ednas_tf, "find", find_fast, raising=False)
    matplotlib.use("agg")
    monkeypatch.chdir(tmp_path)
    yield
    keras.backend.clear_session()


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_all_cells_run(name, hurried):
    names = {}
    for i, cell in enumerate(code(name)):
        exec(compile(cell.source, f"<{name}, cell {i}>", "exec"), names)
        if "parameters" in cell.metadata.get("tags", []):
            names |= {k: v for k, v in _SHORT.items() if k in names}
    assert names["found"].finished


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_outputs_are_kept_and_show_nothing_of_a_machine(name):
    file = FOLDER / f"{name}.ipynb"
    nbformat.validate(read(name))
    cells = code(name)
    assert [cell.execution_count for cell in cells] == [
        *range(1, len(cells) + 1)
    ]
    outputs = [output for cell in cells for output in cell.outputs]
    assert not [each for each in outputs if each.output_type == "error"]
    for each in outputs:
        # What the project warns of, and no notices of libraries.
        if each.get("name") == "stderr":
            assert each.text.startswith("warning: ")
    shown = json.dumps([cell.outputs for cell in cells])
    for word in ("/root", "/home", "/tmp", "/work", "Traceback", "Warning"):
        assert word not in shown
    pictures = [
        kind for each in outputs for kind in each.get("data", {}) if "/" in kind
    ]
    assert {"image/png", "image/svg+xml"} & set(pictures)
    assert file.stat().st_size < _MOST_BYTES


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_links_lead_to_files(name):
    for cell in read(name).cells:
        if cell.cell_type == "markdown":
            for part in cell.source.split("](")[1:]:
                assert (FOLDER / part.split(")")[0]).exists()
