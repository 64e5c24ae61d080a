"""Requests to a served language model, and the choice of the next word."""

import random
from typing import NamedTuple

from ednas_tf import errors
from ednas_tf.client import predictions, served_model
from ednas_tf.client.predictions import OutputMismatchError

OUTPUTS = ("probabilities", "state")

#: The largest number in 32 bits.
_LARGEST = 3.4028235e38


class Answer(NamedTuple):
    """The answer of the model for a text.

    Attributes:
      probabilities: the probability of each word to be the next one.
      state: the state to send with the next word.
    """

    probabilities: list[float]
    state: list[float]


def begin(text: str) -> served_model.PredictRequest:
    """A request to read the beginning of a text, which may be empty."""
    what = f"a text of {len(text.split())} words"
    return served_model.PredictRequest("begin", {"sentences": [text]}, what)


def step(word: str, state: list[float]) -> served_model.PredictRequest:
    """A request to read one more word."""
    inputs = {"words": [word], "state": [state]}
    return served_model.PredictRequest("step", inputs, f"the word {word!r}")


def checked(outputs: dict[str, object], words: int) -> Answer:
    """Converts the checked outputs of a signature to an answer.

    Args:
      outputs: `probabilities` [1, words] and `state` [1, any], nested lists.
      words: number of words in the vocabulary.

    Raises:
      OutputMismatchError: an output is missing, or has another shape or type.
    """
    rows = []
    for name in OUTPUTS:
        value = outputs.get(name)
        if not isinstance(value, list) or len(value) != 1:
            raise OutputMismatchError(
                f"{name}: expected the values for one text, found "
                f"{errors.shown(value)}"
            )
        rows.append(value[0])
    row, state = rows
    found = len(predictions.probabilities(row))
    if found != words:
        raise OutputMismatchError(
            f"probabilities: expected {words}, one per word of --vocabulary, "
            f"found {found}"
        )
    if not isinstance(state, list) or not all(
        predictions.is_number(value, -_LARGEST, _LARGEST) for value in state
    ):
        raise OutputMismatchError(
            f"state: expected numbers, found {errors.shown(state)}"
        )
    return Answer(row, state)


def choose(
    probabilities: list[float],
    temperature: float,
    generator: random.Random,
    banned: int | None = None,
) -> int:
    """Draws the next word.

    Args:
      probabilities: the probabilities of all words.
      temperature: the logarithms of the probabilities are divided by it; 0
        chooses the most probable word.
      generator: the random number generator.
      banned: number of a word that is never chosen.

    Raises:
      OutputMismatchError: no other word is possible.
    """
    weights = list(probabilities)
    if banned is not None:
        weights[banned] = 0.0
    most = max(weights)
    if not most > 0:
        raise OutputMismatchError(
            "probabilities: expected one above 0, found none"
        )
    if temperature == 0:
        return weights.index(most)
    # Divide before the power, so that only words without a chance underflow.
    weights = [(weight / most) ** (1 / temperature) for weight in weights]
    return generator.choices(range(len(weights)), weights)[0]
