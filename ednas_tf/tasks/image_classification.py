"""Image classification: its data, networks, loss and reward."""

import math

import tensorflow as tf

from ednas_tf import errors, seeds
from ednas_tf.data import augmentation, image_data, pipeline
from ednas_tf.nets import (
    cell_network,
    counting,
    plan,
    precision,
    selection,
)
from ednas_tf.settings import schema
from ednas_tf.space import cell_space, genotype


class ImageClassification:
    """What the loops need to know of a data set of images.

    The test images are for `test_batches` alone.

    Args:
      settings: of the run.
      data: the images; by default those that the settings name are read.

    Attributes:
      space: the cells that can be searched.
      num_child_images, num_policy_images: in the two parts of a search's data.
    """

    def __init__(
        self,
        settings: schema.Settings,
        data: image_data.ImageData | None = None,
    ):
        self.settings = settings
        self.space = cell_space.convolutional_space(
            settings.search.space.nodes, settings.search.space.ops
        )
        runtime = settings.runtime
        self.data = data or image_data.load(
            settings.data.name, runtime.data_dir or None, runtime.download
        )
        self._child, self._policy = image_data.split_train(
            self.data.train,
            settings.data.validation_images,
            seeds.derive(settings.seed, "split"),
        )
        self.num_child_images = len(self._child.labels)
        self.num_policy_images = len(self._policy.labels)
        self._train, self._validation = self.data.train, None
        if settings.train.validation_images:
            self._train, self._validation = image_data.split_train(
                self.data.train,
                settings.train.validation_images,
                seeds.derive(settings.seed, "train split"),
                "train.validation_images",
            )
        self.num_train_images = len(self._train.labels)

    def check_search(self) -> None:
        """Raises `RequestError` if no supernet fits the images."""
        plan.check_size(
            "search", self.settings.search.network, self.image_shape
        )

    def check_train(self) -> None:
        """Raises `RequestError` if no derived network fits the images."""
        train = self.settings.train
        auxiliary = train.auxiliary_weight > 0
        plan.check_size("train", train.network, self.image_shape, auxiliary)
        augmentation.check(train.augmentation, self.image_shape)

    def warn(self) -> None:
        """Passes on what the data set remarks, once nothing can be refused."""
        if self.data.remark:
            errors.warn(self.data.remark)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        return self.data.train.images.shape[1:]

    def supernet(self) -> cell_network.CellNetwork:
        """The shared-weight network of the search, its weights made."""
        supernet = cell_network.supernet(
            self.space, self.settings.search.network, *self._ends()
        )
        return supernet.make_weights(
            self.image_shape, selection.first(self.space)
        )

    def child(
        self, described: genotype.Genotype, to_train: bool = True
    ) -> cell_network.CellNetwork:
        """The derived network of a genotype, its weights made.

        Args:
          described: the genotype.
          to_train: with an auxiliary head and in the precision that the
            settings ask for; else without one, in 32 bits.
        """
        train = self.settings.train
        with precision.policy(train.precision if to_train else "float32"):
            child = cell_network.derived_network(
                described,
                train.network,
                *self._ends(),
                auxiliary=to_train and train.auxiliary_weight > 0,
            )
            return child.make_weights(self.image_shape)

    def count(self, described: genotype.Genotype) -> counting.Counts:
        """The size of the derived network of a genotype."""
        return counting.count(
            described,
            self.settings.train.network,
            self.image_shape,
            len(self.data.labels),
            self.settings.train.auxiliary_weight > 0,
        )

    def _ends(self):
        """Channels of an image, and number of classes."""
        return self.image_shape[2], len(self.data.labels)

    def child_loss(self, labels: tf.Tensor, logits: tf.Tensor):
        """Cross-entropy in nats, summed over the images; and the logits."""
        total = tf.reduce_sum(
            tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
        )
        return total, logits

    def train_loss(self, labels: tf.Tensor, outputs):
        """The loss of a derived network in training.

        Cross-entropy with smoothed labels (Szegedy et al., 2016), and that of
        the auxiliary head with its weight.

        Args:
          labels: int32 [batch].
          outputs: of the network, with those of the auxiliary head if it has
            one.

        Returns:
          The loss in nats, summed over the images; the network's logits.
        """
        train = self.settings.train
        if not train.auxiliary_weight:
            return self._smoothed_loss(labels, outputs), outputs
        logits, auxiliary = outputs
        total = self._smoothed_loss(labels, logits)
        total += train.auxiliary_weight * self._smoothed_loss(labels, auxiliary)
        return total, logits

    def _smoothed_loss(self, labels, logits):
        share = self.settings.train.label_smoothing
        if not share:
            return self.child_loss(labels, logits)[0]
        classes = logits.shape[-1]
        targets = tf.one_hot(labels, classes, 1 - share) + share / classes
        return tf.reduce_sum(
            tf.nn.softmax_cross_entropy_with_logits(targets, logits)
        )

    def num_correct(self, labels: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
        """How many images are put into their class, a float32 scalar.

        The reward is this over the number of images: the accuracy on one
        minibatch (section 4.1.1). Not a number where a logit is not finite:
        argmax takes a row of NaN for class 0.
        """
        found = tf.argmax(logits, -1, labels.dtype)
        correct = tf.reduce_sum(tf.cast(found == labels, tf.float32))
        finite = tf.reduce_all(tf.math.is_finite(logits))
        return tf.where(finite, correct, math.nan)

    @property
    def tells_top_5(self) -> bool:
        """Whether classes are so many that five guesses say something."""
        return len(self.data.labels) > 10

    def num_in_top_5(self, labels: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
        """How many images have their class among five, a float32 scalar."""
        return tf.reduce_sum(
            tf.cast(tf.math.in_top_k(labels, logits, 5), tf.float32)
        )

    def child_batches(self, strategy, start_step: int):
        """Minibatches of the search's training images, cropped and flipped."""
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
        sizes = {
            "child": self.settings.search.batch_size,
            "train": self.settings.train.batch_size,
        }
        batch_size = sizes.get(purpose, self.settings.policy.batch_size)

        def make(context):
            return pipeline.training_batches(
                split,
                self.data,
                batch_size,
                seeds.derive(self.settings.seed, f"{purpose} images"),
                start_step,
                augment,
                context,
            )

        return strategy.distribute_datasets_from_function(make)

    def evaluation_batches(self, strategy, test: bool = False):
        """Images once, in order; the last batch may be short.

        Args:
          strategy: distributes them.
          test: the test images, in place of those that a training keeps for
            validation, of which there may be none.
        """
        split = self.data.test if test else self._validation
        return strategy.experimental_distribute_dataset(
            pipeline.evaluation_batches(
                split, self.data, self.settings.train.batch_size
            )
        )
