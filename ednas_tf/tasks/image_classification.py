"""Image classification: its data, networks, loss and reward."""

from __future__ import annotations

import contextlib
import dataclasses

from ednas_tf import errors, machine, replicas, seeds
from ednas_tf.data.images import augmentation, image_data, image_files, pipeline
from ednas_tf.lazy import keras, tf
from ednas_tf.nets import counting, plan
from ednas_tf.nets import stem as stems
from ednas_tf.settings import schema
from ednas_tf.space import genotype
from ednas_tf.tasks import image_scores, image_sizes, image_summary
from ednas_tf.tasks.task import Parts, Task, space_of, task


@task("image_classification")
class ImageClassification(Task):
    """What the loops need to know of a data set of images.

    Args:
      settings: of the run; sizes that they leave open are filled in.
      data: the images; by default those that the settings name are read.
    """

    measure = "accuracy"
    higher_is_better = True
    unit, a_unit = "images", "an image"
    family = image_summary.FAMILY
    export_form = "images"
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
            )
        self._child, self._policy = image_data.split_train(
            self.data.train,
            settings.data.validation_images,
            seeds.derive(settings.seed, "split"),
        )
        self._train, self._validation = self.data.train, None
        self.validates = settings.train.validation_images > 0
        if self.validates:
            self._train, self._validation = image_data.split_train(
                self.data.train,
                settings.train.validation_images,
                seeds.derive(settings.seed, "train split"),
                "train.validation_images",
            )
        self._drop_seed = seeds.derive(settings.seed, "dropped paths")

    @classmethod
    def check_dataset(cls, name: str) -> None:
        image_data.check(name)

    @classmethod
    def summarize(cls, settings, described):
        """See `image_summary.summarize`."""
        return image_summary.summarize(settings, described)

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
        child, policy = (
            pipeline.steps_per_pass(
                f"{section}.batch_size",
                self.units_per_batch(kind),
                len(split),
                replicas,
            )
            for section, kind, split in (
                ("search", "child", self._child),
                ("policy", "policy", self._policy),
            )
        )
        return child, policy

    def train_steps(self, replicas: int) -> int:
        return pipeline.steps_per_pass(
            "train.batch_size",
            self.units_per_batch("train"),
            len(self._train),
            replicas,
        )

    def warn(self) -> None:
        """Passes on what the data set remarks, and tells what it found."""
        if self.data.warning:
            errors.warn(self.data.warning)
        if self.data.summary:
            used = {self._network(each).stem for each in ("search", "train")}
            print(f"{self.data.summary}; stem: {' and '.join(sorted(used))}")
        if self._chosen:
            sizes = (f"{name}={size}" for name, size in self._chosen.items())
            print(f"chosen for data and machine: {', '.join(sizes)}")

    def warn_search(self) -> None:
        """Warns of validation images too few to tell rewards apart, too.

        Tells how large the supernet is.
        """
        self.warn()
        print(
            image_sizes.told_of_search(
                self.settings.search,
                self.space,
                self._network("search"),
                self.data.form,
                machine.here(self.settings.runtime.distribution_strategy),
            )
        )
        image_scores.warn_of_few(len(self._policy))

    @property
    def image_shape(self) -> tuple[int, int, int]:
        return self.data.form.image_shape

    def _network(self, section: str) -> schema.Network:
        """Depth, width and stem of the section "search" or "train"."""
        network = getattr(self.settings, section).network
        stem = stems.fitting(network.stem, self.image_shape)
        return dataclasses.replace(network, stem=stem)

    def supernet(self) -> keras.Model:
        # Imports TensorFlow, as do all modules that define a network.
        from ednas_tf.nets import architectures, cell_network

        supernet = cell_network.supernet(
            self.space, self._network("search"), *self._ends()
        )
        return supernet.make_weights(
            self.image_shape, architectures.first(self.space)
        )

    def child(
        self, described: genotype.Genotype, to_train: bool = True
    ) -> keras.Model:
        """The derived network of a genotype, its weights made.

        Args:
          described: the genotype.
          to_train: with an auxiliary head and in the precision that the
            settings ask for; else without one, in 32 bits.
        """
        from ednas_tf.nets import cell_network

        train = self.settings.train
        with _computing_in(train.precision if to_train else "float32"):
            child = cell_network.derived_network(
                described,
                self._network("train"),
                *self._ends(),
                auxiliary=to_train and train.auxiliary_weight > 0,
            )
            return child.make_weights(self.image_shape)

    def count(self, described: genotype.Genotype) -> counting.Counts:
        return counting.count(
            described,
            self._network("train"),
            self.image_shape,
            len(self.data.labels),
            self.settings.train.auxiliary_weight > 0,
        )

    def _ends(self):
        """Channels of an image, and number of classes."""
        return self.image_shape[2], len(self.data.labels)

    def child_batches(self, strategy, start_step: int):
        """Minibatches of the search's training images, cropped and flipped.

        As all of these methods' they are for `child_loss` and its like, which
        finish what pipelines leave to the device.
        """
        crop_and_flip = schema.Augmentation(policy="none", cutout=0)
        return self._training_batches(
            strategy, self._child, "child", start_step, crop_and_flip
        )

    def policy_batches(self, strategy, start_step: int, purpose="policy"):
        """Minibatches of the search's validation images, as they are."""
        return self._training_batches(
            strategy, self._policy, purpose, start_step, augment=None
        )

    def train_batches(self, strategy, start_step: int):
        """Augmented minibatches of the images that a training is for."""
        return self._training_batches(
            strategy,
            self._train,
            "train",
            start_step,
            self.settings.train.augmentation,
        )

    def _training_batches(self, strategy, split, purpose, start_step, augment):
        def make(context):
            return pipeline.training_batches(
                split,
                self.data,
                self.units_per_batch(purpose),
                seeds.derive(self.settings.seed, f"{purpose} images"),
                start_step,
                augment,
                context,
            )

        return strategy.distribute_datasets_from_function(make)

    def evaluation_batches(
        self, strategy, test: bool = False, final: bool = False
    ):
        """Images once, in order; the last batch may be short."""
        split = self.data.test if test else self._validation
        return strategy.experimental_distribute_dataset(
            pipeline.evaluation_batches(
                split, self.data, self.units_per_batch("train")
            )
        )

    def units_per_batch(self, kind: str) -> int:
        sizes = {
            "child": self.settings.search.batch_size,
            "train": self.settings.train.batch_size,
        }
        return sizes.get(kind, self.settings.policy.batch_size)

    def child_loss(self, supernet, batch, state, architecture, step) -> Parts:
        """The mean cross-entropy of the images, in nats."""
        images, labels = self._finished(batch)
        logits = supernet(images, architecture=architecture, training=True)
        total = image_scores.cross_entropy(labels, logits)
        return self._parts("child", total, labels, logits)

    def train_loss(self, network, batch, state, step, progress) -> Parts:
        """As `child_loss`, with all that the settings ask for."""
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
        return self._parts("train", total, labels, logits)

    def _finished(self, batch):
        images, labels = batch
        return image_files.finished(images, self.data), labels

    def _parts(self, kind, total, labels, logits):
        size = self.units_per_batch(kind)
        correct = image_scores.num_correct(labels, logits)
        loss = total / size
        return Parts(loss, {"loss": loss, "accuracy": correct / size})

    def keep(self, network, step, progress) -> tf.Tensor | None:
        """What the outputs of edges are multiplied by in a step.

        The probability that an edge is dropped rises linearly from 0.

        Returns:
          float32 [num_drop_edges, batch], of mean 1, for the images of all
          replicas; None if no edge is dropped.
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
        """How many images are put into their class, float32 [1].

        For a balanced accuracy, how many of each class, and how many there are
        of each, float32 [2 * classes].
        """
        images, labels = self._finished(batch)
        logits = supernet(images, architecture=architecture)
        if self._balanced:
            return image_scores.correct_of_classes(labels, logits)
        return image_scores.num_correct(labels, logits)[tf.newaxis]

    def reward(self, total: tf.Tensor) -> tf.Tensor:
        """The accuracy on a minibatch (section 4.1.1), or the balanced one."""
        if self._balanced:
            return image_scores.balanced_accuracy(total)
        return total[0] / self.units_per_batch("policy")

    @property
    def _balanced(self):
        return self.settings.policy.reward == "balanced_accuracy"

    def evaluate(self, network, batch, state):
        """Counts images, by the moving statistics."""
        images, labels = batch
        # The last batch need not do for all replicas, and a convolution of no
        # images returns a wrong shape in TF 2.20: one is added.
        images = tf.pad(images, [[0, 1], [0, 0], [0, 0], [0, 0]])
        logits = network(images)[:-1]
        counts = {"correct": image_scores.num_correct(labels, logits)}
        # Where there are few classes, five guesses say nothing.
        if len(self.data.labels) > 10:
            counts["in top 5"] = image_scores.num_in_top_5(labels, logits)
        counts["images"] = tf.cast(tf.size(labels), tf.float32)
        return counts, state

    def evaluated(self, totals: dict[str, float]) -> dict[str, float]:
        """accuracy, in [0, 1]; top_5_accuracy, of many classes; images."""
        images = totals["images"]
        found = {"accuracy": totals["correct"] / images}
        if "in top 5" in totals:
            found["top_5_accuracy"] = totals["in top 5"] / images
        return found | {"images": int(images)}

    def provenance(self) -> dict[str, object]:
        found = {
            "num_classes": len(self.data.labels),
            "classes_fingerprint": self.data.classes_fingerprint(),
        }
        if self.data.files_fingerprint:
            found["files_fingerprint"] = self.data.files_fingerprint
        return found

    def check_result(self, result, directory) -> None:
        """Raises unless the data set is the one that was trained on.

        It has the same classes, and, if that is known, the same files: they
        decide which images were not trained on, and how all are standardised.
        """
        found = self.data.classes_fingerprint()
        if result.get("classes_fingerprint", found) != found:
            raise errors.RequestError(
                f"{self.data.name}: expected the {result.get('num_classes')} "
                f"classes that the run in {directory} was begun with, found "
                f"{len(self.data.labels)} of other names or in another order; "
                "give its --data_dir, or begin a run in another --model_dir"
            )
        found = self.data.files_fingerprint
        if found and result.get("files_fingerprint", found) != found:
            raise errors.RequestError(
                f"{self.data.name}: expected the files that the run in "
                f"{directory} was begun with, found others in --data_dir; "
                "restore them, or begin a run in another --model_dir"
            )


@contextlib.contextmanager
def _computing_in(precision):
    """Layers that are made in the context compute by this policy of Keras."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
