"""What a served language model is asked, and how a text goes on."""

import math
import random
from typing import NamedTuple

from ednas_tf import errors
from ednas_tf.client import predictions, served_model
from ednas_tf.client.predictions import Misfit

OUTPUTS = ("probabilities", "state")


class Answer(NamedTuple):
    """What the model says of a text.

    Attributes:
      probabilities: of each word to be the next.
      state: what the model has to be given with the next word.
    """

    probabilities: list[float]
    state: list[float]


def begin(text: str) -> served_model.Request:
    """Asks what follows a text, which may be empty."""
    what = f"a text of {len(text.split())} words"
    return served_model.Request("begin", {"sentences": [text]}, what)


def step(word: str, state: list[float]) -> served_model.Request:
    """Asks what follows one more word."""
    inputs = {"words": [word], "state": [state]}
    return served_model.Request("step", inputs, f"the word {word!r}")


def checked(outputs: dict[str, object], words: int) -> Answer:
    """Makes an answer of a signature's outputs.

    Args:
      outputs: `probabilities` [1, words] and `state` [1, any], nested lists.
      words: how many the vocabulary has.

    Raises:
      Misfit: an output is missing, or has another shape or type.
    """
    rows = []
    for name in OUTPUTS:
        value = outputs.get(name)
        if not isinstance(value, list) or len(value) != 1:
            raise Misfit(
                f"{name}: expected those of one text, found "
                f"{errors.shown(value)}"
            )
        rows.append(value[0])
    row, state = rows
    found = len(predictions.probabilities(row))
    if found != words:
        raise Misfit(
            f"probabilities: expected {words}, one for each word of "
            f"--vocabulary, found {found}"
        )
    if not isinstance(state, list) or not all(map(_is_finite, state)):
        raise Misfit(f"state: expected numbers, found {errors.shown(state)}")
    return Answer(row, state)


def _is_finite(value):
    return isinstance(value, int | float) and math.isfinite(value)


def choose(
    probabilities: list[float],
    temperature: float,
    generator: random.Random,
    banned: int | None = None,
) -> int:
    """Draws the next word.

    Args:
      probabilities: of all words.
      temperature: their logarithms are divided by it; 0: the most probable.
      generator: what is drawn with.
      banned: a word that is not chosen.

    Raises:
      Misfit: no other word is possible.
    """
    weights = list(probabilities)
    if banned is not None:
        weights[banned] = 0.0
    most = max(weights)
    if not most > 0:
        raise Misfit("probabilities: expected one above 0, found none")
    if temperature == 0:
        return weights.index(most)
    # Divided before the power: what then underflows has no chance.
    weights = [(weight / most) ** (1 / temperature) for weight in weights]
    return generator.choices(range(len(weights)), weights)[0]
