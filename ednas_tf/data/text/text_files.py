"""The files of a text: which they are, and their tokens."""

import array
import codecs
import errno
import os
import pathlib
import stat
from collections.abc import Iterator, Mapping
from typing import BinaryIO

import numpy as np

from ednas_tf import errors

SPLITS = "train", "valid", "test"

#: Ends every line.
EOS = "<eos>"

# A line is taken in parts of this many bytes: some texts are one line of
# gigabytes.
_PART = 2**20


def find(folder: pathlib.Path, name: str) -> dict[str, pathlib.Path]:
    """The file of each split.

    That of "train" is `train.txt`, or else the one file `NAME.train.txt` or
    `NAME.train.tokens`, such as `ptb.train.txt` and `wiki.train.tokens`. NAME
    has no dot, as `ptb.char.train.txt` is the same text in characters, which
    comes in the same archive.

    Args:
      folder: where to look.
      name: of the data set, for errors.

    Raises:
      RequestError: a file is missing, or it could be any of several.
    """
    try:
        entries = sorted(os.listdir(folder))
    except OSError as error:
        raise errors.RequestError(
            f"{name}: {folder}: expected a folder with {_wanted('train')}, and "
            f"the like for valid and test, found: {error.strerror}; give "
            "--data_dir, the folder that has them"
        ) from None
    return {
        split: folder / _pick(split, entries, folder, name) for split in SPLITS
    }


def read(file: pathlib.Path, vocabulary: Mapping[str, int]) -> np.ndarray:
    """The tokens of a file, `<eos>` after each line.

    Lines end with a line feed; what else `str.split` takes for a blank parts
    words.

    Args:
      file: a text in UTF-8.
      vocabulary: the token of each word. One that knows words as they come is
        a `defaultdict`.

    Returns:
      int32 [n].

    Raises:
      RequestError: the file cannot be read, is not such a text, has no word,
        or has one that the vocabulary does not have.
    """
    try:
        with _open(file) as opened:
            tokens = np.frombuffer(_tokens(opened, file, vocabulary), np.int32)
    except OSError as error:
        raise errors.RequestError(
            f"{file}: expected a text file, found: {error.strerror}; give "
            "another --data_dir, or a file that can be read"
        ) from None
    if np.all(tokens == vocabulary[EOS]):
        raise errors.RequestError(
            f"{file}: expected a sentence a line, found no word; give another "
            "--data_dir"
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
                f"no {EOS}, as one is appended to every line, found one; take "
                "it out, or break the line in its place",
            )
        try:
            # Without a loop in Python: there may be 100 million.
            tokens.extend(map(vocabulary.__getitem__, words))
        except KeyError as error:
            raise _refusal(
                file,
                number,
                "words of the training text, found "
                f"{errors.shown(error.args[0])}; data.unknown_words=unk reads "
                "such words as <unk>",
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
            f"name one of them {split}.txt"
            if fitting
            else "rename the file, or give another --data_dir"
        )
    )


def _summary(entries: list[str], most: int = 5) -> str:
    more = f" and {len(entries) - most} more" if len(entries) > most else ""
    return (", ".join(entries[:most]) or "nothing") + more


def _open(file: pathlib.Path) -> BinaryIO:
    """Opens a file; a device, which may have no end, is not opened."""
    mode = file.stat().st_mode
    if not stat.S_ISREG(mode):
        kind = errno.EISDIR if stat.S_ISDIR(mode) else errno.EINVAL
        raise OSError(kind, os.strerror(kind))
    return file.open("rb")


def _texts(
    opened: BinaryIO, file: pathlib.Path
) -> Iterator[tuple[int, str, bool]]:
    """Lines, or whole words of long ones.

    Yields:
      The number of the line, text of it, and whether the line ends there.
    """
    number, rest, ends, first = 1, b"", True, True
    while part := opened.readline(_PART):
        if first:
            part, first = part.removeprefix(codecs.BOM_UTF8), False
        part = rest + part
        ends = part.endswith(b"\n")
        # Behind the last blank a word may be cut off.
        whole = len(part) if ends else max(map(part.rfind, b" \t\r")) + 1
        text, rest = part[:whole], part[whole:]
        if len(rest) >= 2 * _PART:
            raise _refusal(
                file,
                number,
                f"blanks between words, found none in {len(rest):,} bytes; "
                "give a text that is parted into words",
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
        f"text in UTF-8, found {found}; convert it, as by "
        "iconv -f ENCODING -t UTF-8",
    )


def _refusal(file: pathlib.Path, number: int, what: str) -> errors.RequestError:
    return errors.RequestError(f"{file}, line {number}: expected {what}")
