import pytest

from ednas_tf import errors
from ednas_tf.client import vocabulary
from ednas_tf.data.text import text_data, text_files


def test_names_of_the_data():
    assert vocabulary.EOS == text_files.EOS
    assert vocabulary.UNK == text_data.UNK


def test_words_in_order(tmp_path):
    file = tmp_path / "vocabulary.txt"
    file.write_text("the\n<eos>\nn't\né\n", encoding="utf-8")
    assert vocabulary.read(file) == ["the", "<eos>", "n't", "é"]


@pytest.mark.parametrize("text", ["", "a\nb\n", "<eos>\na\na\n", "<eos> a\n"])
def test_other_files(tmp_path, text):
    file = tmp_path / "labels.txt"
    file.write_text(text)
    with pytest.raises(errors.RequestError) as caught:
        vocabulary.read(file)
    found = errors.shown(text.removesuffix("\n").split("\n"))
    assert str(caught.value) == (
        f"{file}: expected a word a line, each once and <eos> among them, "
        f"found {found}; give an export's assets.extra/vocabulary.txt"
    )
    with pytest.raises(errors.RequestError, match="No such file .*; give an "):
        vocabulary.read(tmp_path / "none.txt")


def test_words_of_a_text():
    words = ["<eos>", "a", "<unk>"]
    assert vocabulary.checked(" a\t<eos>  a\n", words) == "a <eos> a"
    assert vocabulary.checked(" ", words) == ""
    for known, advice in ((words, "write <unk>"), (words[:2], "leave it out")):
        with pytest.raises(errors.RequestError) as caught:
            vocabulary.checked("a A b", known)
        assert str(caught.value) == (
            "--text: expected words of the vocabulary, which has "
            f"{len(known)}, found 'A'; {advice}"
        )
