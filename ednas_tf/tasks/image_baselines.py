"""What a network for images must beat: a linear model of thumbnails."""

from __future__ import annotations

import warnings

import numpy as np

from ednas_tf import seeds
from ednas_tf.data.images import image_data, pipeline
from ednas_tf.lazy import tf

#: Side of a thumbnail in pixels, and the most training images that are used:
#: with them the model is made in seconds.
SIDE = 16
_MOST_IMAGES = 5000
_BATCH = 100
#: Inverse strengths of the penalty that are tried, and the share of the
#: training images that decides between them.
_TRIED, _KEPT = (0.001, 0.01, 0.1, 1.0), 0.2
_ITERATIONS = 100


def linear(data: image_data.ImageData, seed: int) -> dict[str, object]:
    """Fits a linear model to thumbnails of the training images, and tests it.

    It is logistic regression. A part of the training images chooses the
    strength of its penalty.

    Args:
      data: the data set.
      seed: chooses the training images if there are many.

    Returns:
      What `image_evaluation.counts` counts: "correct", "images", and "images of
      classes", a list.
    """
    generator = np.random.default_rng(seeds.derive(seed, "thumbnails"))
    order = generator.permutation(len(data.train))[:_MOST_IMAGES]
    images, classes = _thumbnails(data.train.take(order), data)
    kept = max(1, int(_KEPT * len(images)))

    def score(inverse):
        model = _fitted(inverse, images[kept:], classes[kept:])
        return np.mean(model.predict(images[:kept]) == classes[:kept])

    several = len(np.unique(classes[kept:])) > 1
    inverse = max(_TRIED, key=score) if several else _TRIED[0]
    model = _fitted(inverse, images, classes)
    thumbnails, labels = _thumbnails(data.test, data)
    return {
        "correct": float(np.sum(model.predict(thumbnails) == labels)),
        "images": float(len(labels)),
        "images of classes": np.bincount(labels).astype(float).tolist(),
    }


def _fitted(inverse, images, classes):
    """A linear model of images and their classes."""
    # The imports take a second, and not every run needs them.
    from sklearn import exceptions, linear_model

    model = linear_model.LogisticRegression(C=inverse, max_iter=_ITERATIONS)
    with warnings.catch_warnings():
        # After so many steps the model is good enough.
        warnings.simplefilter("ignore", exceptions.ConvergenceWarning)
        return model.fit(images, classes)


def _thumbnails(split, data):
    """Pixels float32 [n, features] and labels int32 [n] of all images."""
    found = []
    for images, labels in pipeline.evaluation_batches(split, data, _BATCH):
        sides = [min(SIDE, side) for side in images.shape[1:3]]
        small = tf.image.resize(images, sides, "area")
        found.append((small.numpy().reshape(len(labels), -1), labels.numpy()))
    return tuple(map(np.concatenate, zip(*found, strict=True)))
