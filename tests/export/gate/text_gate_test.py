import math

import numpy as np
import pytest

from ednas_tf import errors
from ednas_tf.export.gate import text_gate
from tests.export import tiny_texts
from tests.export.tiny_texts import WORDS

EOS = WORDS.index("<eos>")


@pytest.fixture(scope="module")
def network():
    return tiny_texts.network()


@pytest.fixture(scope="module")
def cases(network):
    return text_gate.cases(network, tiny_texts.corpus())


@pytest.fixture
def answers(cases):
    """The answers of a good export, which a test may change."""
    return [
        {name: value.copy() for name, value in case.expected.items()}
        for case in [*cases.texts, *cases.scored]
    ]


def first_index(cases, target):
    """The index of the first request for a target."""
    requests = [case.request for case in [*cases.texts, *cases.scored]]
    return next(i for i, each in enumerate(requests) if each.target == target)


def test_the_requests(cases):
    # The 40 sentences are sent in requests of 1, 16, 16 and 7.
    scored = [case.request for case in cases.scored]
    assert [each.target for each in scored] == ["serving_default"] * 4 + [
        "saved_model_cli"
    ]
    sizes = [len(each.inputs["sentences"]) for each in scored]
    assert sizes == [1, 16, 16, 7, 5]
    corpus = tiny_texts.corpus()
    first = b" ".join(WORDS[i].encode() for i in corpus.test[:4])
    assert scored[0].inputs["sentences"].tolist() == [first]
    assert scored[-1].inputs["sentences"].tolist()[:2] == [first, b""]
    texts = [case.request for case in cases.texts]
    assert [each.target for each in texts] == [
        *("serving_default", "begin"),
        *["step"] * 20,
        "begin",
    ]
    # The state is passed on, so no request contains one.
    assert all(len(each.inputs) == 1 for each in texts)


def test_expected_answers_are_the_networks(cases, network):
    corpus = tiny_texts.corpus()
    words = corpus.test[:4].tolist()
    rows = tiny_texts.log_probabilities(network, words, EOS)
    expected = cases.scored[0].expected
    found = expected["log_probabilities"]
    np.testing.assert_allclose(
        found, [rows[np.arange(5), [*words, EOS]]], atol=1e-5
    )
    assert expected["perplexity"] == pytest.approx(np.exp(-found.mean()))
    # Check the second of the texts that are read word by word.
    words = corpus.test[20:40].tolist()
    rows = np.exp(tiny_texts.log_probabilities(network, words, EOS))
    for case, row in zip(cases.texts[1:-1], rows, strict=True):
        found = case.expected["probabilities"][1]
        np.testing.assert_allclose(found, row, atol=1e-6)


def test_the_results_for_a_good_export(cases, answers, network):
    found = text_gate.judge(cases, answers)
    largest = found.pop("largest_difference")
    corpus = tiny_texts.corpus()
    ends = np.flatnonzero(corpus.test == EOS)
    nats = 0.0
    for sentence in np.split(corpus.test, ends + 1)[:-1]:
        words = sentence[:-1].tolist()
        rows = tiny_texts.log_probabilities(network, words, EOS)
        nats -= rows[np.arange(len(rows)), sentence].sum()
    words = len(corpus.test)
    assert found == {
        "sentences": 40,
        "words": words,
        "perplexity": pytest.approx(math.exp(nats / words), rel=1e-5),
    }
    assert largest.pop("step/log_probabilities") < 1e-5
    assert set(largest) == {
        *(f"{form}/{name}" for form in ("begin", "step") for name in NEXT),
        *(
            f"{form}/{name}"
            for form in ("serving_default", "saved_model_cli")
            for name in ("log_probabilities", "lengths", "perplexity")
        ),
    }
    assert not any(largest.values())


NEXT = ("probabilities", "state")


@pytest.mark.parametrize(
    "target, name, difference",
    [
        ("serving_default", "log_probabilities", 2e-3),
        ("saved_model_cli", "log_probabilities", math.nan),
        ("saved_model_cli", "lengths", 1),
        ("serving_default", "perplexity", math.inf),
        ("begin", "probabilities", 2e-4),
        ("step", "probabilities", math.nan),
        ("step", "state", 2e-3),
    ],
)
def test_wrong_answers_are_refused(cases, answers, target, name, difference):
    answers[first_index(cases, target)][name].flat[-1] += difference
    with pytest.raises(
        errors.RunError,
        match=f"{target} disagrees with the network on . test sentences: "
        f"{name} differ by ",
    ):
        text_gate.judge(cases, answers)


def test_missing_or_misshapen_outputs_are_refused(cases, answers):
    answer = answers[first_index(cases, "step")]
    answer["state"] = answer["state"][:, :7]
    with pytest.raises(errors.RunError) as caught:
        text_gate.judge(cases, answers)
    assert str(caught.value) == "step: expected state [3, 8], found [3, 7]"
    del answer["state"]
    with pytest.raises(errors.RunError, match="state .3, 8., found None"):
        text_gate.judge(cases, answers)


def test_a_state_that_is_not_passed_on_is_noticed(cases, answers, network):
    """Each step answers as if the text began with its word."""
    start = first_index(cases, "step")
    for answer, words in zip(
        answers[start : start + 20], cases.next_words.T[:-1], strict=True
    ):
        for row, word in enumerate(words):
            rows = tiny_texts.log_probabilities(network, [], int(word))
            answer["probabilities"][row] = np.exp(rows[0])
    with pytest.raises(errors.RunError, match="step disagrees with the net"):
        text_gate.judge(cases, answers)


def test_steps_and_scores_must_agree(cases, answers, monkeypatch):
    """Both may be within the tolerances and yet too far from each other."""
    allowed = text_gate.TOLERANCES
    monkeypatch.setitem(allowed, "probabilities", 1.0)
    answer = answers[first_index(cases, "step")]["probabilities"]
    answer[2] *= np.exp(2e-3)
    with pytest.raises(errors.RunError) as caught:
        text_gate.judge(cases, answers)
    assert str(caught.value) == (
        "step disagrees with serving_default on the same texts: a word's "
        "log-probability differs by 2.0e-03, expected at most 1e-03"
    )


def test_probabilities_below_the_range_of_32_bits(cases, answers):
    """e^-200 underflows to 0, so only its limit can be compared."""
    (tokens,) = cases.next_words[:1]
    answers[0]["log_probabilities"][0, 0] = -200
    cases.texts[0].expected["log_probabilities"][0, 0] = -200
    answers[1]["probabilities"][0, tokens[0]] = 0
    cases.texts[1].expected["probabilities"][0, tokens[0]] = 0
    text_gate.judge(cases, answers)


def test_long_sentences_are_truncated(network, monkeypatch):
    monkeypatch.setattr(text_gate, "MOST_WORDS", 3)
    monkeypatch.setattr(text_gate, "NUM_SENTENCES", 7)
    short = text_gate.cases(network, tiny_texts.corpus())
    lengths = [case.expected["lengths"] for case in short.scored[:-1]]
    assert [len(each) for each in lengths] == [1, 6]
    assert max(map(max, lengths)) == 4
