"""Language models: embedding, recurrent cell and decoder (section 4.3.1)."""

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
from ednas_tf.space import cell_space
from ednas_tf.space.genotype import Genotype


class Masks(NamedTuple):
    """Dropout masks of a window: factors that are 0 or 1 / (1 - dropout).

    All steps of the window share them ("variational" dropout: Gal and
    Ghahramani, 2016). A mask is None where its dropout is 0.

    Attributes:
      words: float32 [vocabulary, 1], factors for whole embeddings.
      embedding, input: float32 [batch, hidden], factors for embeddings.
      hidden: float32 [batch, hidden], factors for states where they meet a
        weight matrix.
      output: float32 [batch, hidden], factors for the decoder's input.
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

    Every replica draws the masks of all texts, which are a function of the seed
    alone, and returns those of its own texts.

    Args:
      model: the settings with the dropouts.
      words: number of words of the vocabulary.
      batch_size: number of texts, over all replicas.
      seed: int32 [2], a stateless seed.
    """
    shares = {
        "embedding": model.embedding_dropout,
        "input": model.input_dropout,
        "hidden": model.hidden_dropout,
        "output": model.output_dropout,
    }
    masks = {}
    for i, (name, share) in enumerate(shares.items()):
        mask_seed = tf.random.experimental.stateless_fold_in(seed, i)
        if share:
            mask = _mask([batch_size, model.hidden], share, mask_seed)
            masks[name] = replicas.share(mask)
    if model.word_dropout:
        mask_seed = tf.random.experimental.stateless_fold_in(seed, len(shares))
        masks["words"] = _mask([words, 1], model.word_dropout, mask_seed)
    return Masks(**masks)


def _mask(shape, dropped, seed):
    """A mask that is 0 with probability `dropped`, and whose mean is 1."""
    drawn = tf.random.stateless_uniform(shape, seed, alg="philox")
    return tf.cast(drawn >= dropped, tf.float32) / (1 - dropped)


class LanguageNetwork(keras.Model):
    """Predicts each next word of texts.

    The decoder has the weights of the embedding, and biases.

    Args:
      words: number of words of the vocabulary.
      cell: the layer of the recurrent cell.
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
        """Completes the network, which Keras does at a first call.

        All weights are there before; the call marks the model as built.

        Args:
          sampled: for a supernet, any architecture.

        Returns:
          The network itself.
        """
        zeros = tf.zeros([1, 1], tf.int32), tf.zeros([1, self.hidden])
        self(*zeros, sampled=sampled)
        return self

    def call(self, words, state, sampled=None, masks=NOTHING_DROPPED):
        """Reads a window of texts.

        Args:
          words: numbers of the words, int32 [steps, batch].
          state: the hidden state before the first word, float32 [batch,
            hidden].
          sampled: for a supernet, the architecture that it computes.
          masks: the dropout masks.

        Returns:
          The hidden state after each word, float32 [steps, batch, hidden].
        """
        x = self.embed(words, masks)
        chosen = () if sampled is None else (sampled,)
        return self.cell(x, state, *chosen, hidden_mask=masks.hidden)

    def embed(self, words, masks=NOTHING_DROPPED) -> tf.Tensor:
        """Looks up the words' embeddings, and applies the masks to them.

        Args:
          words: numbers of the words, int32 [steps, batch].
          masks: the dropout masks.

        Returns:
          The cell's input, float32 [steps, batch, hidden].
        """
        x = tf.gather(self.embedding.value, words)
        if masks.words is not None:
            x *= tf.gather(masks.words, words)
        for mask in (masks.embedding, masks.input):
            if mask is not None:
                x *= mask
        return x

    def read(self, words, state, **call) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns what `call` returns, and the state after the last word."""
        outputs = self(words, state, **call)
        return outputs, outputs[-1]

    def logits(self, outputs) -> tf.Tensor:
        """Decodes hidden states [..., hidden] to logits [..., words]."""
        flat = tf.reshape(outputs, [-1, self.hidden])
        logits = tf.matmul(flat, self.embedding.value, transpose_b=True)
        logits += self.bias.value
        return tf.reshape(
            logits, tf.concat([tf.shape(outputs)[:-1], [logits.shape[-1]]], 0)
        )


def supernet(
    space: cell_space.CellSpace, model: schema.LanguageModel, words: int
) -> LanguageNetwork:
    """The network that holds the weights of every architecture of a space.

    Args:
      space: a space of recurrent cells.
      model: the settings of the language model.
      words: number of words of the vocabulary.
    """
    return LanguageNetwork(words, SharedRecurrentCell(space, model.hidden))


def derived_network(
    genotype: Genotype,
    model: schema.LanguageModel,
    words: int,
    for_search: bool = False,
) -> LanguageNetwork:
    """The network of one genotype, with weights of its own.

    Args:
      genotype: the cell.
      model: the settings of the language model.
      words: number of words of the vocabulary.
      for_search: whether to normalise as the supernet does, to compare the two.
    """
    (cell,) = genotype.cells.values()
    return LanguageNetwork(
        words, DerivedRecurrentCell(cell, model.hidden, for_search)
    )
