"""The words of a served language model, as a client reads them."""

import pathlib

from ednas_tf import errors, whole_files

#: In assets.extra of an export: a word a line, in the order of probabilities.
VOCABULARY_FILE = "vocabulary.txt"

#: What ends a sentence, and stands for words that are not in the vocabulary.
EOS, UNK = "<eos>", "<unk>"

#: Bytes of the file.
_MOST = 2**26


def read(file: pathlib.Path) -> list[str]:
    """The words of a vocabulary in order.

    Raises:
      RequestError: see `texts.read`; or it is another file.
    """
    wanted = f"an export's assets.extra/{VOCABULARY_FILE}"
    text = whole_files.read(file, wanted, _MOST)
    # `splitlines` would part words at more characters.
    words = text.removesuffix("\n").split("\n")
    if EOS not in words or len(set(words)) < len(words):
        raise errors.RequestError(
            f"{file}: expected a word a line, each once and {EOS} among them, "
            f"found {errors.shown(words)}; give {wanted}"
        )
    return words


def checked(text: str, words: list[str]) -> str:
    """The text, one blank between words.

    Raises:
      RequestError: a word is not in the vocabulary.
    """
    known, typed = set(words), text.split()
    for word in typed:
        if word not in known:
            advice = f"write {UNK}" if UNK in known else "leave it out"
            raise errors.RequestError(
                f"--text: expected words of the vocabulary, which has "
                f"{len(words)}, found {errors.shown(word)}; {advice}"
            )
    return " ".join(typed)
