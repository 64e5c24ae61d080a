"""Draws what a language model drops, the same in all steps of a window."""

import tensorflow as tf

from ednas_tf import replicas
from ednas_tf.nets.language_network import Masks
from ednas_tf.settings import schema


def draw(
    model: schema.LanguageModel, words: int, batch_size: int, seed: tf.Tensor
) -> Masks:
    """Draws the masks of a window.

    They are drawn for all replicas and are a function of the seed alone; call
    it in a replica, which gets its part.

    Args:
      model: how much is dropped.
      words: of the vocabulary.
      batch_size: texts, over all replicas.
      seed: int32 [2], stateless.
    """
    shares = {
        "embedding": model.embedding_dropout,
        "input": model.input_dropout,
        "hidden": model.hidden_dropout,
        "output": model.output_dropout,
    }
    masks = {}
    for i, (name, share) in enumerate(shares.items()):
        own = tf.random.experimental.stateless_fold_in(seed, i)
        if share:
            mask = _mask([batch_size, model.hidden], share, own)
            masks[name] = replicas.share(mask)
    if model.word_dropout:
        own = tf.random.experimental.stateless_fold_in(seed, len(shares))
        masks["words"] = _mask([words, 1], model.word_dropout, own)
    return Masks(**masks)


def _mask(shape, dropped, seed):
    """0 with probability `dropped`, else what makes the mean 1."""
    drawn = tf.random.stateless_uniform(shape, seed, alg="philox")
    return tf.cast(drawn >= dropped, tf.float32) / (1 - dropped)
