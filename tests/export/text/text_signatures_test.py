import numpy as np
import pytest
import tensorflow as tf

from ednas_tf.export.text import text_signatures
from tests.export import tiny_texts
from tests.export.tiny_texts import HIDDEN, WORDS

EOS = WORDS.index("<eos>")
SENTENCES = ["w3 the w7 w7", "", " w1 \t<unk>\n", "the w2 <eos> w3 w4 w5"]


@pytest.fixture(scope="module")
def network():
    return tiny_texts.network()


def save(network, folder, tolerant=False, words=WORDS):
    corpus = tiny_texts.corpus(words)
    text_signatures.save(network, corpus, tolerant, folder)
    return tf.saved_model.load(str(folder)).signatures


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("texts") / "1"


@pytest.fixture(scope="module")
def loaded(network, folder):
    return save(network, folder)


def score(loaded, sentences):
    given = tf.constant(sentences, tf.string)
    outputs = loaded["serving_default"](sentences=given)
    return [
        outputs[name].numpy()
        for name in ("log_probabilities", "lengths", "perplexity")
    ]


def expected(network, sentence):
    """Log-probabilities of a sentence's words and its end."""
    tokens = [WORDS.index(word) for word in sentence.split()]
    rows = tiny_texts.log_probabilities(network, tokens, EOS)
    return rows[np.arange(len(rows)), [*tokens, EOS]]


def test_inputs_and_outputs(loaded):
    sentences = {"sentences": ([None], tf.string)}
    state = {"state": ([None, HIDDEN], tf.float32)}
    next_word = {"probabilities": ([None, len(WORDS)], tf.float32)} | state
    for name, inputs, outputs in (
        ("begin", sentences, next_word),
        ("step", {"words": ([None], tf.string)} | state, next_word),
        (
            *("serving_default", sentences),
            {
                "log_probabilities": ([None, None], tf.float32),
                "lengths": ([None], tf.int32),
                "perplexity": ([None], tf.float32),
            },
        ),
    ):
        signature = loaded[name]
        assert specs_of(signature.structured_input_signature[1]) == inputs
        assert specs_of(signature.structured_outputs) == outputs
    assert set(loaded) == set(text_signatures.NAMES)


def specs_of(specs):
    return {k: (v.shape.as_list(), v.dtype) for k, v in specs.items()}


def test_scores_are_the_networks(loaded, network):
    found, lengths, perplexity = score(loaded, SENTENCES)
    assert lengths.tolist() == [5, 1, 3, 7]
    assert found.shape == (4, 7)
    for sentence, row, length, value in zip(
        SENTENCES, found, lengths, perplexity, strict=True
    ):
        wanted = expected(network, sentence)
        np.testing.assert_allclose(row[:length], wanted, atol=1e-5)
        assert not row[length:].any()
        assert value == pytest.approx(np.exp(-wanted.mean()), rel=1e-5)


def test_no_sentences_and_empty_sentences(loaded, network):
    found, lengths, perplexity = score(loaded, [])
    assert found.shape == (0, 1)
    assert lengths.shape == perplexity.shape == (0,)
    found, lengths, _ = score(loaded, ["", " "])
    np.testing.assert_allclose(found, [expected(network, "")] * 2, atol=1e-5)
    assert lengths.tolist() == [1, 1]


@pytest.mark.parametrize("at_once", [1, 9])
def test_reading_in_parts_changes_nothing(
    loaded, network, tmp_path, monkeypatch, at_once
):
    # For four sentences, parts have one or two words.
    monkeypatch.setattr(text_signatures, "AT_ONCE", at_once)
    parts = save(network, tmp_path / "1")
    for found, wanted in zip(
        score(parts, SENTENCES), score(loaded, SENTENCES), strict=True
    ):
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-5)
    for name in ("probabilities", "state"):
        found, wanted = (
            each["begin"](sentences=tf.constant(SENTENCES))[name]
            for each in (parts, loaded)
        )
        np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_a_text_continued_word_by_word(loaded, network):
    words = "w3 the w7 <eos> w7".split()
    tokens = [WORDS.index(word) for word in words]
    wanted = np.exp(tiny_texts.log_probabilities(network, tokens, EOS))
    # A second text in the batch makes no difference.
    answer = loaded["begin"](sentences=tf.constant(["", "the"]))
    found = [answer["probabilities"][0]]
    for word in words:
        given = tf.constant([word, "w1"])
        answer = loaded["step"](words=given, state=answer["state"])
        found.append(answer["probabilities"][0])
    np.testing.assert_allclose(found, wanted, atol=1e-6)
    at_once = loaded["begin"](sentences=tf.constant([" ".join(words)]))
    for name in ("probabilities", "state"):
        np.testing.assert_allclose(at_once[name][0], answer[name][0], atol=1e-6)


def test_a_text_can_also_begin_with_a_state_of_zeros(loaded):
    zeros = tf.zeros([2, HIDDEN])
    found = loaded["step"](words=tf.constant(["<eos>"] * 2), state=zeros)
    wanted = loaded["begin"](sentences=tf.constant(["", ""]))
    for name, value in found.items():
        np.testing.assert_allclose(value, wanted[name], atol=1e-6)


def test_an_empty_batch(loaded):
    none = tf.constant([], tf.string)
    for found in (
        loaded["begin"](sentences=none),
        loaded["step"](words=none, state=tf.zeros([0, HIDDEN])),
    ):
        assert found["probabilities"].shape == (0, len(WORDS))
        assert found["state"].shape == (0, HIDDEN)


# Words that are not in the vocabulary.

ADVICE = " is not in the vocabulary of 30 words; use <unk>]"


def refusal(call, **inputs):
    with pytest.raises(tf.errors.InvalidArgumentError) as caught:
        call(**{name: tf.constant(value) for name, value in inputs.items()})
    _, _, message = str(caught.value).partition("assertion failed: [")
    return message.partition("\n")[0]


def test_the_first_unknown_word_is_reported(loaded):
    found = ["the w2", "", "w3 wx the wy", "wz"]
    message = "sentences[2]: the word wx" + ADVICE
    assert refusal(loaded["serving_default"], sentences=found) == message
    assert refusal(loaded["begin"], sentences=found) == message
    zeros = np.zeros([3, HIDDEN], np.float32)
    for words, message in (
        (["the", "w1", "The"], "words[2]: the word The"),
        (["the w1", "w1", "the"], "words[0]: the word the w1"),
        (["the", "", "the"], "words[1]: the word "),
    ):
        found = refusal(loaded["step"], words=words, state=zeros)
        assert found == message + ADVICE


def test_unknown_words_that_cannot_be_printed(loaded):
    for word, message in (
        (b"\xff\xc3", "\ufffd" * 2),
        (b"a\x01b", "a\ufffdb"),
        ("é".encode() * 60, "é" * 50),
    ):
        found = refusal(loaded["begin"], sentences=[word])
        assert found == f"sentences[0]: the word {message}{ADVICE}"


def test_the_model_loads_as_in_a_server(loaded, folder):
    """In a session of the C++ loader, tables are filled and assertions work."""
    _, _, (expected,) = score(loaded, ["the w3"])
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        meta = tf.compat.v1.saved_model.load(session, ["serve"], str(folder))
        signature = meta.signature_def["serving_default"]
        given = signature.inputs["sentences"].name
        wanted = signature.outputs["perplexity"].name
        (found,) = session.run(wanted, {given: ["the w3"]})
        assert found == pytest.approx(expected, rel=1e-5)
        with pytest.raises(tf.errors.InvalidArgumentError, match="word wx is"):
            session.run(wanted, {given: ["the", "wx"]})


def test_unknown_words_can_be_read_as_unk(network, loaded, tmp_path):
    tolerant = save(network, tmp_path / "1", tolerant=True)
    found = score(tolerant, ["w3 xyz the"])
    for one, other in zip(found, score(loaded, ["w3 <unk> the"]), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)


def test_a_vocabulary_without_unk(network, tmp_path):
    words = tuple("other" if word == "<unk>" else word for word in WORDS)
    without = save(network, tmp_path / "1", tolerant=True, words=words)
    assert refusal(without["begin"], sentences=["the <unk>"]) == (
        "sentences[0]: the word <unk> is not in the vocabulary of 30 words; "
        "remove it]"
    )


@pytest.mark.parametrize("words, states", [(1, 2), (2, 1), (3, 0)])
def test_one_state_per_word_is_required(loaded, words, states):
    state = np.zeros([states, HIDDEN], np.float32)
    message = refusal(loaded["step"], words=["the"] * words, state=state)
    assert message.startswith("state: expected one state per word]")
