"""Continues a text with a served language model.

python -m ednas_tf.client.continue_text --model=NAME --vocabulary=FILE
"""

import itertools
import math
import random

from absl import flags

from ednas_tf import errors
from ednas_tf.client import server_flags, text_client, vocabulary
from ednas_tf.client.predictions import OutputMismatchError
from ednas_tf.commands import paths, running

_TEXT = flags.DEFINE_string(
    "text", "", "Text to continue; may be empty, and may contain <eos>."
)
_VOCABULARY = flags.DEFINE(
    paths.Path(),
    "vocabulary",
    None,
    "The file assets.extra/vocabulary.txt of the export.",
)
_WORDS = flags.DEFINE_integer(
    "words", 20, "Words to add, including ends of sentences.", 1, 10**6
)
_TEMPERATURE = flags.DEFINE_float(
    "temperature",
    1.0,
    "Temperature for drawing words; 0 always takes the most probable word.",
    0,
    100,
)
# This flag replaces the one of the settings.
_SEED = flags.DEFINE_integer(
    "seed", 0, "Random seed for drawing words.", allow_override=True
)
_UNK = flags.DEFINE_boolean("unk", False, "Whether <unk> may be drawn.")
flags.adopt_module_key_flags(server_flags)


def main() -> None:
    model = server_flags.model()
    if math.isnan(_TEMPERATURE.value):
        raise errors.RequestError(
            "--temperature: expected a number from 0 to 100, found nan"
        )
    if _VOCABULARY.value is None:
        raise errors.RequestError(
            "--vocabulary: expected assets.extra/vocabulary.txt of the export, "
            "found none"
        )
    words = vocabulary.read(paths.path(_VOCABULARY.value))
    text = vocabulary.checked(_TEXT.value, words)
    sentence = []
    added = _next_words(model, text, words)
    for word in itertools.chain(text.split(), added):
        if word == vocabulary.EOS:
            _print(sentence)
            sentence = []
        else:
            sentence.append(word)
    if sentence:
        _print(sentence)


def _next_words(model, text, words):
    """Yields the words that follow a text, one by one."""
    generator = random.Random(_SEED.value)
    banned = None
    if not _UNK.value and vocabulary.UNK in words:
        banned = words.index(vocabulary.UNK)
    request = text_client.begin(text)
    for _ in range(_WORDS.value):
        outputs = server_flags.predict(model, request)
        try:
            answer = text_client.checked(outputs, len(words))
            chosen = text_client.choose(
                *(answer.probabilities, _TEMPERATURE.value, generator, banned)
            )
        except OutputMismatchError as error:
            raise model.unexpected_response(str(error)) from None
        yield words[chosen]
        request = text_client.step(words[chosen], answer.state)


def _print(sentence):
    print(errors.one_line(" ".join(sentence)), flush=True)


def command() -> None:
    """Runs this as a command and ends the process."""
    running.run(main, has_settings=False)


if __name__ == "__main__":
    command()
