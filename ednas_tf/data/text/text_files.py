"""Finds the files of a text and reads their tokens."""

import array
import codecs
import os
import pathlib
from collections.abc import Iterator, Mapping
from typing import BinaryIO

import numpy as np

from ednas_tf import errors, whole_files

SPLITS = "train", "valid", "test"

#: The token at the end of every line.
EOS = "<eos>"

# Lines are read in parts of this many bytes, because some texts consist of a
# single line of gigabytes.
_PART = 2**20


def find(folder: pathlib.Path, name: str) -> dict[str, pathlib.Path]:
    """Finds the file of each split.

    The file of "train" is `train.txt`, or else the only file named
    `NAME.train.txt` or `NAME.train.tokens`, such as `ptb.train.txt` and
    `wiki.train.tokens`. NAME contains no dot, because `ptb.char.train.txt` is
    the same text in characters and comes in the same archive.

    Args:
      folder: the folder to search.
      name: the name of the data set, for error messages.

    Raises:
      RequestError: a file is missing, or several files fit.
    """
    try:
        entries = sorted(os.listdir(folder))
    except OSError as error:
        raise errors.RequestError(
            f"{name}: {folder}: expected a folder with {_wanted('train')}, and "
            f"likewise for valid and test, found: {error.strerror}; give the "
            "folder that contains them as --data_dir"
        ) from None
    return {
        split: folder / _pick(split, entries, folder, name) for split in SPLITS
    }


def read(file: pathlib.Path, vocabulary: Mapping[str, int]) -> np.ndarray:
    """Reads the tokens of a file, with an `<eos>` after each line.

    Lines end with a line feed; all other whitespace of `str.split` separates
    words.

    Args:
      file: a text in UTF-8.
      vocabulary: maps words to tokens; a `defaultdict` can add words as they
        appear.

    Returns:
      int32 [n].

    Raises:
      RequestError: the file cannot be read, is not such a text, contains no
        word, or contains a word that the vocabulary lacks.
    """
    try:
        with whole_files.opened(file) as opened:
            tokens = np.frombuffer(_tokens(opened, file, vocabulary), np.int32)
    except OSError as error:
        raise errors.RequestError(
            f"{file}: expected a text file, found: {error.strerror}; give "
            "another --data_dir, or a readable file"
        ) from None
    if np.all(tokens == vocabulary[EOS]):
        raise errors.RequestError(
            f"{file}: expected one sentence per line, found no word; give "
            "another --data_dir"
        )
    return tokens


def _tokens(
    opened: BinaryIO, file: pathlib.Path, vocabulary: Mapping[str, int]
) -> array.array:
    tokens = array.array("i")
    for number, text, ends in _texts(opened, file):
        words = text.split()
        if EOS in text and EOS in words:
            raise _refusal(
                file,
                number,
                f"no {EOS}, because one is appended to every line, but found "
                "one; remove it, or break the line there",
            )
        try:
            # No loop in Python: there may be 100 million words.
            tokens.extend(map(vocabulary.__getitem__, words))
        except KeyError as error:
            raise _refusal(
                file,
                number,
                "words of the training text, found "
                f"{errors.shown(error.args[0])}; set data.unknown_words=unk to "
                "read such words as <unk>",
            ) from None
        if ends:
            tokens.append(vocabulary[EOS])
    return tokens


def _wanted(split: str) -> str:
    return f"{split}.txt, NAME.{split}.txt or NAME.{split}.tokens"


def _pick(
    split: str, entries: list[str], folder: pathlib.Path, name: str
) -> str:
    if f"{split}.txt" in entries:
        return f"{split}.txt"
    fitting = [
        entry
        for entry in entries
        if entry.partition(".")[0]
        and entry.partition(".")[2] in (f"{split}.txt", f"{split}.tokens")
    ]
    if len(fitting) == 1:
        return fitting[0]
    found = _summary(fitting or entries)
    raise errors.RequestError(
        f"{name}: {folder}: expected one {split} text, {_wanted(split)}, found "
        f"{found}; "
        + (
            f"rename one of them to {split}.txt"
            if fitting
            else "rename the file, or give another --data_dir"
        )
    )


def _summary(entries: list[str], most: int = 5) -> str:
    more = f" and {len(entries) - most} more" if len(entries) > most else ""
    return (", ".join(entries[:most]) or "nothing") + more


def _texts(
    opened: BinaryIO, file: pathlib.Path
) -> Iterator[tuple[int, str, bool]]:
    """Yields lines; a long line is yielded in several parts of whole words.

    Yields:
      The number of the line, a part of its text, and whether the line ends
      there.
    """
    number, rest, ends, first = 1, b"", True, True
    while part := opened.readline(_PART):
        if first:
            part, first = part.removeprefix(codecs.BOM_UTF8), False
        part = rest + part
        ends = part.endswith(b"\n")
        # The word after the last space may be incomplete.
        whole = len(part) if ends else max(map(part.rfind, b" \t\r")) + 1
        text, rest = part[:whole], part[whole:]
        if len(rest) >= 2 * _PART:
            raise _refusal(
                file,
                number,
                f"spaces between words, found none in {len(rest):,} bytes; "
                "give a text whose words are separated by spaces",
            )
        yield number, _decode(text, file, number), ends
        number += ends
    if not ends:
        yield number, _decode(rest, file, number), True


def _decode(text: bytes, file: pathlib.Path, number: int) -> str:
    try:
        decoded = text.decode()
    except UnicodeDecodeError as error:
        found = f"the byte 0x{text[error.start]:02x}"
    else:
        if "\0" not in decoded:
            return decoded
        found = "a zero byte"
    raise _refusal(
        file,
        number,
        f"text in UTF-8, found {found}; convert it, for example with "
        "iconv -f ENCODING -t UTF-8",
    )


def _refusal(file: pathlib.Path, number: int, what: str) -> errors.RequestError:
    return errors.RequestError(f"{file}, line {number}: expected {what}")
