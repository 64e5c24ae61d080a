import pytest

from ednas_tf import errors
from ednas_tf.client import vocabulary
from ednas_tf.data.text import text_data, text_files


def test_tokens_are_those_of_the_data():
    assert vocabulary.EOS == text_files.EOS
    assert vocabulary.UNK == text_data.UNK


def test_words_keep_their_order(tmp_path):
    file = tmp_path / "vocabulary.txt"
    file.write_text("the\n<eos>\nn't\né\n", encoding="utf-8")
    assert vocabulary.read(file) == ["the", "<eos>", "n't", "é"]


@pytest.mark.parametrize("text", ["", "a\nb\n", "<eos>\na\na\n", "<eos> a\n"])
def test_other_files_are_refused(tmp_path, text):
    file = tmp_path / "labels.txt"
    file.write_text(text)
    with pytest.raises(errors.RequestError) as caught:
        vocabulary.read(file)
    found = errors.shown(text.removesuffix("\n").split("\n"))
    assert str(caught.value) == (
        f"{file}: expected one word per line without repetition, <eos> among "
        f"them, found {found}; give an export's assets.extra/vocabulary.txt"
    )
    with pytest.raises(errors.RequestError, match="No such file .*; give an "):
        vocabulary.read(tmp_path / "none.txt")


def test_a_text_must_consist_of_known_words():
    words = ["<eos>", "a", "<unk>"]
    assert vocabulary.checked(" a\t<eos>  a\n", words) == "a <eos> a"
    assert vocabulary.checked(" ", words) == ""
    for known, advice in ((words, "use <unk>"), (words[:2], "remove it")):
        with pytest.raises(errors.RequestError) as caught:
            vocabulary.checked("a A b", known)
        assert str(caught.value) == (
            f"--text: expected words of the vocabulary ({len(known)} words), "
            f"found 'A'; {advice}"
        )
