import os
import pathlib

import numpy as np
import pytest

from ednas_tf import errors, whole_files
from ednas_tf.data.text import text_data, text_files


def write(folder, train="a b\n", valid="a\n", test="b\n", name="{}.txt"):
    """Writes the splits, given as str or bytes; None leaves a split out."""
    splits = {"train": train, "valid": valid, "test": test}
    for split, content in splits.items():
        if content is not None:
            content = (
                content if isinstance(content, bytes) else content.encode()
            )
            (folder / name.format(split)).write_bytes(content)
    return folder


def words_of(corpus, split):
    """The words of a split, joined by spaces."""
    return " ".join(corpus.words[token] for token in getattr(corpus, split))


def read(folder, unknown_words="error"):
    return text_data.read(folder, "text", unknown_words)


def refusal(folder, unknown_words="error"):
    with pytest.raises(errors.RequestError) as caught:
        read(folder, unknown_words)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_words_are_numbered_as_they_appear_in_the_training_text(tmp_path):
    corpus = read(write(tmp_path, "b a b\nc a\n", "a c\n", "c\nb b\n"))
    assert corpus.words == ("b", "a", "<eos>", "c")
    assert corpus.train.tolist() == [0, 1, 0, 2, 3, 1, 2]
    assert corpus.valid.tolist() == [1, 3, 2]
    assert corpus.test.tolist() == [3, 2, 0, 0, 2]
    assert {corpus.train.dtype, corpus.test.dtype} == {np.dtype(np.int32)}
    assert (corpus.name, corpus.eos, corpus.warning) == ("text", 2, "")


@pytest.mark.parametrize(
    "text, expected",
    [
        ("a b", "a b <eos>"),
        ("a\tb\r\n  a\n", "a b <eos> a <eos>"),
        ("a\n\n \nb\n", "a <eos> <eos> <eos> b <eos>"),
        ("\na", "<eos> a <eos>"),
        ("\ufeffa\u00a0b\n", "a b <eos>"),
        ("a \u00e4 \u4e2d b\n", "a \u00e4 \u4e2d b <eos>"),
        ("a<eos> b\n", "a<eos> b <eos>"),
    ],
    ids=["no_end", "blanks", "empty", "empty_first", "bom", "utf8", "eos_in"],
)
def test_separators_of_words_and_lines(tmp_path, text, expected):
    corpus = read(write(tmp_path, text, text, text))
    for split in text_files.SPLITS:
        assert words_of(corpus, split) == expected


def test_a_line_longer_than_one_part(tmp_path, monkeypatch):
    monkeypatch.setattr(text_files, "_PART", 8)
    lines = ["a\u00e4\u00e4 b", "b " * 50, "\u00e4" * 7, "", "c\td " * 9 + "e"]
    words = " <eos> ".join(" ".join(line.split()) for line in lines) + " <eos>"
    for end in ("", "\n", " "):
        text = "\n".join(lines) + end
        corpus = read(write(tmp_path, text, text, text))
        assert words_of(corpus, "train") == " ".join(words.split())
        np.testing.assert_array_equal(corpus.train, corpus.valid)


@pytest.mark.parametrize(
    "name", ["{}.txt", "ptb.{}.txt", "wiki.{}.tokens", "my text.{}.txt"]
)
def test_accepted_names_of_files(tmp_path, name):
    write(tmp_path, name=name)
    write(tmp_path, "x\n", "x\n", "x\n", name="ptb.char.{}.txt")
    write(tmp_path, "x\n", "x\n", "x\n", name=".{}.txt")
    assert words_of(read(tmp_path), "train") == "a b <eos>"


def test_the_short_name_is_preferred(tmp_path):
    write(tmp_path, "x\n", "x\n", "x\n", name="ptb.{}.txt")
    assert words_of(read(write(tmp_path)), "train") == "a b <eos>"


def test_several_files_for_a_split_are_refused(tmp_path):
    write(tmp_path)
    (tmp_path / "train.txt").unlink()
    for name in ("ptb.train.txt", "wiki.train.tokens"):
        (tmp_path / name).write_text("a\n")
    assert refusal(tmp_path) == (
        f"text: {tmp_path}: expected one train text, train.txt, NAME.train.txt "
        "or NAME.train.tokens, found ptb.train.txt, wiki.train.tokens; rename "
        "one of them to train.txt"
    )


def test_a_missing_file(tmp_path):
    write(tmp_path, valid=None)
    (tmp_path / "dev.txt").write_text("a\n")
    assert refusal(tmp_path) == (
        f"text: {tmp_path}: expected one valid text, valid.txt, NAME.valid.txt "
        "or NAME.valid.tokens, found dev.txt, test.txt, train.txt; rename the "
        "file, or give another --data_dir"
    )


def test_an_empty_and_a_crowded_folder(tmp_path):
    assert "found nothing; rename" in refusal(tmp_path)
    for number in range(7):
        (tmp_path / f"{number}.txt").touch()
    assert "found 0.txt, 1.txt, 2.txt, 3.txt, 4.txt and 2 more;" in refusal(
        tmp_path
    )


@pytest.mark.parametrize(
    "name, found",
    [("nowhere", "No such file or directory"), ("file", "Not a directory")],
)
def test_a_missing_folder(tmp_path, name, found):
    (tmp_path / "file").touch()
    assert refusal(tmp_path / name) == (
        f"text: {tmp_path / name}: expected a folder with train.txt, "
        "NAME.train.txt or NAME.train.tokens, and likewise for valid and test, "
        f"found: {found}; give the folder that contains them as --data_dir"
    )


@pytest.mark.parametrize(
    "put, found",
    [
        (pathlib.Path.mkdir, "Is a directory"),
        (os.mkfifo, "not a plain file"),
        (lambda file: file.symlink_to("/dev/zero"), "not a plain file"),
        (
            lambda file: file.symlink_to(file),
            "Too many levels of symbolic links",
        ),
        (lambda file: file.symlink_to("gone"), "No such file or directory"),
        # A regular file that can be opened but not read.
        (lambda file: file.symlink_to("/proc/self/mem"), "Input/output error"),
    ],
    ids=["folder", "fifo", "device", "loop", "broken_link", "unreadable"],
)
def test_anything_but_a_readable_file_is_refused(tmp_path, put, found):
    write(tmp_path, valid=None)
    put(tmp_path / "valid.txt")
    assert refusal(tmp_path) == (
        f"{tmp_path}/valid.txt: expected a text file, found: {found}; give "
        "another --data_dir, or a readable file"
    )


def test_a_file_without_permission_is_refused(tmp_path, monkeypatch):
    def no_open(*_):
        raise PermissionError(13, "Permission denied")

    write(tmp_path)
    # Removing the permission would not keep root from reading.
    monkeypatch.setattr(whole_files, "opened", no_open)
    assert "train.txt: expected a text file, found: Permission denied;" in (
        refusal(tmp_path)
    )


@pytest.mark.parametrize("split", ["train", "valid", "test"])
@pytest.mark.parametrize("content", ["", "\n \n\n"])
def test_a_split_without_words_is_refused(tmp_path, split, content):
    assert refusal(write(tmp_path, **{split: content})) == (
        f"{tmp_path}/{split}.txt: expected one sentence per line, found no "
        "word; give another --data_dir"
    )


@pytest.mark.parametrize(
    "content, line, found",
    [
        ("a\n\u00e4 a\n".encode("latin-1"), 2, "the byte 0xe4"),
        ("a\n".encode("utf-16"), 1, "the byte 0xff"),
        ("a\n".encode("utf-16-be"), 1, "a zero byte"),
        (b"a\nb\na\0b\n", 3, "a zero byte"),
        (b"a\nb\xc3", 2, "the byte 0xc3"),
    ],
)
@pytest.mark.parametrize("split", ["train", "test"])
def test_other_encodings_are_refused(tmp_path, split, content, line, found):
    assert refusal(write(tmp_path, **{split: content})) == (
        f"{tmp_path}/{split}.txt, line {line}: expected text in UTF-8, found "
        f"{found}; convert it, for example with iconv -f ENCODING -t UTF-8"
    )


def test_eos_in_the_text_is_refused(tmp_path):
    assert refusal(write(tmp_path, "a\nb <eos>\n")) == (
        f"{tmp_path}/train.txt, line 2: expected no <eos>, because one is "
        "appended to every line, but found one; remove it, or break the line "
        "there"
    )


def test_a_text_without_separated_words_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(text_files, "_PART", 8)
    assert refusal(write(tmp_path, "a\n" + "b" * 99)) == (
        f"{tmp_path}/train.txt, line 2: expected spaces between words, found "
        "none in 16 bytes; give a text whose words are separated by spaces"
    )


def test_an_unknown_word_is_refused(tmp_path):
    write(tmp_path, "a <unk>\n", test="a\na b <unk> c\n")
    assert refusal(tmp_path) == (
        f"{tmp_path}/test.txt, line 2: expected words of the training text, "
        "found 'b'; set data.unknown_words=unk to read such words as <unk>"
    )


def test_a_long_unknown_word_is_shortened(tmp_path):
    assert len(refusal(write(tmp_path, valid="x" * 10_000))) < 500


def test_unknown_words_are_read_as_unk(tmp_path):
    write(tmp_path, "a <unk>\n", "a b <unk>\n", "b c\na\n")
    corpus = read(tmp_path, "unk")
    assert corpus.words == ("a", "<unk>", "<eos>")
    assert words_of(corpus, "valid") == "a <unk> <unk> <eos>"
    assert words_of(corpus, "test") == "<unk> <unk> <eos> a <eos>"
    assert corpus.warning == (
        "text: 1 of 4 tokens in valid and 2 of 5 in test are words that the "
        "training text lacks; they are read as <unk>"
    )


def test_unk_can_be_unknown_itself(tmp_path):
    write(tmp_path, "a\n", "a <unk>\n", "b\n")
    corpus = read(tmp_path, "unk")
    assert corpus.words == ("a", "<eos>", "<unk>")
    assert words_of(corpus, "valid") == "a <unk> <eos>"
    assert words_of(corpus, "test") == "<unk> <eos>"
    assert corpus.warning == (
        "text: 1 of 3 tokens in valid and 1 of 2 in test are words that the "
        "training text lacks; they are read as <unk>, which it lacks too, so "
        "nothing learns to predict it"
    )


def test_unk_is_not_added_when_no_word_is_unknown(tmp_path):
    strict, tolerant = read(write(tmp_path)), read(tmp_path, "unk")
    assert tolerant.words == strict.words == ("a", "b", "<eos>")
    assert tolerant.warning == ""


def test_unknown_words_has_two_valid_values(tmp_path):
    with pytest.raises(ValueError, match="unknown_words: found 'skip'"):
        read(write(tmp_path), "skip")


def corpus(words=("a", "<eos>"), **splits):
    one = np.array([0], np.int32)
    splits = {"train": one, "valid": one, "test": one, **splits}
    return text_data.Corpus("one", words=words, **splits)


@pytest.mark.parametrize(
    "tokens, found",
    [
        (np.array([0]), r"int32 \[n\], found int64 \[1\]"),
        (np.array([[0]], np.int32), r"int32 \[n\], found int32 \[1, 1\]"),
        (np.array([0, 2], np.int32), "0 to 1, found 0 to 2"),
        (np.array([-1, 1], np.int32), "0 to 1, found -1 to 1"),
    ],
)
def test_a_corpus_refuses_arrays_of_the_wrong_type_or_shape(tokens, found):
    with pytest.raises(ValueError, match=f"valid: expected {found}"):
        corpus(valid=tokens)


def test_the_fingerprint_depends_on_the_words_and_their_order():
    found = corpus().words_fingerprint()
    assert found == corpus(test=np.array([1], np.int32)).words_fingerprint()
    assert found == "4c7f525c3087"
    assert found != corpus(("<eos>", "a")).words_fingerprint()
    assert found != corpus(("a <eos>",)).words_fingerprint()


def test_the_fingerprint_of_the_text_depends_on_all_tokens():
    one = np.array([1], np.int32)
    found = {
        corpus().text_fingerprint(),
        *(corpus(**{n: one}).text_fingerprint() for n in ("train", "valid")),
        corpus(test=one).text_fingerprint(),
        corpus(test=np.array([1, 0], np.int32)).text_fingerprint(),
        corpus(test=np.array([0, 1], np.int32)).text_fingerprint(),
    }
    assert len(found) == 6
    assert corpus().text_fingerprint() in found


def test_data_sets_are_registered_by_name():
    assert set(text_data.names()) >= {"penn_treebank", "text"}
    with pytest.raises(errors.RequestError) as caught:
        text_data.load("pen_treebank")
    assert str(caught.value) == (
        "unknown text dataset 'pen_treebank', did you mean 'penn_treebank'? "
        f"(one of: {', '.join(text_data.names())})"
    )


def test_the_users_own_text(tmp_path):
    write(tmp_path, test="c\n")
    found = text_data.load("text", str(tmp_path), "unk")
    assert words_of(found, "test") == "<unk> <eos>"
    with pytest.raises(errors.RequestError, match="found 'c'"):
        text_data.load("text", str(tmp_path))


def test_the_users_own_text_has_no_default_folder():
    with pytest.raises(errors.RequestError) as caught:
        text_data.load("text")
    assert str(caught.value) == (
        "text: expected --data_dir, a folder with train.txt, valid.txt and "
        "test.txt with one sentence per line, found none"
    )
