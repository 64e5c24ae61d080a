"""Losses and counts that say how well images are classified."""

from __future__ import annotations

import math

from ednas_tf import errors, wording
from ednas_tf.lazy import tf

#: A warning is printed if the standard error of an accuracy on all validation
#: images can be larger than this.
LARGEST_ERROR = 0.05
#: A standard normal number is as far from 0 as this in 5 % of all cases.
_NORMAL = 1.959964


def cross_entropy(
    labels: tf.Tensor, logits: tf.Tensor, smoothing: float = 0.0
) -> tf.Tensor:
    """Computes the cross-entropy in nats, summed over the images.

    Args:
      labels: int32 [batch].
      logits: float32 [batch, classes].
      smoothing: share of the target distribution that is spread evenly over all
        classes (label smoothing: Szegedy et al., 2016).
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


def log_likelihood(labels: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """Computes the log-likelihood of the labels in nats, summed over images.

    It is not finite if a logit is not.
    """
    return -cross_entropy(labels, logits)


def num_correct(labels: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """Counts the images that are classified correctly, a float32 scalar.

    It is NaN if a logit is not finite: argmax alone would take a row of NaN for
    class 0.
    """
    found = tf.argmax(logits, -1, labels.dtype)
    correct = tf.reduce_sum(tf.cast(found == labels, tf.float32))
    finite = tf.reduce_all(tf.math.is_finite(logits))
    return tf.where(finite, correct, math.nan)


def correct_of_classes(labels: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """Counts images by class, for `balanced_accuracy`.

    Args:
      labels: int32 [batch].
      logits: float32 [batch, classes].

    Returns:
      float32 [2 * classes]: for each class the number of its images that are
      classified correctly, then for each class the number of its images. The
      former are NaN if a logit is not finite.
    """
    classes = logits.shape[-1]
    found = tf.argmax(logits, -1, labels.dtype)
    finite = tf.reduce_all(tf.math.is_finite(logits))
    own = tf.one_hot(labels, classes)
    correct = tf.cast(found == labels, tf.float32)[:, tf.newaxis] * own
    correct = tf.where(finite, tf.reduce_sum(correct, 0), math.nan)
    return tf.concat([correct, tf.reduce_sum(own, 0)], 0)


def balanced_accuracy(counts: tf.Tensor) -> tf.Tensor:
    """Computes the mean of the accuracies of all classes that have images.

    Args:
      counts: what `correct_of_classes` returns; sums or means of it are as
        good.
    """
    correct, images = tf.split(counts, 2)
    present = tf.cast(images > 0, tf.float32)
    accuracies = tf.math.divide_no_nan(correct, images)
    return tf.reduce_sum(accuracies) / tf.reduce_sum(present)


def num_in_top_5(labels: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """Counts the images whose class is among the five likeliest, a float32."""
    return tf.reduce_sum(
        tf.cast(tf.math.in_top_k(labels, logits, 5), tf.float32)
    )


def wilson(correct: float, images: float) -> tuple[float, float]:
    """Computes the 95 % confidence interval of an accuracy.

    It is the score interval (Wilson, "Probable inference, the law of
    succession, and statistical inference", 1927), which is never empty, and
    never leaves [0, 1], however few images there are.

    Args:
      correct: number of images that are classified correctly.
      images: number of images, more than 0.

    Returns:
      The lower and the upper end.
    """
    spread = _NORMAL**2 / images
    accuracy = correct / images
    middle = (accuracy + spread / 2) / (1 + spread)
    half = math.sqrt(accuracy * (1 - accuracy) * spread + spread**2 / 4)
    half /= 1 + spread
    return max(0.0, middle - half), min(1.0, middle + half)


def few_images(images: int) -> str:
    """What to do instead of a search on so few training images."""
    return (
        f"{wording.count(images, 'training image')} are few for a search: a "
        "pretrained network that is fine-tuned is usually more accurate; "
        'docs/data.md has a recipe ("Is a search the right tool?")'
    )


def warn_of_few(images: int) -> None:
    """Warns if rewards on so few validation images are hard to tell apart."""
    # The standard error is largest for an accuracy of one half.
    error = 0.5 / math.sqrt(images)
    if error > LARGEST_ERROR:
        errors.warn(
            f"data.validation_images: {images} images cannot tell "
            "architectures apart: an accuracy on them has a standard error of "
            f"up to {error:.2f}; use at least "
            f"{math.ceil((0.5 / LARGEST_ERROR) ** 2)} images"
        )
