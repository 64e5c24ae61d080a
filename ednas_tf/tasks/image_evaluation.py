"""What an evaluation on images counts, and the measures from these counts."""

from __future__ import annotations

import math

from ednas_tf.lazy import tf
from ednas_tf.tasks import image_scores


def counts(labels: tf.Tensor, logits: tf.Tensor) -> dict[str, tf.Tensor]:
    """Counts images, by what is counted.

    Args:
      labels: int32 [batch].
      logits: float32 [batch, classes].

    Returns:
      Float32 scalars, and "images of classes", float32 [classes].
    """
    classes = logits.shape[-1]
    found = {"correct": image_scores.num_correct(labels, logits)}
    # With few classes five guesses are right too easily.
    if classes > 10:
        found["in top 5"] = image_scores.num_in_top_5(labels, logits)
    found["images"] = tf.cast(tf.size(labels), tf.float32)
    found["images of classes"] = tf.reduce_sum(tf.one_hot(labels, classes), 0)
    return found


def metrics(totals: dict[str, object]) -> dict[str, float]:
    """The accuracy, what it can be compared with, and the number of images.

    accuracy_low and accuracy_high are its 95 % confidence interval;
    chance_accuracy is that of naming the largest class each time. With more
    than 10 classes there is top_5_accuracy, too. All are in [0, 1].

    Args:
      totals: sums of `counts`, a float or a list of floats each.
    """
    images, correct = totals["images"], totals["correct"]
    found = {"accuracy": correct / images}
    # What is not finite is refused by the trainer.
    if math.isfinite(correct):
        low, high = image_scores.wilson(correct, images)
        found |= {"accuracy_low": low, "accuracy_high": high}
    found["chance_accuracy"] = max(totals["images of classes"]) / images
    if "in top 5" in totals:
        found["top_5_accuracy"] = totals["in top 5"] / images
    return found | {"images": int(images)}
