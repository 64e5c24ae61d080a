import shutil

import numpy as np
import pytest

from ednas_tf import errors
from ednas_tf.data.text import text_data


@pytest.fixture(scope="module")
def folder(shared_data_dir):
    return shared_data_dir / "ptb"


@pytest.fixture(scope="module")
def penn_treebank(folder):
    return text_data.load("penn_treebank", str(folder))


def refusal(data_dir, **kwargs):
    with pytest.raises(errors.RequestError) as caught:
        text_data.load("penn_treebank", data_dir and str(data_dir), **kwargs)
    message = str(caught.value)
    assert "\n" not in message
    return message


def copy(folder, to, **changed):
    """Copies the files, replacing the given splits by other texts."""
    for split in ("train", "valid", "test"):
        if split in changed:
            (to / f"ptb.{split}.txt").write_text(changed[split])
        else:
            shutil.copyfile(folder / f"{split}.txt", to / f"ptb.{split}.txt")
    return to


def test_counts(penn_treebank):
    assert len(penn_treebank.train) == 929_589
    assert len(penn_treebank.valid) == 73_760
    assert len(penn_treebank.test) == 82_430
    assert len(set(penn_treebank.words)) == len(penn_treebank.words) == 10_000
    assert (penn_treebank.name, penn_treebank.warning) == ("penn_treebank", "")
    lines = np.sum(penn_treebank.train == penn_treebank.eos)
    assert lines == 42_068


def test_tokens_are_those_of_the_files(folder, penn_treebank):
    words = np.array(penn_treebank.words)
    for split in ("train", "valid", "test"):
        text = (folder / f"{split}.txt").read_text()
        expected = text.replace("\n", " <eos> ").split()
        assert words[getattr(penn_treebank, split)].tolist() == expected
    assert penn_treebank.words[:2] == ("aer", "banknote")


def test_the_files_of_the_usual_archive(folder, penn_treebank, tmp_path):
    copy(folder, tmp_path)
    for split in ("train", "valid", "test"):
        (tmp_path / f"ptb.char.{split}.txt").write_text("a _ b\n")
    found = text_data.load("penn_treebank", str(tmp_path))
    assert found.words == penn_treebank.words


def test_the_default_folder_is_in_the_home_directory(
    folder, monkeypatch, tmp_path
):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert refusal(None) == (
        f"penn_treebank: {tmp_path}/penn_treebank: expected a folder with "
        "train.txt, NAME.train.txt or NAME.train.tokens, and likewise for "
        "valid and test, found: No such file or directory; give the folder "
        "that contains them as --data_dir; they are not downloaded because the "
        "licence (LDC99T42) does not allow it"
    )
    (tmp_path / "penn_treebank").mkdir()
    copy(folder, tmp_path / "penn_treebank")
    assert len(text_data.load("penn_treebank").test) == 82_430


def test_a_missing_file(tmp_path):
    message = refusal(tmp_path)
    assert message.startswith(
        f"penn_treebank: {tmp_path}: expected one train text, train.txt, "
    )
    assert message.endswith("(LDC99T42) does not allow it")


def test_another_corpus(tmp_path):
    for split in ("train", "valid", "test"):
        (tmp_path / f"{split}.txt").write_text(f"{split} a\n")
    for unknown_words in ("error", "unk"):
        assert refusal(tmp_path, unknown_words=unknown_words) == (
            f"penn_treebank: {tmp_path}: expected 929,589 / 73,760 / 82,430 "
            "tokens (train / valid / test, with <eos>), 10,000 words, found 3 "
            "/ 3 / 3 tokens (train / valid / test, with <eos>), 4 words and "
            "others in valid or test; give the folder of the standard files as "
            "--data_dir, or choose the data set text for another text"
        )


def test_a_split_of_another_corpus(folder, tmp_path):
    copy(folder, tmp_path, valid="the end\n")
    assert "found 929,589 / 3 / 82,430 tokens" in refusal(tmp_path)


def test_a_changed_word(folder, tmp_path):
    text = (folder / "test.txt").read_text()
    copy(folder, tmp_path, test=text.replace("mr.", "mister", 1))
    assert (
        "found 929,589 / 73,760 / 82,430 tokens (train / valid / test, with "
        "<eos>), 10,000 words and others in valid or test;"
    ) in refusal(tmp_path)
