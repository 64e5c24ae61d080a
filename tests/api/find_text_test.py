"""What a text becomes before a search reads it."""

import pytest

import ednas_tf
from ednas_tf.api import searching
from ednas_tf.data import given_data

LINES = [f"line {i} of a text" for i in range(20)]
TEXT = "\n".join(LINES)


@pytest.fixture
def given(monkeypatch):
    """The settings of the last call, and the texts that it keeps."""
    found = {}

    def run(settings, model_dir, verbose, kept=None):
        found["settings"], found["kept"] = settings, kept

    monkeypatch.setattr(searching, "run", run)
    return found


def kept(given, folder):
    """The files that the last call keeps, by name."""
    given["kept"].keep(folder, False)
    assert given_data.is_given(folder)
    return {file.stem: file.read_text() for file in folder.glob("*.txt")}


def joined(lines):
    return "".join(f"{line}\n" for line in lines)


def test_the_last_tenths_of_a_text_are_for_validation_and_test(given, tmp_path):
    ednas_tf.find_text(TEXT)
    assert given["settings"].task == "language_modelling"
    assert given["settings"].data.unknown_words == "unk"
    assert kept(given, tmp_path / "data") == {
        "train": joined(LINES[:16]),
        "valid": joined(LINES[16:18]),
        "test": joined(LINES[18:]),
    }


def test_texts_of_their_own_are_used_as_they_are(given, tmp_path):
    (tmp_path / "test.txt").write_text("of a text\n")
    file = tmp_path / "test.txt"
    ednas_tf.find_text(TEXT, validation="line 1 of\n", test=file)
    assert given["settings"].data.unknown_words == "error"
    assert kept(given, tmp_path / "data") == {
        "train": joined(LINES),
        "valid": "line 1 of\n",
        "test": "of a text\n",
    }


def test_a_run_keeps_its_text(given, tmp_path):
    ednas_tf.find_text(TEXT)
    first = given["kept"]
    first.keep(tmp_path / "data", False)
    assert first.is_whole(tmp_path / "data")
    ednas_tf.find_text(TEXT.replace("text", "book"))
    with pytest.raises(ValueError, match="text: expected the data that the ru"):
        given["kept"].keep(tmp_path / "data", True)
    (tmp_path / "data" / "valid.txt").write_text("damaged")
    assert not first.is_whole(tmp_path / "data")
    first.keep(tmp_path / "data", True)
    assert first.is_whole(tmp_path / "data")


def test_a_folder_and_a_name(given, tmp_path):
    ednas_tf.find_text(tmp_path)
    assert given["kept"] is None
    assert given["settings"].data.name == "text"
    assert given["settings"].runtime.data_dir == str(tmp_path)
    ednas_tf.find_text("penn_treebank", hours=1)
    assert given["settings"].data.name == "penn_treebank"
    assert given["settings"].search.evidence == "both"
