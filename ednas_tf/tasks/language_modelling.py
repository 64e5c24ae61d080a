"""Word-level language modelling with recurrent cells (section 4.3)."""

from __future__ import annotations

import math

from ednas_tf import errors, machine, replicas, seeds, wording
from ednas_tf.data.text import text_data
from ednas_tf.lazy import keras, tf
from ednas_tf.nets import counting
from ednas_tf.settings import schema
from ednas_tf.space import reading
from ednas_tf.space.genotype import Genotype
from ednas_tf.tasks import language_memory, provenance, text_sizes
from ednas_tf.tasks.registered import space_of, task
from ednas_tf.tasks.task import StepResult, Task
from ednas_tf.tasks.text_batches import TextBatches


@task("language_modelling")
class LanguageModelling(Task):
    """Predicts the words of a text.

    Child steps and trainings hand the hidden state on from window to window,
    without its gradient. As in the authors' code, child steps do so from one
    sampled architecture to the next. Policy steps do not: an architecture is
    scored from a state of zeros, after it has read `policy.context` words.

    In a supernet each replica normalises by the statistics of its own part of
    the batch, as replicas cannot exchange statistics in the loop over words.

    Args:
      settings: the settings of the run; batch sizes of 0 in them are replaced
        by sizes that suit the text.
      data: the text; by default the one that the settings name is read.
    """

    measure = "perplexity"
    higher_is_better = False
    unit, a_unit = "tokens", "a token"
    family = "recurrent"
    export_form = "text"
    sums = ("loss",)
    validates = True

    def __init__(
        self,
        settings: schema.Settings,
        data: text_data.Corpus | None = None,
    ):
        self.settings = settings
        self.space = space_of(settings, self.family)
        if settings.runtime.download and not data:
            raise errors.RequestError(
                "--download: expected no such flag, because texts are read "
                "from --data_dir, found it; omit it"
            )
        self.data = data or _corpus(settings)
        self._chosen = {}
        if schema.leaves_sizes(settings):
            devices = machine.here(settings.runtime.distribution_strategy)
            self._chosen = text_sizes.settle(
                settings, self.data, devices.devices
            )
        self._batches = TextBatches(settings, self.data)
        self._mask_seed = seeds.derive(settings.seed, "dropout")

    @property
    def _num_words(self):
        return len(self.data.words)

    @classmethod
    def check_dataset(cls, name: str) -> None:
        text_data.check(name)

    @classmethod
    def summarize(cls, settings, genotype):
        """See `Task`; the properties are `words` and `hidden`."""
        name = settings.data.name
        reading.check_family(
            genotype, cls.family, f"--dataset={name} contains text"
        )
        words = text_data.num_words(name)
        if words is None:
            words = len(_corpus(settings).words)
        hidden = settings.train.language_model.hidden
        counts = counting.count_language(genotype, hidden, words)
        return {"words": words, "hidden": hidden}, counts

    def check_search(self) -> None:
        """Raises `RequestError` if a step needs more memory than there is."""
        search = self.settings.search
        language_memory.check(
            "search", search, self._num_words, search.space.nodes
        )

    def check_train(self) -> None:
        """Like `check_search`; also refuses settings that are for images."""
        train = self.settings.train
        language_memory.check(
            "train", train, self._num_words, self.settings.search.space.nodes
        )
        for where, found, expected in (
            ("train.precision", train.precision, "float32"),
            ("runtime.xla", self.settings.runtime.xla, False),
        ):
            if found != expected:
                raise errors.RequestError(
                    f"{where}: expected {str(expected).lower()} for a language "
                    f"model, found {str(found).lower()}"
                )

    def search_steps(self, replicas: int) -> tuple[int, int]:
        return (
            self._batches.training_steps("child", replicas),
            self._batches.scoring_steps(replicas),
        )

    def train_steps(self, replicas: int) -> int:
        return self._batches.training_steps("train", replicas)

    def announce(self) -> None:
        """Prints the warning of the text, if there is one, and chosen sizes."""
        if self.data.warning:
            errors.warn(self.data.warning)
        if self._chosen:
            sizes = (f"{name}={size}" for name, size in self._chosen.items())
            print(wording.wrapped(f"chosen for the text: {', '.join(sizes)}"))

    def supernet(self) -> keras.Model:
        # These modules import TensorFlow.
        from ednas_tf.nets import architectures
        from ednas_tf.nets.recurrent import language_network

        network = language_network.supernet(
            self.space, self.settings.search.language_model, self._num_words
        )
        first = architectures.first(self.space)
        return network.make_weights(*first.values())

    def child(self, genotype: Genotype, to_train: bool = True) -> keras.Model:
        from ednas_tf.nets.recurrent import language_network

        return language_network.derived_network(
            genotype, self.settings.train.language_model, self._num_words
        ).make_weights()

    def fresh_variables(self, network, result):
        """None, as the words must be the same: most variables are theirs."""
        own = self.data.words_fingerprint()
        found = result.get("words_fingerprint")
        if found != own:
            raise errors.RequestError(
                f"--weights: expected weights for these {self._num_words} "
                f"words ({own}), found some for others ({found}); train "
                "without --weights"
            )
        return []

    def count(self, genotype: Genotype) -> counting.Counts:
        hidden = self.settings.train.language_model.hidden
        return counting.count_language(genotype, hidden, self._num_words)

    def child_batches(self, strategy, start_step: int):
        """Windows of the training text, of the lengths of section 4.3.1."""
        return self._batches.training(strategy, "child", start_step)

    def train_batches(self, strategy, start_step: int):
        """Windows of the training text, of random lengths."""
        return self._batches.training(strategy, "train", start_step)

    def policy_batches(self, strategy, start_step: int, purpose="policy"):
        """Windows of the validation text, each with the words before it."""
        return self._batches.scoring(strategy, purpose, start_step)

    def evaluation_batches(
        self, strategy, test: bool = False, final: bool = False
    ):
        """A whole text: in several streams, or for the result as one."""
        return self._batches.evaluation(strategy, test, self._streams(final))

    def _streams(self, final):
        return 1 if final else self.settings.train.validation_streams

    def units_per_batch(self, kind: str) -> int:
        """Number of words that are predicted in a window of usual length."""
        return self._batches.words(kind)

    def initial_state(self, kind: str):
        """The hidden state before the first window: zeros."""
        section = self._batches.section(kind)
        shape = [section.batch_size, section.language_model.hidden]
        return (tf.zeros(shape),)

    def child_loss(
        self, supernet, batch, state, architecture, step
    ) -> StepResult:
        """See `_loss`."""
        (sampled,) = architecture.values()
        return self._loss(
            *(self.settings.search, supernet, batch, state, step),
            sampled=sampled,
        )

    def train_loss(self, network, batch, state, step, progress) -> StepResult:
        """See `_loss`."""
        return self._loss(self.settings.train, network, batch, state, step)

    def _loss(self, section, network, batch, state, step, **call) -> StepResult:
        """Cross-entropy per word, in nats, plus the slowness penalty.

        The learning rate of a step is in proportion to the length of its
        window, as in the authors' code.
        """
        from ednas_tf.nets.recurrent import language_network

        words, targets, begins = batch
        model, size = section.language_model, section.batch_size
        masks = language_network.draw_masks(
            model,
            self._num_words,
            size,
            seeds.at_step(self._mask_seed, step),
        )
        # Every pass over the text begins with a state of zeros.
        (state,) = state
        state *= 1 - tf.cast(begins, tf.float32)
        outputs, state = network.read(words, state, masks=masks, **call)
        steps = tf.cast(tf.shape(words)[0], tf.float32)
        decoded = outputs if masks.output is None else outputs * masks.output
        loss = _nats(targets, network.logits(decoded)) / (steps * size)
        total = loss + model.slowness * _slowness(outputs, size)
        return StepResult(total, {"loss": loss}, (state,), steps / model.bptt)

    def step_metrics(self, means: dict[str, float]) -> dict[str, float]:
        """The loss, and its perplexity."""
        return means | {"perplexity": _perplexity(means["loss"])}

    def score(self, supernet, batch, architecture) -> tf.Tensor:
        """Cross-entropy of the predicted words, summed, and their number."""
        words, targets = batch
        (sampled,) = architecture.values()
        hidden = self.settings.search.language_model.hidden
        zeros = tf.zeros([words.shape[1], hidden])
        outputs = supernet(words, zeros, sampled=sampled)
        logits = supernet.logits(outputs[-targets.shape[0] :])
        return tf.stack(
            [_nats(targets, logits), float(targets.shape.num_elements())]
        )

    def reward(self, total: tf.Tensor) -> tf.Tensor:
        """80 / perplexity on one minibatch (section 4.3.1)."""
        nats, words = tf.unstack(total)
        return self.settings.policy.perplexity_reward * tf.exp(-nats / words)

    def evaluation_state(self, test: bool, final: bool):
        hidden = self.settings.train.language_model.hidden
        return (tf.zeros([self._streams(final), hidden]),)

    def evaluate(self, network, batch, state):
        """Sums the cross-entropy of the words, in nats, and counts them."""
        words, targets, counts = batch
        outputs, *state = network.read(words, *state)
        nats = tf.nn.sparse_softmax_cross_entropy_with_logits(
            targets, network.logits(outputs)
        )
        # All replicas return the same, and the loop adds them up.
        share = 1 / replicas.count()
        parts = {
            "nats": tf.reduce_sum(nats * counts) * share,
            "tokens": tf.reduce_sum(counts) * share,
        }
        return parts, tuple(state)

    def evaluation_metrics(self, totals: dict[str, float]) -> dict[str, float]:
        """The perplexity, and the number of tokens."""
        tokens = round(totals["tokens"])
        return {
            "perplexity": _perplexity(totals["nats"] / tokens),
            "tokens": tokens,
        }

    def provenance(self) -> dict[str, object]:
        return provenance.of_text(self.data)

    def check_result(self, result, directory) -> None:
        provenance.check_text(self.data, result, directory)


def _corpus(settings: schema.Settings) -> text_data.Corpus:
    """Reads the text that the settings name."""
    return text_data.load(
        settings.data.name,
        settings.runtime.data_dir or None,
        settings.data.unknown_words,
    )


def _nats(targets, logits):
    """Cross-entropy in nats, summed over all words."""
    return tf.reduce_sum(
        tf.nn.sparse_softmax_cross_entropy_with_logits(targets, logits)
    )


def _slowness(outputs, size):
    """This replica's summand of the mean squared difference of steps."""
    steps = tf.cast(tf.shape(outputs)[0], tf.float32)
    number = tf.maximum(steps - 1, 1) * size * outputs.shape[-1]
    return tf.reduce_sum(tf.square(outputs[1:] - outputs[:-1])) / number


def _perplexity(nats):
    """The perplexity for a mean cross-entropy; infinite if it is too large."""
    return math.exp(nats) if nats < 700 else math.inf
