"""The user's own text."""

import pathlib

from ednas_tf import errors
from ednas_tf.data.text import text_data


@text_data.dataset("text")
def text(data_dir: str | None, unknown_words: str) -> text_data.Corpus:
    """The text in a given folder.

    Args:
      data_dir: the folder of the files.
      unknown_words: see `text_data.read`.

    Raises:
      RequestError: no folder is given, or `text_data.read` refuses its files.
    """
    if not data_dir:
        raise errors.RequestError(
            "text: expected --data_dir, a folder with train.txt, valid.txt and "
            "test.txt with one sentence per line, found none"
        )
    return text_data.read(pathlib.Path(data_dir), "text", unknown_words)
