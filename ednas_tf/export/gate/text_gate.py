"""Requests for an exported language model, and the expected answers."""

import math
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from ednas_tf import errors
from ednas_tf.data.text import text_data
from ednas_tf.export.interface import CLI, Arrays, SignatureRequest
from ednas_tf.nets.recurrent.language_network import LanguageNetwork

#: Number of test sentences to compare, and the most words of each.
NUM_SENTENCES, MOST_WORDS = 500, 100

#: Largest accepted difference of each output. That of log-probabilities, in
#: nats, changes a perplexity by at most a thousandth. Rounding was measured to
#: cause up to 3e-6 (10,000 words, hidden states of 8 to 850, trained or not).
TOLERANCES = {
    "log_probabilities": 1e-3,
    "lengths": 0,
    "perplexity": 1e-3,
    "probabilities": 1e-4,
    "state": 1e-3,
}

#: Number of sentences per request, except the first, which has one; and number
#: of sentences for saved_model_cli.
_BATCH_SIZE, _NUM_CLI = 16, 5
#: Number of texts that are also read word by word, and their length in words.
_NUM_TEXTS, _TEXT_LENGTH = 3, 20
#: Log-probability, in nats, below which a 32-bit probability is not exact.
_LEAST = -80.0


class Case(NamedTuple):
    """A request and its expected answer."""

    request: SignatureRequest
    expected: Arrays


class Cases(NamedTuple):
    """Cases for all signatures of `text_signatures`.

    Attributes:
      scored: cases that score test sentences; the last one is for `CLI`.
      texts: cases for a few texts: scored, begun empty, continued word by word,
        and begun with all of their words.
      next_words: tokens of the texts, [texts, words + 1], with `<eos>` at the
        end.
    """

    scored: list[Case]
    texts: list[Case]
    next_words: np.ndarray


def cases(network: LanguageNetwork, corpus: text_data.Corpus) -> Cases:
    """Runs the network on the beginning of the test text.

    Sentences are read independently, as a server reads them: each begins with
    a state of zeros, whereas the test of a training carries the state on.
    """
    run = _Reference(network, corpus)
    sentences = _sentences(corpus)
    batches = [
        sentences[start : start + _BATCH_SIZE]
        for start in (0, *range(1, len(sentences), _BATCH_SIZE))
    ]
    batches[0] = sentences[:1]
    scored = [run.scored("serving_default", batch) for batch in batches]
    scored.append(run.scored(CLI, sentences[:_NUM_CLI]))
    # Repeat a text that has too few words.
    few = corpus.test[: _NUM_TEXTS * _TEXT_LENGTH]
    texts = np.resize(few, [_NUM_TEXTS, _TEXT_LENGTH])
    ended = np.pad(texts, [[0, 0], [0, 1]], constant_values=corpus.eos)
    return Cases(scored, run.continued(texts), ended)


def judge(found: Cases, answers: list[Arrays]) -> dict[str, object]:
    """Compares an exported model with the network.

    Args:
      found: the result of `cases`.
      answers: the answers to all `texts` and then to all `scored`.

    Returns:
      `sentences`, the number of scored sentences; `words`, the number of their
      predicted words, each `<eos>` included; `perplexity` of the network on
      them; and `largest_difference` by signature and output.

    Raises:
      RunError: an output is wrong, or a text read word by word has other
        probabilities than the same text read at once.
    """
    largest = {}
    for case, answer in zip(
        [*found.texts, *found.scored], answers, strict=True
    ):
        for name, expected in case.expected.items():
            difference = _difference(case.request, name, expected, answer)
            place = f"{case.request.target}/{name}"
            largest[place] = max(difference, largest.get(place, 0.0))
    largest["step/log_probabilities"] = _check_steps(found, answers)
    nats, words = 0.0, 0
    for case in found.scored[:-1]:
        nats -= float(case.expected["log_probabilities"].sum(dtype=float))
        words += int(case.expected["lengths"].sum())
    return {
        "sentences": sum(len(c.expected["lengths"]) for c in found.scored[:-1]),
        "words": words,
        "perplexity": math.exp(nats / words),
        "largest_difference": largest,
    }


class _Reference:
    """Runs the trained network on texts."""

    def __init__(self, network, corpus):
        self._network, self._corpus = network, corpus
        self._run = tf.function(network, autograph=False, reduce_retracing=True)

    def read(self, texts):
        """Log-probabilities of all next words, and states.

        Args:
          texts: tokens int32 [batch, words].

        Returns:
          Two float32 arrays [batch, words + 1, ...], whose first entry follows
          `<eos>` and the others each word.
        """
        tokens = np.pad(
            texts.T, [[1, 0], [0, 0]], constant_values=self._corpus.eos
        )
        zeros = tf.zeros([len(texts), self._network.hidden])
        states = self._run(tf.constant(tokens, tf.int32), zeros)
        found = tf.nn.log_softmax(self._network.logits(states))
        return (np.swapaxes(each.numpy(), 0, 1) for each in (found, states))

    def scored(self, target, sentences):
        """The case that scores sentences, lists of tokens."""
        eos = self._corpus.eos
        lengths = np.array([len(each) + 1 for each in sentences], np.int32)
        targets = np.full([len(sentences), lengths.max()], eos, np.int32)
        for row, sentence in zip(targets, sentences, strict=True):
            row[: len(sentence)] = sentence
        found, _ = self.read(targets[:, :-1])
        found = np.take_along_axis(found, targets[..., np.newaxis], -1)[..., 0]
        found[np.arange(lengths.max()) >= lengths[:, np.newaxis]] = 0
        expected = {
            "log_probabilities": found,
            "lengths": lengths,
            "perplexity": np.exp(-found.sum(-1) / lengths),
        }
        asked = self._bytes(" ".join(self._words(s)) for s in sentences)
        return Case(SignatureRequest(target, {"sentences": asked}), expected)

    def continued(self, texts):
        """The cases for a few texts, tokens [texts, words]."""
        logs, states = self.read(texts)
        after = [
            {"probabilities": np.exp(logs[:, i]), "state": states[:, i]}
            for i in range(logs.shape[1])
        ]
        nothing = self._bytes([""] * len(texts))
        whole = self._bytes(" ".join(self._words(text)) for text in texts)
        steps = [
            SignatureRequest("step", {"words": self._bytes(self._words(words))})
            for words in texts.T
        ]
        return [
            self.scored("serving_default", texts),
            Case(SignatureRequest("begin", {"sentences": nothing}), after[0]),
            *map(Case, steps, after[1:]),
            Case(SignatureRequest("begin", {"sentences": whole}), after[-1]),
        ]

    def _words(self, tokens):
        return [self._corpus.words[token] for token in tokens]

    def _bytes(self, texts):
        return np.array([text.encode() for text in texts])


def _sentences(corpus):
    """The first sentences of the test text, tokens int32 [words] each."""
    ends = np.flatnonzero(corpus.test == corpus.eos)[:NUM_SENTENCES]
    starts = np.concatenate([[0], ends[:-1] + 1])
    return [
        corpus.test[start:end][:MOST_WORDS]
        for start, end in zip(starts, ends, strict=True)
    ]


def _difference(request, name, expected, answer):
    """The largest difference of an output; raises if it is too large."""
    target, values = request.target, answer.get(name)
    if values is None or values.shape != expected.shape:
        shape = None if values is None else list(values.shape)
        raise errors.RunError(
            f"{target}: expected {name} {list(expected.shape)}, found {shape}"
        )
    if name == "perplexity":
        # Compare perplexities in nats, because they may be large.
        values, expected = np.log(values), np.log(expected)
    difference = float(np.abs(values - expected).max())
    # This comparison also fails for NaN.
    if not difference <= TOLERANCES[name]:
        raise errors.RunError(
            f"{target} disagrees with the network on {len(expected)} test "
            f"sentences: {name} differ by {difference:.1e}, expected at most "
            f"{TOLERANCES[name]:.0e}"
        )
    return difference


def _check_steps(found, answers):
    """Checks that reading word by word agrees with reading at once, in nats."""
    at_once, *steps = answers[: len(found.texts) - 1]
    rows = np.stack([step["probabilities"] for step in steps], 1)
    chosen = np.take_along_axis(rows, found.next_words[..., np.newaxis], -1)
    with np.errstate(divide="ignore"):
        nats = np.maximum(np.log(chosen[..., 0]), _LEAST)
    expected = np.maximum(at_once["log_probabilities"], _LEAST)
    largest = float(np.abs(nats - expected).max())
    if not largest <= TOLERANCES["log_probabilities"]:
        raise errors.RunError(
            "step disagrees with serving_default on the same texts: a word's "
            f"log-probability differs by {largest:.1e}, expected at most "
            f"{TOLERANCES['log_probabilities']:.0e}"
        )
    return largest
