"""The computation of an exported language model, and its signatures."""

import pathlib

import tensorflow as tf

from ednas_tf.data.text import text_data
from ednas_tf.export.text import word_table
from ednas_tf.nets.recurrent.language_network import LanguageNetwork

NAMES = ("begin", "serving_default", "step")

#: Number of words predicted at once, over all sentences of a batch. For a
#: vocabulary of 10,000 words, their probabilities take 40 MB.
AT_ONCE = 1000


def save(
    network: LanguageNetwork,
    corpus: text_data.Corpus,
    tolerant: bool,
    saved_model: pathlib.Path,
) -> None:
    """Writes a SavedModel with the signatures of `TextModel`.

    Args:
      network: the network that predicts words.
      corpus: the corpus with its vocabulary.
      tolerant: see `word_table.WordTable`.
      saved_model: the directory to write.
    """
    model = TextModel(network, corpus, tolerant)
    # The gradient of the loop over words cannot be saved.
    options = tf.saved_model.SaveOptions(experimental_custom_gradients=False)
    functions = {name: getattr(model, name) for name in NAMES}
    tf.saved_model.save(model, str(saved_model), functions, options)


class TextModel(tf.Module):
    """A language model that takes texts instead of tokens.

    A text begins with `<eos>` and a state of zeros, as if a sentence had just
    ended. The weights are variables. Constants, which exports of image networks
    use, would take three times the memory at run time, and there are no norms
    to be folded here.

    Args:
      network, corpus, tolerant: see `save`.
    """

    def __init__(
        self,
        network: LanguageNetwork,
        corpus: text_data.Corpus,
        tolerant: bool,
    ):
        super().__init__()
        self._table = word_table.WordTable(corpus.words, tolerant)
        self._weights = [variable.value for variable in network.variables]
        self._eos, self._hidden = corpus.eos, network.hidden
        tokens = tf.TensorSpec([None, None], tf.int32)
        state = tf.TensorSpec([None, network.hidden], tf.float32, "state")
        words = tf.TensorSpec([None], tf.string, "words")
        sentences = tf.TensorSpec([None], tf.string, "sentences")
        ends = tf.TensorSpec([None], tf.int32)

        def predict(tokens, state):
            outputs = network(tokens, state)
            return tf.nn.log_softmax(network.logits(outputs)), outputs

        # Each function is traced once and shared by its callers.
        self._predict = _traced(predict, tokens, state)
        self._read = _traced(self._read_in_parts, tokens, tokens, ends)
        self.serving_default = _traced(self._score, sentences)
        self.begin = _traced(self._begin, sentences)
        self.step = _traced(self._step, words, state)

    def _score(self, sentences):
        """Scores sentences by their probability.

        Args:
          sentences: string [batch], words separated by spaces.

        Returns:
          log_probabilities: float32 [batch, longest + 1], nats of each word and
            of the `<eos>` that ends the sentence; 0 beyond that.
          lengths: int32 [batch], number of words including the `<eos>`.
          perplexity: float32 [batch].
        """
        tokens, targets, lengths = self._tokens(sentences)
        found, _, _ = self._read(tokens, targets, lengths - 1)
        is_word = tf.sequence_mask(lengths, tf.shape(targets)[0])
        found = tf.where(is_word, tf.transpose(found), 0)
        mean = tf.reduce_sum(found, -1) / tf.cast(lengths, tf.float32)
        return {
            "log_probabilities": found,
            "lengths": lengths,
            "perplexity": tf.exp(-mean),
        }

    def _begin(self, sentences):
        """Reads the beginnings of texts, which may be empty.

        Args:
          sentences: string [batch], words separated by spaces.

        Returns:
          probabilities: float32 [batch, vocabulary], for the next word.
          state: float32 [batch, hidden], the input for `step`.
        """
        tokens, targets, lengths = self._tokens(sentences)
        _, found, state = self._read(tokens, targets, lengths - 1)
        return {"probabilities": tf.exp(found), "state": state}

    def _step(self, words, state):
        """Reads one more word of each text.

        Args:
          words: string [batch].
          state: float32 [batch, hidden], the state from `begin` or `step`.

        Returns:
          The same outputs as `begin`.
        """
        count = tf.shape(words)[0]
        tokens = self._table.tokens(words, "words", tf.range(count))
        fits = tf.debugging.assert_equal(
            *(tf.shape(state)[0], count),
            message="state: expected one state per word",
        )
        with tf.control_dependencies([fits]):
            found, state = self._predict(tokens[tf.newaxis], state)
        return {"probabilities": tf.exp(found[0]), "state": state[0]}

    def _tokens(self, sentences):
        """Tokens of sentences for reading and predicting.

        Returns:
          The tokens to read and the tokens to predict, both int32
          [longest + 1, batch]; and the number of predicted words of each
          sentence, int32 [batch].
        """
        words = tf.strings.split(sentences)
        tokens = self._table.tokens(
            words.flat_values, "sentences", words.value_rowids()
        )
        ragged = words.with_flat_values(tokens)
        tokens = tf.transpose(ragged.to_tensor(self._eos))
        read, predicted = (
            tf.pad(tokens, [ends, [0, 0]], constant_values=self._eos)
            for ends in ([1, 0], [0, 1])
        )
        return read, predicted, tf.cast(ragged.row_lengths(), tf.int32) + 1

    def _read_in_parts(self, tokens, targets, ends):
        """Reads texts from their beginning, in parts that need little memory.

        Args:
          tokens, targets: int32 [steps, batch], the tokens to read and to
            predict.
          ends: int32 [batch], the step after which each text ends.

        Returns:
          The log-probabilities of the targets, float32 [steps, batch]; and, at
          the ends, those of all words, [batch, vocabulary], and the state,
          [batch, hidden].
        """
        steps, batch = tf.unstack(tf.shape(tokens))
        part = tf.maximum(AT_ONCE // tf.maximum(batch, 1), 1)
        texts = tf.range(batch)

        def body(start, state, scores, found, last):
            log, states = self._predict(tokens[start : start + part], state)
            wanted = targets[start : start + part]
            scores = tf.concat(
                [scores, tf.gather(log, wanted, batch_dims=2)], 0
            )
            place = ends - start
            size = tf.shape(wanted)[0]
            ends_here = tf.logical_and(place >= 0, place < size)[:, tf.newaxis]
            index = tf.stack([tf.clip_by_value(place, 0, size - 1), texts], -1)
            found = tf.where(ends_here, tf.gather_nd(log, index), found)
            last = tf.where(ends_here, tf.gather_nd(states, index), last)
            return start + part, states[-1], scores, found, last

        vocabulary = self._predict.structured_outputs[0].shape[-1]
        zeros = tf.zeros([batch, self._hidden])
        begun = tf.zeros([0, batch]), tf.zeros([batch, vocabulary]), zeros
        return tf.while_loop(
            lambda start, *_: start < steps,
            body,
            (0, zeros, *begun),
            shape_invariants=(
                *(
                    tf.TensorShape([]),
                    zeros.shape,
                    tf.TensorShape([None, None]),
                ),
                *(value.shape for value in begun[1:]),
            ),
        )[2:]


def _traced(function, *specs):
    return tf.function(function, specs, autograph=False).get_concrete_function()
