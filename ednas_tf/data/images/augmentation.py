"""Random changes of training images that keep their class.

The settings are those of the class `Augmentation` in `settings/schema.py`. The
changes are applied in its order, which is the usual one: crop, flip, policy,
and finally cutout on the standardised images.
"""

from __future__ import annotations

from ednas_tf import errors
from ednas_tf.data import draws
from ednas_tf.data.images import augmentation_policies
from ednas_tf.data.images.image_data import ImageData
from ednas_tf.lazy import tf


class Augmenter:
    """Draws random changes for the images of a step and applies them.

    Args:
      settings: an `Augmentation`.
      data: the data set, which gives the crop's padding and says whether its
        images may be flipped.
      image_shape: height, width and channels.
      seed: equal seeds give equal changes, different seeds independent ones.
      shape: number of replicas, and images per replica.

    Raises:
      RequestError: see `check`.
    """

    def __init__(
        self,
        settings,
        data: ImageData,
        image_shape: tuple[int, int, int],
        seed: int,
        shape: list[int],
    ):
        check(settings, image_shape)
        self._height, self._width, _ = image_shape
        self._seed, self._shape = seed, shape
        self._padding = data.crop_padding if settings.crop else 0
        self._flip = data.flip and settings.flip
        self._policy = _policy(settings)
        self._side = settings.cutout

    def distort(
        self, images: tf.Tensor, step: tf.Tensor, replica: tf.Tensor
    ) -> tf.Tensor:
        """Crops, flips and applies the policy to one replica's share of a step.

        Args:
          images: uint8 [share, height, width, channels].
          step, replica: int64 scalars.

        Returns:
          uint8 of the same shape.
        """
        at = self._seed, step, self._shape
        if self._padding or self._flip:
            offsets = draws.offsets(*at, 2 * self._padding)[replica]
            flips = draws.flips(*at)[replica] & self._flip
            images = crop_and_flip(images, offsets, flips, self._padding)
        if self._policy:
            shape = [*self._shape, self._policy.num_fractions]
            fractions = draws.fractions(self._seed, step, shape)[replica]
            images = self._policy.apply(images, *self._policy.decide(fractions))
        return images

    def blank(
        self, images: tf.Tensor, step: tf.Tensor, replica: tf.Tensor
    ) -> tf.Tensor:
        """Applies cutout to one replica's share of a step, once standardised.

        Args:
          images: float32 [share, height, width, channels] with mean 0.
          step, replica: int64 scalars.

        Returns:
          float32 of the same shape.
        """
        if not self._side:
            return images
        centres = draws.pixels(
            self._seed, step, self._shape, self._height, self._width
        )
        return cutout(images, centres[replica], self._side)


def check(settings, image_shape: tuple[int, int, int]) -> None:
    """Checks that images of this shape can be augmented with these settings.

    Args:
      settings: an `Augmentation`.
      image_shape: height, width and channels.

    Raises:
      RequestError: a policy is requested but the images do not have three
        channels; or the square of cutout is larger than the image.
    """
    height, width, channels = image_shape
    if settings.policy != "none" and channels != 3:
        raise errors.RequestError(
            f"train.augmentation.policy: {settings.policy!r} needs images with "
            f"3 channels, found {channels}; set it to none"
        )
    if settings.cutout > min(height, width):
        raise errors.RequestError(
            f"train.augmentation.cutout: expected 0 to {min(height, width)}, "
            f"because the images are {height} x {width} pixels, found "
            f"{settings.cutout}; use at most half of that, or 0 for no cutout"
        )


def crop_and_flip(
    images: tf.Tensor, offsets: tf.Tensor, flips: tf.Tensor, padding: int
) -> tf.Tensor:
    """Pads images with zeros, crops them to their size and mirrors some.

    Args:
      images: [batch, height, width, channels] with static height and width.
      offsets: int32 [batch, 2], the upper row and left column of the crop in
        the padded image, 0 to 2 * padding.
      flips: bool [batch], whether to mirror each image left to right.
      padding: pixels added on each of the four sides.

    Returns:
      A tensor of the shape and type of `images`.
    """
    batch, height, width, channels = images.shape
    around = [padding, padding]
    padded = tf.pad(images, [[0, 0], around, around, [0, 0]])
    _, padded_height, padded_width, _ = padded.shape
    rows = offsets[:, :1] + tf.range(height)
    columns = offsets[:, 1:] + tf.range(width)
    columns = tf.where(flips[:, None], columns[:, ::-1], columns)
    # Gathering single pixels once is faster than one gather per dimension.
    image = tf.range(batch)[:, None, None] * (padded_height * padded_width)
    pixels = image + rows[:, :, None] * padded_width + columns[:, None, :]
    return tf.gather(tf.reshape(padded, [-1, channels]), pixels)


def cutout(images: tf.Tensor, centres: tf.Tensor, side: int) -> tf.Tensor:
    """Sets a square of each image to 0 (DeVries and Taylor, 2017).

    The square may extend beyond the border: for a centre (y, x), the rows from
    y - side // 2 to y - side // 2 + side - 1 are blanked where they exist, and
    the columns likewise.

    The Model Garden's function of this name takes one uint8 image at a time
    and draws the centre from TensorFlow's stateful generator.

    Args:
      images: float32 [batch, height, width, channels] with mean 0 and a static
        shape.
      centres: int32 [batch, 2], a row and a column for each image.
      side: side length of the square in pixels.

    Returns:
      A tensor of the shape and type of `images`.
    """
    batch, height, width, channels = images.shape

    def blank(centre, size):
        distance = tf.range(size) - (centre[:, None] - side // 2)
        return (distance >= 0) & (distance < side)

    rows, columns = blank(centres[:, 0], height), blank(centres[:, 1], width)
    # Work on rows of width * channels values: broadcasting the mask over the
    # channels takes three times as long.
    columns = tf.repeat(columns, channels, axis=1)
    lines = tf.reshape(images, [batch, height, width * channels])
    lines = tf.where(rows[:, :, None] & columns[:, None, :], 0.0, lines)
    return tf.reshape(lines, images.shape)


def _policy(settings) -> augmentation_policies.Policy | None:
    if settings.policy == "auto_augment":
        return augmentation_policies.auto_augment(settings.auto_augment)
    if settings.policy == "rand_augment":
        return augmentation_policies.rand_augment(
            settings.rand_augment_layers, settings.rand_augment_magnitude
        )
    return None
