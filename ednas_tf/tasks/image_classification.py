"""Image classification: data, networks, loss and reward.

Its batches are in `image_batches`, its losses and counts in `image_scores`, the
measures of an evaluation in `image_evaluation`, and the choice of sizes in
`image_sizes`.
"""

from __future__ import annotations

import contextlib
import copy
import dataclasses

from ednas_tf import errors, machine, replicas, seeds, wording
from ednas_tf.data.images import augmentation, image_data, image_files
from ednas_tf.lazy import keras, tf
from ednas_tf.nets import counting, plan
from ednas_tf.nets import stem as stems
from ednas_tf.settings import schema
from ednas_tf.space.genotype import Genotype
from ednas_tf.tasks import (
    image_baselines,
    image_evaluation,
    image_scores,
    image_sizes,
    image_summary,
    provenance,
)
from ednas_tf.tasks.image_batches import ImageBatches
from ednas_tf.tasks.registered import space_of, task
from ednas_tf.tasks.task import Plain, StepResult, Task

#: Data sets that are a person's own images.
_OWN = ("images", "arrays")


@task("image_classification")
class ImageClassification(Task):
    """Classifies the images of a data set.

    Args:
      settings: the settings of the run; sizes of 0 in them are replaced by
        sizes that suit images and hardware.
      data: the data set; by default the one that the settings name is read.
    """

    measure = "accuracy"
    higher_is_better = True
    unit, a_unit = "images", "an image"
    family = image_summary.FAMILY
    export_form = "images"
    has_baselines = True
    sums = "loss", "accuracy"

    def __init__(
        self,
        settings: schema.Settings,
        data: image_data.ImageData | None = None,
    ):
        self.settings = settings
        self.space = space_of(settings, self.family)
        runtime = settings.runtime
        self.data = data or image_data.load(
            settings.data.name,
            runtime.data_dir or None,
            runtime.download,
            image_data.Options.of(settings),
        )
        self._chosen = {}
        if schema.leaves_sizes(settings):
            self._chosen = image_sizes.settle(
                settings,
                self.space,
                len(self.data.train),
                self.data.form,
                machine.here(runtime.distribution_strategy),
                len(self.data.validation or ()),
            )
        self._batches = ImageBatches(settings, self.data)
        self.validates = self._batches.validation is not None
        self._drop_seed = seeds.derive(settings.seed, "dropped paths")

    @classmethod
    def check_dataset(cls, name: str) -> None:
        image_data.check(name)

    @classmethod
    def summarize(cls, settings, genotype):
        """See `image_summary.summarize`."""
        return image_summary.summarize(settings, genotype)

    def check_search(self) -> None:
        plan.check_size(
            "search", self.space, self._network("search"), self.image_shape
        )

    def check_train(self) -> None:
        train = self.settings.train
        auxiliary = train.auxiliary_weight > 0
        plan.check_size(
            "train",
            self.space,
            self._network("train"),
            self.image_shape,
            auxiliary,
        )
        augmentation.check(train.augmentation, self.image_shape)

    def search_steps(self, replicas: int) -> tuple[int, int]:
        batches = self._batches
        return batches.steps("child", replicas), batches.steps(
            "policy", replicas
        )

    def train_steps(self, replicas: int) -> int:
        return self._batches.steps("train", replicas)

    def announce(self) -> None:
        """Prints a summary of the data, chosen sizes, and warnings."""
        if self.data.warning:
            errors.warn(self.data.warning)
        if self.data.summary:
            used = {self._network(each).stem for each in ("search", "train")}
            stem = " and ".join(sorted(used))
            print(wording.wrapped(f"{self.data.summary}; stem: {stem}"))
        if self._chosen:
            sizes = (f"{name}={size}" for name, size in self._chosen.items())
            chosen = f"chosen for data and machine: {', '.join(sizes)}"
            print(wording.wrapped(chosen))

    def announce_search(self) -> None:
        """Like `announce`, with the size of the supernet.

        It also says if there are too few images, or validation images.
        """
        self.announce()
        described = image_sizes.describe_search(
            self.settings.search,
            self.space,
            self._network("search"),
            self.data.form,
            machine.here(self.settings.runtime.distribution_strategy),
        )
        print(wording.wrapped(described))
        if self._by_likelihood:
            print("rewards: mean log-likelihood of an image, in nats")
        images = len(self.data.train) + len(self.data.validation or ())
        scored = len(self._batches.policy)
        if images < image_sizes.FEW and self.settings.data.name in _OWN:
            few = image_scores.few_images(images)
            print(wording.wrapped(few))
        # A fifth is what is chosen: more images are needed, not another choice.
        if scored < images // 5:
            image_scores.warn_of_few(scored)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and number of channels of an image."""
        return self.data.form.image_shape

    def _network(self, section: str) -> schema.Network:
        """The network of the section "search" or "train", its stem resolved."""
        network = getattr(self.settings, section).network
        stem = stems.fitting(network.stem, self.image_shape)
        return dataclasses.replace(network, stem=stem)

    def supernet(self) -> keras.Model:
        # These modules import TensorFlow.
        from ednas_tf.nets import architectures, cell_network

        supernet = cell_network.supernet(
            self.space, self._network("search"), *self._channels_and_classes()
        )
        return supernet.make_weights(
            self.image_shape, architectures.first(self.space)
        )

    def child(self, genotype: Genotype, to_train: bool = True) -> keras.Model:
        """Makes the derived network of a genotype, with its weights.

        Args:
          genotype: the cells of the network.
          to_train: if set, the network has the auxiliary head and the precision
            of the settings; if not, it has no auxiliary head, and computes in
            32 bits.
        """
        from ednas_tf.nets import cell_network

        train = self.settings.train
        with _computing_in(train.precision if to_train else "float32"):
            child = cell_network.derived_network(
                genotype,
                self._network("train"),
                *self._channels_and_classes(),
                auxiliary=to_train and train.auxiliary_weight > 0,
            )
            return child.make_weights(self.image_shape)

    def count(self, genotype: Genotype) -> counting.Counts:
        return counting.count(
            genotype,
            self._network("train"),
            self.image_shape,
            len(self.data.labels),
            self.settings.train.auxiliary_weight > 0,
        )

    def fresh_variables(self, network, result):
        """Those of the last layer, if the classes are others."""
        fingerprint = self.data.classes_fingerprint()
        if result.get("classes_fingerprint") == fingerprint:
            return []
        return network.classifier.dense.variables

    def plain_network(self, multiply_adds: int) -> Plain:
        from ednas_tf.nets import plain_network

        form = self.data.form
        plan = plain_network.plan(
            multiply_adds, form.image_shape, form.num_classes
        )

        def make():
            with _computing_in(self.settings.train.precision):
                return plain_network.PlainNetwork(
                    plan, form.image_shape, form.num_classes
                )

        return Plain(str(plan), plan.counts, make)

    def linear_model(self) -> tuple[str, dict[str, float]]:
        counts = image_baselines.linear(self.data, self.settings.seed)
        side = min(image_baselines.SIDE, *self.image_shape[:2])
        described = f"logistic regression on {side} x {side} pixels"
        return described, self.evaluation_metrics(counts)

    def _channels_and_classes(self) -> tuple[int, int]:
        """Number of channels of an image, and number of classes."""
        return self.image_shape[2], len(self.data.labels)

    @property
    def folds(self) -> int:
        """Few training images are validation images in turn."""
        return self._batches.folds

    def fold(self, number: int) -> ImageClassification:
        """The same task with the validation images of a fold."""
        if not number:
            return self
        other = copy.copy(self)
        other._batches = ImageBatches(self.settings, self.data, number)
        return other

    def child_batches(self, strategy, start_step: int):
        """Batches of the search's training images, cropped and flipped.

        What a pipeline leaves to the device, such as changes of colours, is
        done in the methods that take batches (`_finished`).
        """
        crop_and_flip = schema.Augmentation(policy="none", cutout=0)
        return self._batches.endless(
            *(strategy, self._batches.child, "child", start_step),
            crop_and_flip,
        )

    def policy_batches(self, strategy, start_step: int, purpose="policy"):
        """Batches of the search's validation images, without augmentation."""
        return self._batches.endless(
            *(strategy, self._batches.policy, purpose, start_step),
            augment=None,
        )

    def train_batches(self, strategy, start_step: int):
        """Batches of the images of a training, augmented."""
        return self._batches.endless(
            *(strategy, self._batches.train, "train", start_step),
            self.settings.train.augmentation,
        )

    def evaluation_batches(
        self, strategy, test: bool = False, final: bool = False
    ):
        """Batches of all images of a split; the last batch may be smaller."""
        return self._batches.evaluation(strategy, test)

    def units_per_batch(self, kind: str) -> int:
        return self._batches.size(kind)

    def child_loss(
        self, supernet, batch, state, architecture, step
    ) -> StepResult:
        """The mean cross-entropy of the images, in nats."""
        images, labels = self._finished(batch)
        logits = supernet(images, architecture=architecture, training=True)
        total = image_scores.cross_entropy(labels, logits)
        return self._step_result("child", total, labels, logits)

    def train_loss(self, network, batch, state, step, progress) -> StepResult:
        """Like `child_loss`, with drop path, auxiliary head and smoothing."""
        images, labels = self._finished(batch)
        train = self.settings.train
        keep = self.keep(network, step, progress)
        if keep is not None:
            keep = replicas.share(keep, axis=1)
        outputs = network(images, keep=keep, training=True)
        logits, *auxiliary = outputs if train.auxiliary_weight else [outputs]
        smoothing = train.label_smoothing
        total = image_scores.cross_entropy(labels, logits, smoothing)
        for each in auxiliary:
            total += train.auxiliary_weight * image_scores.cross_entropy(
                labels, each, smoothing
            )
        return self._step_result("train", total, labels, logits)

    def _finished(self, batch):
        """The images as a network takes them, and the labels."""
        images, labels = batch
        return image_files.finished(images, self.data), labels

    def _step_result(self, kind, total, labels, logits) -> StepResult:
        """The result of a step, given this replica's summed loss."""
        size = self.units_per_batch(kind)
        correct = image_scores.num_correct(labels, logits)
        loss = total / size
        return StepResult(loss, {"loss": loss, "accuracy": correct / size})

    def keep(self, network, step, progress) -> tf.Tensor | None:
        """Draws the factors of drop path for a step.

        The probability that an edge is dropped rises linearly from 0.

        Args:
          network: the derived network.
          step: number of the step, int64.
          progress: the done part of the training, float32 in [0, 1].

        Returns:
          Factors with mean 1 for the outputs of edges, float32 [num_drop_edges,
          batch], for the images of all replicas; None if no edge is dropped.
        """
        train, edges = self.settings.train, network.num_drop_edges
        if not train.drop_path or not edges:
            return None
        kept = 1 - train.drop_path * progress
        drawn = tf.random.stateless_uniform(
            [edges, train.batch_size],
            seeds.at_step(self._drop_seed, step),
            alg="philox",
        )
        return tf.cast(drawn < kept, tf.float32) / kept

    def score(self, supernet, batch, architecture) -> tf.Tensor:
        """Counts the images that are classified correctly, float32 [1].

        For balanced accuracy it counts, for each class, the images that are
        classified correctly and all images, float32 [2 * classes]. For the
        log-likelihood it is the sum over the images, float32 [1].
        """
        images, labels = self._finished(batch)
        logits = supernet(images, architecture=architecture)
        if self._balanced:
            return image_scores.correct_of_classes(labels, logits)
        if self._by_likelihood:
            found = image_scores.log_likelihood(labels, logits)
            return found[tf.newaxis]
        return image_scores.num_correct(labels, logits)[tf.newaxis]

    def reward(self, total: tf.Tensor) -> tf.Tensor:
        """The accuracy on a minibatch (section 3.4), or what is set instead.

        That is the balanced accuracy, or the mean log-likelihood in nats.
        """
        if self._balanced:
            return image_scores.balanced_accuracy(total)
        return total[0] / self.units_per_batch("policy")

    def reward_unit(self):
        if self._by_likelihood:
            return "nats of log-likelihood", 1
        return f"points of {self.settings.policy.reward.replace('_', ' ')}", 100

    @property
    def _balanced(self):
        return self.settings.policy.reward == "balanced_accuracy"

    @property
    def _by_likelihood(self):
        return self.settings.policy.reward == "log_likelihood"

    def evaluate(self, network, batch, state):
        """Counts images; norms use their moving statistics."""
        images, labels = batch
        # In the last batch a replica may have no images, for which a
        # convolution returns a wrong shape in TF 2.20: one image is added.
        images = tf.pad(images, [[0, 1], [0, 0], [0, 0], [0, 0]])
        logits = network(images)[:-1]
        return image_evaluation.counts(labels, logits), state

    def evaluation_metrics(self, totals: dict[str, object]) -> dict[str, float]:
        """See `image_evaluation.metrics`."""
        return image_evaluation.metrics(totals)

    def provenance(self) -> dict[str, object]:
        return provenance.of_images(self.data)

    def check_result(self, result, directory) -> None:
        provenance.check_images(self.data, result, directory)


@contextlib.contextmanager
def _computing_in(precision: str):
    """While in the context, layers get this precision policy of Keras."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
