"""The text data set: tokens in memory, and how to read them.

A data set is a function of (data_dir, unknown_words) that returns a `Corpus`
and is registered by the decorator `dataset`.
"""

import collections
import dataclasses
import hashlib
import itertools
import json
import pathlib

import numpy as np

from ednas_tf import registry
from ednas_tf.data.text import text_files

UNK = "<unk>"


@dataclasses.dataclass(frozen=True, eq=False)
class Corpus:
    """A text in three splits.

    Attributes:
      name: the name of the data set.
      train, valid, test: int32 [n], tokens as indices into `words`.
      words: the vocabulary, `<eos>` included.
      warning: a warning for the person who requested the text, printed when a
        run begins, or an empty text.

    Raises:
      ValueError: a split has another type or shape, or a token that is not an
        index into `words`.
    """

    name: str
    train: np.ndarray
    valid: np.ndarray
    test: np.ndarray
    words: tuple[str, ...]
    warning: str = ""

    def __post_init__(self):
        for split in text_files.SPLITS:
            tokens = getattr(self, split)
            if tokens.dtype != np.int32 or tokens.ndim != 1:
                raise ValueError(
                    f"{split}: expected int32 [n], found {tokens.dtype} "
                    f"{list(tokens.shape)}"
                )
            least, most = tokens.min(initial=0), tokens.max(initial=0)
            if least < 0 or most >= len(self.words):
                raise ValueError(
                    f"{split}: expected 0 to {len(self.words) - 1}, found "
                    f"{least} to {most}"
                )

    @property
    def eos(self) -> int:
        """The token that ends a line."""
        return self.words.index(text_files.EOS)

    def words_fingerprint(self) -> str:
        """A hash of the ordered vocabulary, twelve hexadecimal digits."""
        text = json.dumps(self.words)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def text_fingerprint(self) -> str:
        """A hash of all tokens, twelve hexadecimal digits."""
        digest = hashlib.sha256()
        for tokens in (self.train, self.valid, self.test):
            digest.update(f"{len(tokens)} ".encode())
            digest.update(np.ascontiguousarray(tokens, "<i4"))
        return digest.hexdigest()[:12]


_DATASETS = registry.TEXTS
_NUM_WORDS: dict[str, int] = {}

#: The names of all known text data sets, sorted.
names = _DATASETS.names


def dataset(name: str, num_words: int | None = None):
    """Registers the decorated (data_dir, unknown_words) -> Corpus as `name`.

    Args:
      name: the name of the data set.
      num_words: the size of its vocabulary. If it is given, a network can be
        counted without reading the text.
    """
    if num_words is not None:
        _NUM_WORDS[name] = num_words
    return _DATASETS.register(name)


def num_words(name: str) -> int | None:
    """The size of a text's vocabulary, or None if it must be read for that."""
    if name in names():
        # The number is registered in the same file.
        _DATASETS.get(name)
    return _NUM_WORDS.get(name)


#: Raises `RequestError` unless a text data set has the name; reads none.
check = _DATASETS.get


def load(
    name: str, data_dir: str | None = None, unknown_words: str = "error"
) -> Corpus:
    """Loads the text data set `name` into memory.

    Args:
      name: one of `names()`.
      data_dir: the folder of the files, or None for the default folder.
      unknown_words: see `read`.

    Raises:
      RequestError: no text data set has this name, or the files cannot be
        used.
    """
    return _DATASETS.get(name)(data_dir, unknown_words)


def read(folder: pathlib.Path, name: str, unknown_words: str) -> Corpus:
    """Reads a text from the three files that `text_files.find` finds.

    A line is a sentence; whitespace of any kind separates its words, and
    `<eos>` is appended to it. Empty lines get an `<eos>`, too, as is usual
    (Merity et al., 2017). The vocabulary consists of the words of the training
    text in order of first appearance. A token takes 4 bytes, and hardly more
    while it is read.

    Args:
      folder: the folder of the files.
      name: the name of the corpus.
      unknown_words: what to do with words in `valid` or `test` that the
        training text does not contain: "error" refuses them; "unk" reads them
        as `<unk>` and counts them in the warning. If the training text does not
        contain `<unk>` either, it becomes the last word of the vocabulary, and
        no training step predicts it.

    Raises:
      RequestError: a file is missing or is not such a text.
      ValueError: `unknown_words` has another value.
    """
    if unknown_words not in ("error", "unk"):
        raise ValueError(f"unknown_words: found {unknown_words!r}")
    files = text_files.find(folder, name)
    growing = collections.defaultdict(itertools.count().__next__)
    train = text_files.read(files["train"], growing)
    known = dict(growing)
    tolerant = unknown_words == "unk"
    vocabularies = [_Tolerant(known) if tolerant else known for _ in range(2)]
    valid = text_files.read(files["valid"], vocabularies[0])
    test = text_files.read(files["test"], vocabularies[1])
    words, warning = tuple(known), ""
    if tolerant and any(v.unknown for v in vocabularies):
        warning = (
            f"{name}: {vocabularies[0].unknown:,} of {len(valid):,} tokens in "
            f"valid and {vocabularies[1].unknown:,} of {len(test):,} in test "
            f"are words that the training text lacks; they are read as {UNK}"
        )
        if UNK not in known:
            words += (UNK,)
            warning += ", which it lacks too, so nothing learns to predict it"
    return Corpus(name, train, valid, test, words, warning)


class _Tolerant(dict):
    """A vocabulary that reads words it does not contain as `<unk>`.

    Attributes:
      unknown: number of unknown words that were looked up.
    """

    def __init__(self, known: dict[str, int]):
        super().__init__(known)
        self.unknown = 0
        self._unk = known.get(UNK, len(known))

    def __missing__(self, word: str) -> int:
        self.unknown += 1
        return self._unk
