"""Word-level language modelling with recurrent cells (section 4.3)."""

from __future__ import annotations

import math

from ednas_tf import errors, replicas, seeds
from ednas_tf.data.text import text_data, windows
from ednas_tf.lazy import keras, tf
from ednas_tf.nets import counting
from ednas_tf.settings import schema
from ednas_tf.space import genotype, reading
from ednas_tf.tasks import language_memory
from ednas_tf.tasks.task import Parts, Task, space_of, task

#: Words that an evaluation reads at once, over all streams.
_EVALUATED_AT_ONCE = 1000


@task("language_modelling")
class LanguageModelling(Task):
    """What the loops need to know of a text.

    Child steps and trainings hand the hidden state on from window to window,
    without its gradient, also from one sampled architecture to the next, as
    in the authors' code. A reward does not: an architecture that is scored
    starts from zeros and reads `policy.context` words of its own before.

    A supernet's statistics are those of a replica's part of the batch:
    replicas cannot meet within the loop over words.

    Args:
      settings: of the run.
      data: the corpus; by default the one that the settings name is read.
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
                "--download: a text is read from --data_dir; leave it"
            )
        self.data = data or _corpus(settings)
        self._mask_seed = seeds.derive(settings.seed, "dropout")

    @property
    def _num_words(self):
        return len(self.data.words)

    @classmethod
    def check_dataset(cls, name: str) -> None:
        text_data.check(name)

    @classmethod
    def summarize(cls, settings, described):
        """The number of words and the length of a state; see `Task`."""
        name = settings.data.name
        reading.check_family(
            described, cls.family, f"--dataset={name} is of text"
        )
        words = text_data.num_words(name)
        if words is None:
            words = len(_corpus(settings).words)
        hidden = settings.train.language_model.hidden
        counts = counting.count_language(described, hidden, words)
        return {"words": words, "hidden": hidden}, counts

    def check_search(self) -> None:
        """Raises `RequestError` if a step needs more memory than there is."""
        search = self.settings.search
        language_memory.check(
            "search", search, self._num_words, search.space.nodes
        )

    def check_train(self) -> None:
        """As `check_search`, and if more is asked for than a text can have."""
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
        search, policy = self.settings.search, self.settings.policy
        _check_batch_size("search", search.batch_size, replicas)
        _check_batch_size("policy", policy.batch_size, replicas)
        child = windows.steps_per_pass(
            len(self.data.train), search.batch_size, search.language_model
        )
        score = windows.scoring_steps_per_pass(
            len(self.data.valid),
            policy.batch_size,
            search.language_model.bptt,
        )
        _check_steps("search", search.batch_size, child, self.data.train)
        _check_steps("policy", policy.batch_size, score, self.data.valid)
        return child, score

    def train_steps(self, replicas: int) -> int:
        train = self.settings.train
        _check_batch_size("train", train.batch_size, replicas)
        steps = windows.steps_per_pass(
            len(self.data.train), train.batch_size, train.language_model
        )
        _check_steps("train", train.batch_size, steps, self.data.train)
        return steps

    def warn(self) -> None:
        """Passes on what the corpus remarks."""
        if self.data.warning:
            errors.warn(self.data.warning)

    def supernet(self) -> keras.Model:
        # Imports TensorFlow, as do all modules that define a network.
        from ednas_tf.nets import architectures
        from ednas_tf.nets.recurrent import language_network

        network = language_network.supernet(
            self.space, self.settings.search.language_model, self._num_words
        )
        first = architectures.first(self.space)
        return network.make_weights(*first.values())

    def child(
        self, described: genotype.Genotype, to_train: bool = True
    ) -> keras.Model:
        from ednas_tf.nets.recurrent import language_network

        return language_network.derived_network(
            described, self.settings.train.language_model, self._num_words
        ).make_weights()

    def count(self, described: genotype.Genotype) -> counting.Counts:
        hidden = self.settings.train.language_model.hidden
        return counting.count_language(described, hidden, self._num_words)

    def child_batches(self, strategy, start_step: int):
        """Windows of the training text, of the lengths of section 4.3.1."""
        return self._training_windows(
            strategy, self.settings.search, "child", start_step
        )

    def train_batches(self, strategy, start_step: int):
        """Windows of the training text, of random lengths."""
        return self._training_windows(
            strategy, self.settings.train, "train", start_step
        )

    def _training_windows(self, strategy, section, kind, start_step):
        def make(context):
            return windows.training_windows(
                self.data.train,
                section.batch_size,
                section.language_model,
                seeds.derive(self.settings.seed, f"{kind} windows"),
                start_step,
                context,
            )

        return strategy.distribute_datasets_from_function(make)

    def policy_batches(self, strategy, start_step: int, purpose="policy"):
        """Windows of the validation text, each with the words before it."""
        policy = self.settings.policy

        def make(context):
            return windows.scoring_windows(
                self.data.valid,
                policy.batch_size,
                self.settings.search.language_model.bptt,
                policy.context,
                seeds.derive(self.settings.seed, f"{purpose} windows"),
                start_step,
                context,
            )

        return strategy.distribute_datasets_from_function(make)

    def evaluation_batches(
        self, strategy, test: bool = False, final: bool = False
    ):
        """All of a text, in some streams or, for the result, as one.

        Every replica reads all of it: one stream cannot be parted.
        """
        tokens = self.data.test if test else self.data.valid
        streams = self._streams(final)
        length = max(1, _EVALUATED_AT_ONCE // streams)

        def make(context):
            copies = context.num_replicas_in_sync // context.num_input_pipelines
            found = windows.evaluation_windows(
                tokens, self.data.eos, streams, length
            )
            if copies == 1:
                return found
            # Replicas take elements in turn.
            return found.flat_map(
                lambda *e: tf.data.Dataset.from_tensors(e).repeat(copies)
            )

        return strategy.distribute_datasets_from_function(make)

    def _streams(self, final):
        return 1 if final else self.settings.train.validation_streams

    def units_per_batch(self, kind: str) -> int:
        """Words that are predicted, of a window of the usual length."""
        section = {
            "child": self.settings.search,
            "train": self.settings.train,
        }.get(kind)
        if section is None:
            bptt = self.settings.search.language_model.bptt
            return self.settings.policy.batch_size * bptt
        return section.batch_size * section.language_model.bptt

    def initial_state(self, kind: str):
        """The hidden state before the first window: zeros."""
        section = {
            "child": self.settings.search,
            "train": self.settings.train,
        }[kind]
        shape = [section.batch_size, section.language_model.hidden]
        return (tf.zeros(shape),)

    def child_loss(self, supernet, batch, state, architecture, step) -> Parts:
        """See `_loss`."""
        (picked,) = architecture.values()
        return self._loss(
            *(self.settings.search, supernet, batch, state, step),
            sampled=picked,
        )

    def train_loss(self, network, batch, state, step, progress) -> Parts:
        """See `_loss`."""
        return self._loss(self.settings.train, network, batch, state, step)

    def _loss(self, section, network, batch, state, step, **call):
        """Cross-entropy of a word, in nats, and slowness.

        The learning rate of a window is in proportion to its length, as in
        the authors' code.
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
        # A pass begins with a text of its own.
        (state,) = state
        state *= 1 - tf.cast(begins, tf.float32)
        outputs, state = network.read(words, state, masks=masks, **call)
        steps = tf.cast(tf.shape(words)[0], tf.float32)
        told = outputs if masks.output is None else outputs * masks.output
        told = _nats(targets, network.logits(told)) / (steps * size)
        total = told + model.slowness * _slowness(outputs, size)
        return Parts(total, {"loss": told}, (state,), steps / model.bptt)

    def tell(self, means: dict[str, float]) -> dict[str, float]:
        """The loss, and the perplexity that belongs to it."""
        return means | {"perplexity": _perplexity(means["loss"])}

    def score(self, supernet, batch, architecture) -> tf.Tensor:
        """Nats of the words that are predicted, and their number."""
        words, targets = batch
        (picked,) = architecture.values()
        hidden = self.settings.search.language_model.hidden
        zeros = tf.zeros([words.shape[1], hidden])
        outputs = supernet(words, zeros, sampled=picked)
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
        """Nats of the words, and their number."""
        words, targets, counts = batch
        outputs, *state = network.read(words, *state)
        nats = tf.nn.sparse_softmax_cross_entropy_with_logits(
            targets, network.logits(outputs)
        )
        # All replicas return the same.
        share = 1 / replicas.count()
        parts = {
            "nats": tf.reduce_sum(nats * counts) * share,
            "tokens": tf.reduce_sum(counts) * share,
        }
        return parts, tuple(state)

    def evaluated(self, totals: dict[str, float]) -> dict[str, float]:
        """perplexity, and tokens, which all are predicted."""
        tokens = round(totals["tokens"])
        return {
            "perplexity": _perplexity(totals["nats"] / tokens),
            "tokens": tokens,
        }

    def provenance(self) -> dict[str, object]:
        return {
            "num_words": self._num_words,
            "words_fingerprint": self.data.words_fingerprint(),
        }

    def check_result(self, result, directory) -> None:
        """Raises unless the text has the vocabulary that was trained on."""
        found = self.data.words_fingerprint()
        if result.get("words_fingerprint", found) != found:
            raise errors.RequestError(
                f"{self.data.name}: expected the {result.get('num_words')} "
                f"words that the run in {directory} was begun with, found "
                f"{self._num_words} others; give its --data_dir, or begin a "
                "run in another --model_dir"
            )


def _corpus(settings):
    return text_data.load(
        settings.data.name,
        settings.runtime.data_dir or None,
        settings.data.unknown_words,
    )


def _check_batch_size(section, size, replicas):
    if not size or size % replicas:
        raise errors.RequestError(
            f"{section}.batch_size: expected 1 or more, and a multiple of "
            f"{replicas}, the number of devices, found {size}"
        )


def _check_steps(section, size, steps, tokens):
    if not steps:
        raise errors.RequestError(
            f"{section}.batch_size: expected texts of more than one window, "
            f"found {len(tokens)} words to be read as {size} texts side by "
            "side; lower it, or the bptt"
        )


def _nats(targets, logits):
    """Summed over all words."""
    return tf.reduce_sum(
        tf.nn.sparse_softmax_cross_entropy_with_logits(targets, logits)
    )


def _slowness(outputs, size):
    """This replica's part of the mean squared difference of steps."""
    steps = tf.cast(tf.shape(outputs)[0], tf.float32)
    number = tf.maximum(steps - 1, 1) * size * outputs.shape[-1]
    return tf.reduce_sum(tf.square(outputs[1:] - outputs[:-1])) / number


def _perplexity(nats):
    """Infinite where a float holds no such number."""
    return math.exp(nats) if nats < 700 else math.inf
