"""What other processes are to ask a language model, and what it must answer."""

import math
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from ednas_tf import errors
from ednas_tf.data.text import text_data
from ednas_tf.export.exports import CLI, Arrays, Request
from ednas_tf.nets.recurrent.language_network import LanguageNetwork

#: Test sentences that are looked at, from the first on, and words of each.
NUM_SENTENCES, MOST_WORDS = 500, 100

#: Largest difference of an output. Of log-probabilities in nats, so that a
#: perplexity differs by a thousandth at most. Rounding was measured to make
#: 3e-6 of it (10,000 words, hidden states of 8 to 850, trained and not).
TOLERANCES = {
    "log_probabilities": 1e-3,
    "lengths": 0,
    "perplexity": 1e-3,
    "probabilities": 1e-4,
    "state": 1e-3,
}

#: Sentences of a request, after a first one of a single sentence; those that
#: saved_model_cli is given.
_BATCH_SIZE, _NUM_CLI = 16, 5
#: Texts that are also read word by word, and their words.
_NUM_TEXTS, _TEXT_LENGTH = 3, 20
#: Where a probability of 32 bits is no longer exact; in nats.
_LEAST = -80.0


class Case(NamedTuple):
    """A request and the answer that is expected."""

    request: Request
    expected: Arrays


class Cases(NamedTuple):
    """Of all signatures of `text_signatures`.

    Attributes:
      scored: of test sentences; the last one for `CLI`.
      texts: of a few texts: scored, begun with nothing, gone on with word by
        word, and begun with all of their words.
      next_words: of the texts, tokens [texts, words + 1], `<eos>` at the end.
    """

    scored: list[Case]
    texts: list[Case]
    next_words: np.ndarray


def cases(network: LanguageNetwork, corpus: text_data.Corpus) -> Cases:
    """Runs the network on the beginning of the test text.

    Sentences are told apart, as a server is given them: each begins with a
    state of zeros, where a test of the training carries it on.
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
    # A text of fewer words is repeated.
    few = corpus.test[: _NUM_TEXTS * _TEXT_LENGTH]
    texts = np.resize(few, [_NUM_TEXTS, _TEXT_LENGTH])
    ended = np.pad(texts, [[0, 0], [0, 1]], constant_values=corpus.eos)
    return Cases(scored, run.read_on(texts), ended)


def judge(found: Cases, answers: list[Arrays]) -> dict[str, object]:
    """Compares a model with the network.

    Args:
      found: as `cases` returns it.
      answers: to all `texts` and then all `scored`.

    Returns:
      `sentences`; `words` that are predicted of them, each `<eos>` included;
      `perplexity` of the network on them; `largest_difference` of an output,
      by signature and output.

    Raises:
      RunError: an output is another, or a text that is read word by word has
        other probabilities than when it is read at once.
    """
    largest = {}
    for case, answer in zip(
        [*found.texts, *found.scored], answers, strict=True
    ):
        for name, expected in case.expected.items():
            difference = _difference(case.request, name, expected, answer)
            place = f"{case.request.form}/{name}"
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
    """What the trained network makes of texts."""

    def __init__(self, network, corpus):
        self._network, self._corpus = network, corpus
        self._run = tf.function(network, autograph=False, reduce_retracing=True)

    def read(self, texts):
        """Log-probabilities of all words, and states.

        Args:
          texts: tokens int32 [batch, words].

        Returns:
          float32 [batch, words + 1, ...], of what follows `<eos>` and then
          each word.
        """
        tokens = np.pad(
            texts.T, [[1, 0], [0, 0]], constant_values=self._corpus.eos
        )
        zeros = tf.zeros([len(texts), self._network.hidden])
        states = self._run(tf.constant(tokens, tf.int32), zeros)
        found = tf.nn.log_softmax(self._network.logits(states))
        return (np.swapaxes(each.numpy(), 0, 1) for each in (found, states))

    def scored(self, form, sentences):
        """The case of scoring sentences, lists of tokens."""
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
        return Case(Request(form, {"sentences": asked}), expected)

    def read_on(self, texts):
        """The cases of a few texts, tokens [texts, words]."""
        logs, states = self.read(texts)
        after = [
            {"probabilities": np.exp(logs[:, i]), "state": states[:, i]}
            for i in range(logs.shape[1])
        ]
        nothing = self._bytes([""] * len(texts))
        whole = self._bytes(" ".join(self._words(text)) for text in texts)
        steps = [
            Request("step", {"words": self._bytes(self._words(words))})
            for words in texts.T
        ]
        return [
            self.scored("serving_default", texts),
            Case(Request("begin", {"sentences": nothing}), after[0]),
            *map(Case, steps, after[1:]),
            Case(Request("begin", {"sentences": whole}), after[-1]),
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
    """The largest one of an output; raises if it is too large."""
    form, values = request.form, answer.get(name)
    if values is None or values.shape != expected.shape:
        shape = None if values is None else list(values.shape)
        raise errors.RunError(
            f"{form}: expected {name} {list(expected.shape)}, found {shape}"
        )
    if name == "perplexity":
        # As nats, as it may be large.
        values, expected = np.log(values), np.log(expected)
    difference = float(np.abs(values - expected).max())
    # Not a number is no agreement.
    if not difference <= TOLERANCES[name]:
        raise errors.RunError(
            f"{form} disagrees with the network on {len(expected)} test "
            f"sentences: {name} differ by {difference:.1e}, expected at most "
            f"{TOLERANCES[name]:.0e}"
        )
    return difference


def _check_steps(found, answers):
    """Whether word by word the same is predicted as at once; in nats."""
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
