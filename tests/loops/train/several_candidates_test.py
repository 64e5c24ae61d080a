import json

import pytest

from ednas_tf import tasks
from ednas_tf.loops.train import several_candidates, train_loop
from ednas_tf.settings import resolve
from ednas_tf.space import published

SETTINGS = resolve.resolve("digits", [], "train.network.cells=0")
CANDIDATES = {
    1: published.published("darts_v1"),
    3: published.published("darts_v2"),
}
RESULTS = {
    1: {"test_accuracy": 0.8, "parameters": 1200, "multiply_adds": 30},
    3: {"test_accuracy": 0.9, "parameters": 600, "multiply_adds": 4000},
}


@pytest.fixture
def trained(monkeypatch):
    """What was asked to be trained; the first training chooses the size."""
    asked = []

    def train(settings, genotype, directory, is_kept, announces):
        if announces:
            print("what the data are")
        number = int(directory.name.removeprefix("candidate_"))
        asked.append((number, genotype, settings.train.network.cells))
        settings.train.network.cells = settings.train.network.cells or 7
        return RESULTS[number]

    monkeypatch.setattr(train_loop, "train", train)
    return asked


def test_each_is_trained_in_a_folder_of_its_own(trained, tmp_path, capsys):
    (tmp_path / "genotype.json").write_text("of the search")
    found = several_candidates.train(SETTINGS, CANDIDATES, tmp_path)
    assert trained == [(1, CANDIDATES[1], 0), (3, CANDIDATES[3], 7)]
    assert found == {"1": RESULTS[1], "3": RESULTS[3]}
    assert json.loads((tmp_path / "compared.json").read_text()) == found
    assert (tmp_path / "genotype.json").read_text() == "of the search"
    printed = capsys.readouterr().out
    assert f"--model_dir={tmp_path / 'candidate_3'}" in printed
    assert printed.count("next: ") == 1
    assert printed.startswith(
        "candidate 1:\n"
        "what the data are\n"
        "candidate 3:\n"
        "candidate  accuracy  parameters  multiply-adds\n"
        "        3    0.9000         600          4,000\n"
        "        1    0.8000       1,200             30\n"
        "The order is that of the test data. To take the first "
    )


def test_validation_data_decide_if_there_are_any():
    found = {
        "1": RESULTS[1] | {"validation_accuracy": 0.7},
        "3": RESULTS[3]
        | {
            "validation_accuracy": 0.6,
            "test_accuracy_low": 0.85,
            "test_accuracy_high": 0.95,
        },
    }
    kind = tasks.kind("image_classification")
    lines = several_candidates.table(found, kind).splitlines()
    assert [line.split()[0] for line in lines[1:3]] == ["1", "3"]
    assert lines[2].split()[1:6] == [
        "0.9000",
        "0.8500",
        "to",
        "0.9500",
        "0.6000",
    ]
    assert lines[3].startswith("The order is that of the validation data;")
    assert all(len(line) <= 80 for line in lines)
