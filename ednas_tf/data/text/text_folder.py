"""A text that a Python program gave: the files of `text_files`, and an index.

text.json                        version and digest
train.txt, valid.txt, test.txt   a sentence in each line
"""

import hashlib
import json
import pathlib
from collections.abc import Mapping

from ednas_tf import errors, whole_files
from ednas_tf.data.text import text_files

INDEX = "text.json"
VERSION = 1


def digest(texts: Mapping[str, str]) -> str:
    """A hash of the text of each split, twelve hexadecimal digits."""
    found = hashlib.sha256()
    for split in text_files.SPLITS:
        content = texts[split].encode()
        found.update(f"{split} {len(content)} ".encode())
        found.update(content)
    return found.hexdigest()[:12]


def write(folder: pathlib.Path, texts: Mapping[str, str]) -> None:
    """Writes the text of each split to a folder, which is made if need be.

    The index is written first, so that what a killed process leaves is
    recognised as the folder of such a text.

    Raises:
      OSError: a file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    index = {"version": VERSION, "digest": digest(texts)}
    whole_files.write(folder / INDEX, (json.dumps(index) + "\n").encode())
    for split in text_files.SPLITS:
        whole_files.write(folder / f"{split}.txt", texts[split].encode())


def written_digest(folder: pathlib.Path) -> str | None:
    """The digest in the index of a folder; None if there is no index.

    Raises:
      RequestError: the index is damaged.
    """
    file = folder / INDEX
    if not file.exists():
        return None
    index = whole_files.read_json(file, "an undamaged copy")
    if not isinstance(index, dict):
        raise errors.RequestError(
            f"{file}: expected the digest of a text, found "
            f"{errors.shown(index)}; give an undamaged copy"
        )
    return index.get("digest")
