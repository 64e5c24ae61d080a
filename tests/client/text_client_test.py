import collections
import math
import random

import pytest

from ednas_tf.client import text_client
from ednas_tf.client.predictions import OutputMismatchError

GOOD = {"probabilities": [[0.5, 0.25, 0.25]], "state": [[0.1, -2]]}


def mismatch(words=3, **changes):
    with pytest.raises(OutputMismatchError) as caught:
        text_client.checked(GOOD | changes, words)
    return str(caught.value)


def test_the_requests():
    request = text_client.begin("a b")
    assert request.signature == "begin"
    assert request.inputs == {"sentences": ["a b"]}
    assert request.what == "a text of 2 words"
    request = text_client.step("a", [0.5, 1.0])
    assert request.signature == "step"
    assert request.inputs == {"words": ["a"], "state": [[0.5, 1.0]]}
    assert request.what == "the word 'a'"


def test_a_valid_answer_is_accepted():
    found = text_client.checked(GOOD, 3)
    assert found == ([0.5, 0.25, 0.25], [0.1, -2])


def test_the_size_of_another_vocabulary_is_refused():
    assert mismatch(words=4) == (
        "probabilities: expected 4, one per word of --vocabulary, found 3"
    )


@pytest.mark.parametrize(
    "name, value, message",
    [
        ("probabilities", None, "expected the values for one text, found None"),
        ("probabilities", [], "expected the values for one text, found []"),
        (
            "state",
            [[0.1], [0.2]],
            "expected the values for one text, found [[0.1]",
        ),
        ("probabilities", [0.5], "expected lists of numbers, found 0.5"),
        ("probabilities", [[0.5, 2.0, 0]], "expected numbers from 0 to 1, f"),
        ("state", [0.1], "expected numbers, found 0.1"),
        ("state", [[math.nan]], "expected numbers, found [nan]"),
        ("state", [["0.1"]], "expected numbers, found ['0.1']"),
        ("state", [[10**400]], "expected numbers, found [1000"),
        ("state", [[1e39]], "expected numbers, found [1e+39]"),
        ("state", [[False]], "expected numbers, found [False]"),
        ("probabilities", [[10**400, 0, 0]], "expected numbers from 0 to 1, f"),
    ],
)
def test_wrong_answers_are_refused(name, value, message):
    assert mismatch(**{name: value}).startswith(f"{name}: {message}")


def drawn(probabilities, temperature, banned=None, draws=20000):
    """How often each word is chosen."""
    generator = random.Random(1)
    counts = collections.Counter(
        text_client.choose(probabilities, temperature, generator, banned)
        for _ in range(draws)
    )
    return [counts[i] / draws for i in range(len(probabilities))]


def test_words_are_drawn_with_their_probabilities():
    found = drawn([0.5, 0.3, 0.2, 0.0], 1.0)
    assert found == pytest.approx([0.5, 0.3, 0.2, 0.0], abs=0.015)


def test_temperature_divides_the_logarithms():
    # First the squares of 0.8 and 0.2 decide, then their square roots.
    found = drawn([0.8, 0.2], 0.5)
    assert found == pytest.approx([0.64 / 0.68, 0.04 / 0.68], abs=0.01)
    one, other = math.sqrt(0.8), math.sqrt(0.2)
    found = drawn([0.8, 0.2], 2.0)
    assert found[0] == pytest.approx(one / (one + other), abs=0.015)


@pytest.mark.parametrize("temperature", [0, 1e-300, 5e-324])
def test_the_most_probable_word(temperature):
    assert drawn([1e-30, 3e-30, 2e-30], temperature, draws=50) == [0, 1, 0]


def test_a_banned_word_is_never_drawn():
    found = drawn([0.1, 0.6, 0.3], 1.0, banned=1)
    assert found == pytest.approx([0.25, 0.0, 0.75], abs=0.015)
    assert drawn([0.1, 0.6, 0.3], 0, banned=1, draws=1) == [0, 0, 1]
    with pytest.raises(
        OutputMismatchError, match="expected one above 0, found none"
    ):
        drawn([0.0, 1.0], 1.0, banned=1)
