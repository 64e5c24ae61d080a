"""The batches of language modelling: which words which steps read."""

from __future__ import annotations

from ednas_tf import errors, seeds
from ednas_tf.data.text import text_data, windows
from ednas_tf.lazy import tf
from ednas_tf.settings import schema

#: Number of words that an evaluation reads in a batch, in all streams together.
_WORDS_PER_EVALUATION_BATCH = 1000


class TextBatches:
    """Makes the batches of all steps from a text.

    A batch is a window: some successive words of each of the texts that are
    read side by side.

    Args:
      settings: the settings of the run.
      data: the text.
    """

    def __init__(self, settings: schema.Settings, data: text_data.Corpus):
        self._settings = settings
        self._data = data

    def section(self, kind: str) -> schema.Search | schema.Train:
        """The settings of steps of the kind "child" or "train"."""
        settings = self._settings
        return {"child": settings.search, "train": settings.train}[kind]

    def words(self, kind: str) -> int:
        """Number of words that are predicted in a window of the usual length.

        Args:
          kind: "child", "policy" or "train".
        """
        if kind == "policy":
            bptt = self._settings.search.language_model.bptt
            return self._settings.policy.batch_size * bptt
        section = self.section(kind)
        return section.batch_size * section.language_model.bptt

    def training_steps(self, kind: str, replicas: int) -> int:
        """Number of steps of a kind in a pass over the training text.

        Raises:
          RequestError: the text is too short for a step, or the replicas cannot
            share a batch evenly.
        """
        section = self.section(kind)
        name = "search" if kind == "child" else kind
        _check_batch_size(name, section.batch_size, replicas)
        steps = windows.steps_per_pass(
            len(self._data.train), section.batch_size, section.language_model
        )
        if not steps:
            raise _too_large(
                name, section.batch_size, self._data.train, 2, replicas
            )
        return steps

    def scoring_steps(self, replicas: int) -> int:
        """Number of policy steps in a pass over the validation text.

        Raises:
          RequestError: see `training_steps`.
        """
        size = self._settings.policy.batch_size
        bptt, text = self._settings.search.language_model.bptt, self._data.valid
        _check_batch_size("policy", size, replicas)
        steps = windows.scoring_steps_per_pass(len(text), size, bptt)
        if not steps:
            raise _too_large("policy", size, text, bptt + 1, replicas)
        return steps

    def training(self, strategy, kind: str, start_step: int):
        """Makes endless windows of the training text, of random lengths.

        Args:
          strategy: the tf.distribute strategy that distributes them.
          kind: "child" or "train".
          start_step: number of steps before the first window.
        """
        section = self.section(kind)

        def make(context):
            return windows.training_windows(
                self._data.train,
                section.batch_size,
                section.language_model,
                seeds.derive(self._settings.seed, f"{kind} windows"),
                start_step,
                context,
            )

        return strategy.distribute_datasets_from_function(make)

    def scoring(self, strategy, purpose: str, start_step: int):
        """Makes endless windows of the validation text, each with its context.

        Args:
          strategy: the tf.distribute strategy that distributes them.
          purpose: a name that chooses their order.
          start_step: number of steps before the first window.
        """
        policy = self._settings.policy

        def make(context):
            return windows.scoring_windows(
                self._data.valid,
                policy.batch_size,
                self._settings.search.language_model.bptt,
                policy.context,
                seeds.derive(self._settings.seed, f"{purpose} windows"),
                start_step,
                context,
            )

        return strategy.distribute_datasets_from_function(make)

    def evaluation(self, strategy, test: bool, streams: int):
        """Makes windows of the whole test or validation text.

        Every replica reads all of it, as one stream cannot be split.

        Args:
          strategy: the tf.distribute strategy that distributes them.
          test: whether it is the test text.
          streams: number of parts of equal length that are read side by side.
        """
        tokens = self._data.test if test else self._data.valid
        length = max(1, _WORDS_PER_EVALUATION_BATCH // streams)

        def make(context):
            copies = context.num_replicas_in_sync // context.num_input_pipelines
            found = windows.evaluation_windows(
                tokens, self._data.eos, streams, length
            )
            if copies == 1:
                return found
            # The replicas of a process take elements in turn.
            return found.flat_map(
                lambda *e: tf.data.Dataset.from_tensors(e).repeat(copies)
            )

        return strategy.distribute_datasets_from_function(make)


def _check_batch_size(section: str, size: int, replicas: int) -> None:
    if not size or size % replicas:
        raise errors.RequestError(
            f"{section}.batch_size: expected 1 or more, and a multiple of "
            f"{replicas}, the number of devices, found {size}"
        )


def _too_large(section: str, size: int, tokens, column: int, replicas: int):
    """The error for a text that has no window.

    Args:
      section: the section with the batch size.
      size: the batch size: the number of texts that are read side by side.
      tokens: the whole text.
      column: number of words that each of these texts must have.
      replicas: number of replicas that share a batch.
    """
    words, most = len(tokens), len(tokens) // column
    if most < replicas:
        return errors.RequestError(
            f"{section}.batch_size: expected a text of at least "
            f"{column * replicas} words, found {words}; give a longer text"
        )
    return errors.RequestError(
        f"{section}.batch_size: expected at most {most} for a text of {words} "
        f"words, found {size}; set {section}.batch_size=0, and a size is chosen"
    )
