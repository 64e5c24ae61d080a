"""The setting of all parts: CIFAR-10 at 16 x 16 pixels, and a small network.

20,000 training images, 5,000 validation images and 10,000 test images; 5 cells
of 8 channels; batches of 64. A training of `LENGTH` steps takes some five
minutes of processor time.
"""

import dataclasses

import numpy as np
import tensorflow as tf

from ednas_tf import searchers, seeds
from ednas_tf.data.images import image_data
from ednas_tf.loops import distribution
from ednas_tf.loops.short.short_training import ShortTraining
from ednas_tf.nets import architectures
from ednas_tf.searchers.policy_vectors import PolicyVectors
from ednas_tf.settings import resolve, schema
from ednas_tf.space import spaces
from ednas_tf.space.cell_space import CellSpace
from ednas_tf.space.genotype import Genotype
from ednas_tf.tasks import image_scores
from ednas_tf.tasks.image_classification import ImageClassification

#: Steps of a whole training: ten passes over the training images.
LENGTH = 3120
#: Numbers of images to train on, and to score architectures on.
TRAIN, VALIDATION = 20_000, 5_000


def settings(seed: int = 0, overrides: str = "") -> schema.Settings:
    """The settings of a search in this setting."""
    return resolve.resolve(
        "cifar10",
        overrides=f"seed={seed},data.validation_images={VALIDATION},"
        "search.network.cells=5,search.network.channels=8,"
        f"search.batch_size=64,policy.batch_size=125,{overrides}",
    )


def use_one_thread() -> None:
    """One thread computes: with two, small networks take more of both cores."""
    tf.config.threading.set_intra_op_parallelism_threads(1)


def images(data_dir: str | None) -> image_data.ImageData:
    """CIFAR-10 with each 2 x 2 pixels averaged."""
    data = image_data.load("cifar10", data_dir, False, image_data.Options())
    return dataclasses.replace(
        data,
        train=_halved(data.train.first(TRAIN + VALIDATION)),
        test=_halved(data.test),
        crop_padding=2,
    )


def _halved(split: image_data.Split) -> image_data.Split:
    count, height, width, channels = split.images.shape
    shape = count, height // 2, 2, width // 2, 2, channels
    mean = split.images.reshape(shape).mean((2, 4), dtype=np.float32)
    return image_data.Split(mean.round().astype(np.uint8), split.labels)


class Measured(ImageClassification):
    """Image classification that also scores on test images, and likelihoods.

    Attributes:
      scored: "policy" for the validation images, or "test".
    """

    scored = "policy"

    def search_steps(self, replicas):
        child, _ = super().search_steps(replicas)
        images = {"policy": VALIDATION, "test": len(self.data.test)}
        return child, images[self.scored] // self.units_per_batch("policy")

    def policy_batches(self, strategy, start_step, purpose="policy"):
        split = {"policy": self._batches.policy, "test": self.data.test}
        return self._batches.endless(
            *(strategy, split[self.scored], purpose, start_step), None
        )

    def score(self, supernet, batch, architecture):
        """Accuracy and mean log-likelihood of a minibatch, float32 [2]."""
        images, labels = self._finished(batch)
        logits = supernet(images, architecture=architecture)
        correct = image_scores.num_correct(labels, logits)
        nats = image_scores.cross_entropy(labels, logits)
        return tf.stack([correct, -nats]) / tf.cast(tf.size(labels), tf.float32)

    def reward(self, total):
        """The accuracy."""
        return total[0]


def searcher(settings: schema.Settings, seed: int = 0):
    """The searcher of the settings, with fresh state."""
    searchers.complete(settings)
    return searchers.make(
        space(settings.search.space.name),
        seeds.derive(seed, "policies"),
        settings,
    )


def genotypes(
    count: int, seed: int = 0, name: str = "convolutional"
) -> list[Genotype]:
    """Architectures of a space, drawn at random, each as likely as another."""
    uniform = PolicyVectors(space(name), initial_stddev=0.0)
    sample = tf.function(uniform.sample, autograph=False)
    return [
        architectures.to_genotype(
            space(name), sample(tf.constant([seed, number]))
        )
        for number in range(count)
    ]


def space(name: str = "convolutional") -> CellSpace:
    """A space of cells; without a name the paper's convolutional one."""
    return spaces.default(name)


def trainer(task: Measured) -> ShortTraining:
    """Makes what trains one architecture after another."""
    strategy = distribution.strategy("one_device")
    return ShortTraining(task, task.settings, strategy)
