"""An untrained language model, and a text to train one on."""

import pathlib

import numpy as np
import tensorflow as tf

from ednas_tf.data.text import text_data
from ednas_tf.loops.train.trained import Trained
from ednas_tf.nets.recurrent import language_network
from ednas_tf.settings import resolve, schema
from ednas_tf.space import published

HIDDEN = 8
WORDS = ("the", "<eos>", "<unk>", *(f"w{i}" for i in range(27)))
CELL = published.published("darts_v2_rnn")


def corpus(words: tuple[str, ...] = WORDS) -> text_data.Corpus:
    """Random sentences of up to nine words, one of them empty."""
    rng = np.random.default_rng(0)
    eos = words.index("<eos>")
    tokens = []
    for length in (4, 0, *rng.integers(1, 10, 38)):
        tokens += [*rng.integers(2, len(words), length), eos]
    part = np.array(tokens, np.int32)
    return text_data.Corpus("tiny", part, part, part, words)


def network(words: int = len(WORDS)) -> language_network.LanguageNetwork:
    """A network whose weights are so large that each word affects the next."""
    result = language_network.derived_network(
        CELL, schema.LanguageModel(hidden=HIDDEN), words
    ).make_weights()
    rng = np.random.default_rng(1)
    for variable in result.variables:
        variable.assign(rng.normal(0, 0.7, variable.shape))
    return result


def trained(unknown_words: str = "error", **changes) -> Trained:
    """The result of a training, with the untrained network."""
    settings = resolve.resolve("text")
    settings.data.unknown_words = unknown_words
    task = type("Task", (), {"data": corpus(), "announce": lambda self: None})()
    parts = {"settings": settings, "genotype": CELL, "task": task}
    parts |= {"network": network(), "result": {"test_perplexity": 9.0}}
    return Trained(**parts | changes)


def write(folder: pathlib.Path) -> pathlib.Path:
    """Writes a text in which each word largely determines the next one."""
    rng = np.random.default_rng(2)
    folder.mkdir()
    for split, sentences in (("train", 300), ("valid", 40), ("test", 40)):
        lines = ["<unk> the"]
        for length in rng.integers(2, 9, sentences):
            words = [rng.integers(20)]
            for _ in range(length):
                words.append((3 * words[-1] + rng.integers(2)) % 20)
            lines.append(" ".join(f"w{i}" for i in words))
        (folder / f"{split}.txt").write_text("\n".join(lines) + "\n")
    return folder


def log_probabilities(model, words: list[int], eos: int) -> np.ndarray:
    """Nats of all words after `<eos>` and each of `words`: [n + 1, words].

    The words are read one by one, so that none of the export's code is used.
    """
    state, rows = tf.zeros([1, model.hidden]), []
    for word in [eos, *words]:
        (state,) = model(tf.constant([[word]]), state)
        logits = model.logits(state)[0].numpy().astype(float)
        rows.append(logits - np.log(np.exp(logits).sum()))
    return np.stack(rows)
