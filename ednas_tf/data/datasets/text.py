"""A text of one's own."""

import pathlib

from ednas_tf import errors
from ednas_tf.data.text import text_data


@text_data.dataset("text")
def text(data_dir: str | None, unknown_words: str) -> text_data.Corpus:
    """The text in any folder.

    Args:
      data_dir: the folder with its files.
      unknown_words: see `text_data.read`.

    Raises:
      RequestError: no folder is given, or its files are not as
        `text_data.read` wants them.
    """
    if not data_dir:
        raise errors.RequestError(
            "text: expected --data_dir, a folder with train.txt, valid.txt and "
            "test.txt, a sentence a line; found none"
        )
    return text_data.read(pathlib.Path(data_dir), "text", unknown_words)
