"""How well images are classified: losses and counts."""

from __future__ import annotations

import math

from ednas_tf import errors
from ednas_tf.lazy import tf

#: Largest standard error of an accuracy on all validation images.
LARGEST_ERROR = 0.05


def cross_entropy(
    labels: tf.Tensor, logits: tf.Tensor, smoothing: float = 0.0
) -> tf.Tensor:
    """Cross-entropy in nats, summed over the images.

    Args:
      labels: int32 [batch].
      logits: float32 [batch, classes].
      smoothing: share of the target that all classes have in common (Szegedy
        et al., 2016).
    """
    if not smoothing:
        return tf.reduce_sum(
            tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
        )
    classes = logits.shape[-1]
    targets = tf.one_hot(labels, classes, 1 - smoothing) + smoothing / classes
    return tf.reduce_sum(
        tf.nn.softmax_cross_entropy_with_logits(targets, logits)
    )


def num_correct(labels: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """How many images are put into their class, a float32 scalar.

    Not a number where a logit is not finite: argmax takes a row of NaN for
    class 0.
    """
    found = tf.argmax(logits, -1, labels.dtype)
    correct = tf.reduce_sum(tf.cast(found == labels, tf.float32))
    finite = tf.reduce_all(tf.math.is_finite(logits))
    return tf.where(finite, correct, math.nan)


def correct_of_classes(labels: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """What `balanced_accuracy` is computed of, to be added up.

    Args:
      labels: int32 [batch].
      logits: float32 [batch, classes].

    Returns:
      float32 [2 * classes]: images of each class that are put into it, and
      images of each class. The first are not numbers if a logit is not finite.
    """
    classes = logits.shape[-1]
    found = tf.argmax(logits, -1, labels.dtype)
    finite = tf.reduce_all(tf.math.is_finite(logits))
    own = tf.one_hot(labels, classes)
    correct = tf.cast(found == labels, tf.float32)[:, tf.newaxis] * own
    correct = tf.where(finite, tf.reduce_sum(correct, 0), math.nan)
    return tf.concat([correct, tf.reduce_sum(own, 0)], 0)


def balanced_accuracy(counts: tf.Tensor) -> tf.Tensor:
    """The mean of the accuracies of all classes that there are images of.

    Args:
      counts: as `correct_of_classes` has them, or sums or means of that.
    """
    correct, images = tf.split(counts, 2)
    present = tf.cast(images > 0, tf.float32)
    accuracies = tf.math.divide_no_nan(correct, images)
    return tf.reduce_sum(accuracies) / tf.reduce_sum(present)


def num_in_top_5(labels: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """How many images have their class among five, a float32 scalar."""
    return tf.reduce_sum(
        tf.cast(tf.math.in_top_k(labels, logits, 5), tf.float32)
    )


def warn_of_few(images: int) -> None:
    """Warns of validation images that are too few to tell rewards apart."""
    # Of an accuracy of one half, the largest there is.
    error = 0.5 / math.sqrt(images)
    if error > LARGEST_ERROR:
        errors.warn(
            f"data.validation_images: {images} images give an accuracy to "
            f"{error:.2f} only, by which architectures can hardly be told "
            f"apart; {math.ceil((0.5 / LARGEST_ERROR) ** 2)} or more are needed"
        )
