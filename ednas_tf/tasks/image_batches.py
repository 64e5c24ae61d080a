"""The batches of image classification: which images which steps read."""

from __future__ import annotations

from ednas_tf import errors, seeds
from ednas_tf.data.images import image_data, pipeline
from ednas_tf.settings import schema
from ednas_tf.tasks import image_sizes

#: The most folds of few images.
_FOLDS = 5


class ImageBatches:
    """Splits the training images, and makes the batches of all steps.

    A search keeps some training images for its policy steps, and a training may
    keep some to validate on. Both choices are functions of the seed. A data set
    with validation images of its own has both use these.

    Args:
      settings: the settings of the run, without sizes of 0.
      data: the data set.
      fold: number of the fold, less than `folds`.

    Attributes:
      folds: number of parts of the training images that can be validation
        images in turn; 1 if there are enough of them.
      child, policy: the images of child steps and of policy steps.
      train: the images of a training.
      validation: the images that a training validates on; None without any.
    """

    def __init__(
        self,
        settings: schema.Settings,
        data: image_data.ImageData,
        fold: int = 0,
    ):
        self._settings = settings
        self._data = data
        self.folds = 1
        if data.validation is not None:
            _check_given(settings, len(data.validation))
            self.child, self.policy = data.train, data.validation
            self.train, self.validation = data.train, data.validation
            return
        validation_images = settings.data.validation_images
        self.child, self.policy = image_data.split_train(
            data.train,
            validation_images,
            seeds.derive(settings.seed, "split"),
            fold=fold,
        )
        if validation_images < image_sizes.FEW:
            self.folds = min(_FOLDS, len(data.train) // validation_images)
        self.train, self.validation = data.train, None
        if settings.train.validation_images:
            self.train, self.validation = image_data.split_train(
                data.train,
                settings.train.validation_images,
                seeds.derive(settings.seed, "train split"),
                "train.validation_images",
            )

    def size(self, kind: str) -> int:
        """Number of images in a batch, over all replicas.

        Args:
          kind: "child" or "train"; any other batch has the size of "policy".
        """
        sizes = {
            "child": self._settings.search.batch_size,
            "train": self._settings.train.batch_size,
        }
        return sizes.get(kind, self._settings.policy.batch_size)

    def steps(self, kind: str, replicas: int) -> int:
        """Number of steps in a pass over the images of "child", and so on.

        Raises:
          RequestError: there are fewer images than in a batch, or the replicas
            cannot share a batch evenly.
        """
        section = {"child": "search"}.get(kind, kind)
        return pipeline.steps_per_pass(
            f"{section}.batch_size",
            self.size(kind),
            len(getattr(self, kind)),
            replicas,
        )

    def endless(
        self,
        strategy,
        split: image_data.AnySplit,
        purpose: str,
        start_step: int,
        augment: schema.Augmentation | None,
    ):
        """Makes endless batches of a split in random order.

        Args:
          strategy: the tf.distribute strategy that distributes them.
          split: the images.
          purpose: "child", "policy", "train" or another name: it chooses the
            size and the order.
          start_step: number of steps before the first batch.
          augment: random changes of the images; None for none.
        """

        def make(context):
            return pipeline.training_batches(
                split,
                self._data,
                self.size(purpose),
                seeds.derive(self._settings.seed, f"{purpose} images"),
                start_step,
                augment,
                context,
            )

        return strategy.distribute_datasets_from_function(make)

    def evaluation(self, strategy, test: bool):
        """Makes batches of the test or validation images, each image once."""
        split = self._data.test if test else self.validation
        return strategy.experimental_distribute_dataset(
            pipeline.evaluation_batches(split, self._data, self.size("train"))
        )


def _check_given(settings: schema.Settings, given: int) -> None:
    """Refuses settings that would draw validation images where some are given.

    Args:
      settings: the settings of the run.
      given: number of validation images that came with the data set.
    """
    for setting, found, expected in (
        ("data.validation_images", settings.data.validation_images, given),
        ("train.validation_images", settings.train.validation_images, 0),
    ):
        if found != expected:
            raise errors.RequestError(
                f"{setting}: expected {expected}, because the data set has "
                f"{given} validation images of its own, found {found}; omit "
                "this setting"
            )
