"""Looks up the tokens of words within the graph of a model."""

import tensorflow as tf

from ednas_tf.data.text import text_data

#: Number of characters of an unknown word that an error shows.
_MOST_SHOWN = 50


class WordTable(tf.Module):
    """A vocabulary inside of a graph.

    Its words are constants of the graph: a file would be one more thing that a
    loader must find.

    Args:
      words: the words in the order of their tokens.
      tolerant: whether to read words that are not in the vocabulary as `<unk>`,
        if it contains that. Otherwise such words are errors.
    """

    def __init__(self, words: tuple[str, ...], tolerant: bool):
        super().__init__()
        has_unk = text_data.UNK in words
        default = words.index(text_data.UNK) if tolerant and has_unk else -1
        self._expected = (
            f" is not in the vocabulary of {len(words)} words; "
            + (f"use {text_data.UNK}" if has_unk else "remove it")
        )
        tokens = tf.range(len(words), dtype=tf.int32)
        self._table = tf.lookup.StaticHashTable(
            tf.lookup.KeyValueTensorInitializer(tf.constant(words), tokens),
            default,
        )

    def tokens(self, words: tf.Tensor, name: str, places: tf.Tensor):
        """Looks up the tokens of words.

        Args:
          words: string [n].
          name: name of the model's input that holds the words.
          places: int64 [n], the index of each word's text in that input.

        Returns:
          int32 [n].

        Raises:
          InvalidArgumentError: at run time, if a word is unknown; the message
            names the first one and its place.
        """
        found = self._table.lookup(words)
        first = tf.where(found < 0)[:1, 0]
        message = tf.strings.join(
            [
                f"{name}[",
                _joined(tf.strings.as_string(tf.gather(places, first))),
                "]: the word ",
                _joined(_shown(tf.gather(words, first))),
                self._expected,
            ]
        )
        known = tf.debugging.Assert(tf.equal(tf.size(first), 0), [message])
        with tf.control_dependencies([known]):
            return tf.identity(found)


def _shown(words):
    """Printable text; invalid UTF-8 would break the response of a server."""
    text = tf.strings.unicode_transcode(
        words, "UTF-8", "UTF-8", replace_control_characters=True
    )
    return tf.strings.substr(text, 0, _MOST_SHOWN, unit="UTF8_CHAR")


def _joined(texts):
    """Joins a vector of at most one text to a scalar, empty if it has none."""
    return tf.strings.reduce_join(texts)
