"""Image classification: its data, networks, loss and reward."""

import math

import tensorflow as tf

from ednas_tf import errors, seeds
from ednas_tf.data import image_data, pipeline
from ednas_tf.nets import cell_network, selection
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
        self.num_train_images = len(self.data.train.labels)

    def warn(self) -> None:
        """Passes on what the data set remarks, once nothing can be refused."""
        if self.data.remark:
            errors.warn(self.data.remark)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        return self.data.train.images.shape[1:]

    def supernet(self) -> cell_network.CellNetwork:
        """The shared-weight network of the search, its weights made."""
        network = self.settings.search.network
        supernet = cell_network.supernet(
            self.space, len(self.data.labels), network.cells, network.channels
        )
        supernet(
            tf.zeros([1, *self.image_shape]),
            selections=selection.first(self.space),
        )
        return supernet

    def child(self, described: genotype.Genotype) -> cell_network.CellNetwork:
        """The derived network of a genotype, its weights made."""
        network = self.settings.train.network
        child = cell_network.derived_network(
            described, len(self.data.labels), network.cells, network.channels
        )
        child(tf.zeros([1, *self.image_shape]))
        return child

    def loss(self, labels: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
        """Cross-entropy in nats, summed over the images."""
        return tf.reduce_sum(
            tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
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

    def child_batches(self, strategy, start_step: int):
        """Augmented minibatches of the search's training images."""
        return self._training_batches(
            strategy, self._child, "child", start_step
        )

    def policy_batches(self, strategy, start_step: int, purpose="policy"):
        """Minibatches of the search's validation images, as they are."""
        return self._training_batches(
            strategy, self._policy, purpose, start_step, augment=False
        )

    def train_batches(self, strategy, start_step: int):
        """Augmented minibatches of all training images."""
        return self._training_batches(
            strategy, self.data.train, "train", start_step
        )

    def _training_batches(
        self, strategy, split, purpose, start_step, augment=True
    ):
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

    def test_batches(self, strategy):
        """All test images once, in order; the last batch may be short."""
        return strategy.experimental_distribute_dataset(
            pipeline.evaluation_batches(
                self.data.test, self.data, self.settings.train.batch_size
            )
        )
