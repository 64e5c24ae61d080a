"""Exports a language model."""

import functools
import pathlib
from collections.abc import Iterator

import numpy as np

from ednas_tf.client.vocabulary import VOCABULARY_FILE
from ednas_tf.export import interface
from ednas_tf.export.gate import text_gate
from ednas_tf.export.interface import Arrays, Export, SignatureRequest
from ednas_tf.export.runtimes import EXTRA
from ednas_tf.export.text import text_signatures

#: Numbers of sentences in the warm-up requests.
_WARMUP_SIZES = (1, 4)


@interface.register("text")
class TextExport(Export):
    """The export of a language model; see `text_signatures.TextModel`."""

    signature_names = text_signatures.NAMES

    def write(self, saved_model: pathlib.Path) -> None:
        """Writes the SavedModel and the words of the vocabulary."""
        trained, corpus = self.trained, self.trained.task.data
        tolerant = trained.settings.data.unknown_words == "unk"
        text_signatures.save(trained.network, corpus, tolerant, saved_model)
        extra = saved_model / EXTRA
        extra.mkdir()
        words = "".join(f"{word}\n" for word in corpus.words)
        (extra / VOCABULARY_FILE).write_text(words, encoding="utf-8")

    def warmups(self) -> Iterator[SignatureRequest]:
        """Requests with sentences of the test text for each signature."""
        scored = [case.request.inputs for case in self._cases.scored]
        sentences = np.concatenate([each["sentences"] for each in scored])
        step = self._cases.texts[2].request.inputs["words"]
        for size in _WARMUP_SIZES:
            few = np.resize(sentences, size)
            words = np.resize(step, size)
            state = np.zeros([size, self.trained.network.hidden], np.float32)
            yield SignatureRequest("serving_default", {"sentences": few})
            yield SignatureRequest("begin", {"sentences": few})
            yield SignatureRequest("step", {"words": words, "state": state})

    @functools.cached_property
    def _cases(self):
        return text_gate.cases(self.trained.network, self.trained.task.data)

    def requests(self) -> list[SignatureRequest]:
        """See `text_gate.cases`."""
        cases = [*self._cases.texts, *self._cases.scored]
        return [case.request for case in cases]

    def judge(
        self, requests: list[SignatureRequest], answers: list[Arrays]
    ) -> dict[str, object]:
        """See `text_gate.judge`."""
        return text_gate.judge(self._cases, answers)

    def summary(self, checked: dict[str, object]) -> str:
        largest = {}
        for place, found in checked["largest_difference"].items():
            name = place.partition("/")[2].replace("_", "-")
            largest[name] = max(found, largest.get(name, 0.0))
        differences = ", ".join(f"{k} {v:.1e}" for k, v in largest.items())
        return (
            f"checked in processes without Keras on {checked['sentences']} "
            f"test sentences, each with a fresh state, perplexity "
            f"{checked['perplexity']:.2f} on {checked['words']} words; largest "
            f"differences: {differences}"
        )
