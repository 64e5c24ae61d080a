"""Words as tokens, within the graph of a model."""

import tensorflow as tf

from ednas_tf.data.text import text_data

#: Characters of an unknown word that an error tells.
_MOST_SHOWN = 50


class WordTable(tf.Module):
    """A vocabulary.

    Its words are constants of the graph: a file would be one more thing that
    a loader must find.

    Args:
      words: in the order of their tokens.
      tolerant: take a word that is not in the vocabulary for `<unk>`, if that
        is in it. Else such a word is an error.
    """

    def __init__(self, words: tuple[str, ...], tolerant: bool):
        super().__init__()
        has_unk = text_data.UNK in words
        default = words.index(text_data.UNK) if tolerant and has_unk else -1
        self._expected = (
            f" is not in the vocabulary of {len(words)} words; "
            + (f"write {text_data.UNK}" if has_unk else "leave it out")
        )
        tokens = tf.range(len(words), dtype=tf.int32)
        self._table = tf.lookup.StaticHashTable(
            tf.lookup.KeyValueTensorInitializer(tf.constant(words), tokens),
            default,
        )

    def tokens(self, words: tf.Tensor, name: str, places: tf.Tensor):
        """Looks words up.

        Args:
          words: string [n].
          name: of the model's input that they are of.
          places: int64 [n], where in that input each of them is.

        Returns:
          int32 [n].

        Raises:
          InvalidArgumentError: a word is unknown; tells the first one, and
            its place. At run time.
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
    """Printable text: what is no UTF-8 would break the answer of a server."""
    text = tf.strings.unicode_transcode(
        words, "UTF-8", "UTF-8", replace_control_characters=True
    )
    return tf.strings.substr(text, 0, _MOST_SHOWN, unit="UTF8_CHAR")


def _joined(texts):
    """Of one text or none, that one or nothing."""
    return tf.strings.reduce_join(texts)
