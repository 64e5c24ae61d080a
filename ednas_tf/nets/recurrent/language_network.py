"""Language models: embedding, one recurrent cell, decoder (section 4.3.1)."""

from typing import NamedTuple

import keras
import tensorflow as tf

from ednas_tf import replicas
from ednas_tf.nets.recurrent.recurrent_cell import (
    INITIAL_RANGE,
    DerivedRecurrentCell,
    SharedRecurrentCell,
)
from ednas_tf.settings import schema
from ednas_tf.space import cell_space, genotype


class Masks(NamedTuple):
    """What activations are multiplied by: 0, or 1 / (1 - dropout).

    The same in all steps of a window ("variational", Gal and Ghahramani,
    2016). Each may be None, for a dropout of 0.

    Attributes:
      words: float32 [vocabulary, 1], of whole embeddings.
      embedding, input: float32 [batch, hidden], of embeddings.
      hidden: float32 [batch, hidden], of states at weight matrices.
      output: float32 [batch, hidden], of what the decoder gets.
    """

    words: tf.Tensor | None = None
    embedding: tf.Tensor | None = None
    input: tf.Tensor | None = None
    hidden: tf.Tensor | None = None
    output: tf.Tensor | None = None


NOTHING_DROPPED = Masks()


def draw_masks(
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


class LanguageNetwork(keras.Model):
    """Predicts each next word of texts; decodes by the embedding's weights.

    Args:
      words: of the vocabulary.
      cell: a layer that maps embeddings and hidden state to hidden states.
    """

    def __init__(self, words: int, cell: keras.layers.Layer):
        super().__init__()
        start = keras.initializers.RandomUniform(-INITIAL_RANGE, INITIAL_RANGE)
        self.embedding = self.add_weight(
            (words, cell.hidden), start, name="embedding"
        )
        self.bias = self.add_weight((words,), "zeros", name="bias")
        self.cell = cell

    @property
    def hidden(self) -> int:
        """Length of the hidden state."""
        return self.cell.hidden

    def make_weights(self, sampled=None) -> "LanguageNetwork":
        """Makes all weights, for a supernet by any sampled; returns itself.

        They are there from the beginning, but Keras asks for a first call.
        """
        zeros = tf.zeros([1, 1], tf.int32), tf.zeros([1, self.hidden])
        self(*zeros, sampled=sampled)
        return self

    def call(self, words, state, sampled=None, masks=NOTHING_DROPPED):
        """Reads a window of texts.

        Args:
          words: int32 [steps, batch].
          state: the hidden state before, float32 [batch, hidden].
          sampled: the architecture, for a supernet.
          masks: what is dropped.

        Returns:
          The hidden state after each word, float32 [steps, batch, hidden].
        """
        x = self.embed(words, masks)
        chosen = () if sampled is None else (sampled,)
        return self.cell(x, state, *chosen, hidden_mask=masks.hidden)

    def embed(self, words, masks=NOTHING_DROPPED) -> tf.Tensor:
        """Maps words [steps, batch] to what the cell gets of them.

        Returns:
          float32 [steps, batch, hidden].
        """
        x = tf.gather(self.embedding.value, words)
        if masks.words is not None:
            x *= tf.gather(masks.words, words)
        for mask in (masks.embedding, masks.input):
            if mask is not None:
                x *= mask
        return x

    def read(self, words, state, **call) -> tuple[tf.Tensor, tf.Tensor]:
        """What `call` returns, and the state to go on from."""
        outputs = self(words, state, **call)
        return outputs, outputs[-1]

    def logits(self, outputs) -> tf.Tensor:
        """Maps outputs of the cell [..., hidden] to logits [..., words]."""
        flat = tf.reshape(outputs, [-1, self.hidden])
        logits = tf.matmul(flat, self.embedding.value, transpose_b=True)
        logits += self.bias.value
        return tf.reshape(
            logits, tf.concat([tf.shape(outputs)[:-1], [logits.shape[-1]]], 0)
        )


def supernet(
    space: cell_space.CellSpace, model: schema.LanguageModel, words: int
) -> LanguageNetwork:
    """The network that holds the weights of every architecture of `space`."""
    return LanguageNetwork(words, SharedRecurrentCell(space, model.hidden))


def derived_network(
    described: genotype.Genotype,
    model: schema.LanguageModel,
    words: int,
    for_search: bool = False,
) -> LanguageNetwork:
    """The network of one genotype, with weights of its own.

    Args:
      for_search: normalise as the supernet does, to compare the two.
    """
    (cell,) = described.cells.values()
    return LanguageNetwork(
        words, DerivedRecurrentCell(cell, model.hidden, for_search)
    )
