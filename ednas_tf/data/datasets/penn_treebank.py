"""Penn Treebank at word level (Marcus et al., 1993; Mikolov et al., 2010)."""

import os
import pathlib

from ednas_tf import errors
from ednas_tf.data.text import text_data, text_files

_FOLDER = "~/penn_treebank"

#: Number of tokens in each split, including an `<eos>` after each line.
NUM_TOKENS = {"train": 929_589, "valid": 73_760, "test": 82_430}

#: Number of words in the vocabulary, including `<eos>` and `<unk>`.
NUM_WORDS = 10_000


@text_data.dataset("penn_treebank", NUM_WORDS)
def penn_treebank(data_dir: str | None, unknown_words: str) -> text_data.Corpus:
    """The corpus of 10,000 words on which papers compare perplexities.

    Args:
      data_dir: the folder of the files, or None for ~/penn_treebank.
      unknown_words: has no effect, because there are none.

    Raises:
      RequestError: files are missing, unreadable, or belong to another corpus.
    """
    del unknown_words
    folder = pathlib.Path(data_dir or os.path.expanduser(_FOLDER))
    try:
        text_files.find(folder, "penn_treebank")
    except errors.RequestError as error:
        raise errors.RequestError(
            f"{error}; they are not downloaded because the licence (LDC99T42) "
            "does not allow it"
        ) from None
    corpus = text_data.read(folder, "penn_treebank", "unk")
    _check_standard(corpus, folder)
    return corpus


def _check_standard(corpus: text_data.Corpus, folder: pathlib.Path) -> None:
    found = {split: len(getattr(corpus, split)) for split in NUM_TOKENS}
    # There is a warning if valid or test have words that train does not have.
    if (found, len(corpus.words), corpus.warning) == (
        NUM_TOKENS,
        NUM_WORDS,
        "",
    ):
        return
    others = " and others in valid or test" if corpus.warning else ""
    raise errors.RequestError(
        f"penn_treebank: {folder}: expected {_counts(NUM_TOKENS, NUM_WORDS)}, "
        f"found {_counts(found, len(corpus.words))}{others}; give the folder "
        "of the standard files as --data_dir, or choose the data set text "
        "for another text"
    )


def _counts(tokens: dict[str, int], words: int) -> str:
    numbers = " / ".join(f"{number:,}" for number in tokens.values())
    return (
        f"{numbers} tokens (train / valid / test, with <eos>), {words:,} words"
    )
