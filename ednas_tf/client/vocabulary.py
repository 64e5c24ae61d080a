"""Reads the vocabulary of a served language model."""

import pathlib

from ednas_tf import errors, whole_files

#: The file in an export's assets.extra: one word per line, in the order of the
#: probabilities.
VOCABULARY_FILE = "vocabulary.txt"

#: The tokens for the end of a sentence and for unknown words.
EOS, UNK = "<eos>", "<unk>"

#: Maximum size of the file in bytes.
_MOST = 2**26


def read(file: pathlib.Path) -> list[str]:
    """Reads the ordered words of a vocabulary.

    Raises:
      RequestError: the file is not a vocabulary; or see `whole_files.read`.
    """
    wanted = f"an export's assets.extra/{VOCABULARY_FILE}"
    text = whole_files.read(file, wanted, _MOST)
    # `splitlines` would split words at further characters.
    words = text.removesuffix("\n").split("\n")
    if EOS not in words or len(set(words)) < len(words):
        raise errors.RequestError(
            f"{file}: expected one word per line without repetition, {EOS} "
            f"among them, found {errors.shown(words)}; give {wanted}"
        )
    return words


def checked(text: str, words: list[str]) -> str:
    """The text with single spaces between its words.

    Raises:
      RequestError: a word is not in the vocabulary.
    """
    known, typed = set(words), text.split()
    for word in typed:
        if word not in known:
            advice = f"use {UNK}" if UNK in known else "remove it"
            raise errors.RequestError(
                f"--text: expected words of the vocabulary ({len(words)} "
                f"words), found {errors.shown(word)}; {advice}"
            )
    return " ".join(typed)
