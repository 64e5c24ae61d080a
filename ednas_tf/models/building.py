"""Builds Keras models of derived networks, also with the weights of a run."""

import os
from collections.abc import Sequence

import keras

from ednas_tf import errors
from ednas_tf.models import run_weights
from ednas_tf.models.image_classifier import ImageClassifier
from ednas_tf.space.genotype import Genotype

#: The layers that `freeze` leaves as they are: they have to learn the classes.
_HEADS = ("classifier", "auxiliary_head")


@errors.in_python
def build(
    genotype: str | os.PathLike | Genotype | None = None,
    input_shape: tuple[int, int, int] | None = None,
    classes: int | Sequence[str] | None = None,
    *,
    cells: int | None = None,
    channels: int | None = None,
    stem: str | None = None,
    weights: str | os.PathLike | None = None,
    include_top: bool = True,
    freeze: bool = False,
    mean: float | Sequence[float] | None = None,
    stddev: float | Sequence[float] | None = None,
    value_range: tuple[float, float] = (0, 255),
    drop_path: float = 0.0,
    auxiliary_weight: float = 0.0,
    dtype: str | None = None,
    name: str | None = None,
) -> keras.Model:
    """Builds the network of an architecture as a Keras model.

    The model maps images to the probabilities of their classes. It can be
    compiled, fitted, saved and copied like any other:

        import ednas_tf

        model = ednas_tf.build(
            "darts_v2", (32, 32, 3), classes=10, cells=8, channels=16
        )
        model.compile("adam", "sparse_categorical_crossentropy")

    Standardisation is a part of the model. Images may be of any type, integer
    or float; `value_range` says what their values mean.

    Args:
      genotype: the architecture, see `ednas_tf.genotype`. With `weights` it is
        the run's, and must not be given.
      input_shape: height, width and number of channels of an image; by default
        those of the run.
      classes: number of classes, or the list of their names; by default those
        of the run. Other classes than the run's get a new classifier. Must not
        be given without top.
      cells: number of cells in the stack, at least 3; by default 20.
      channels: number of channels of a node of the first cells, at least 2; by
        default 36.
      stem: the layers before the first cell: "cifar" keeps height and width,
        "imagenet" divides both by 8, and "auto", the default, is "cifar" for
        images of at most 64 x 64 pixels. With `weights` these three are the
        run's, and must not be given.
      weights: the directory of a finished training, by `Found.train` or the
        command `python -m ednas_tf.train`, whose weights the model gets; or
        that of a run which has one in its folder `train`. By default weights
        are random. The data set of the training is read, too, for its classes
        and its mean.
      include_top: whether there is a classifier; if not, the output is the last
        cell's features, [batch, height, width, channels].
      freeze: whether only the classifier is trained; without top, nothing is.
        Frozen norms use and keep their moving statistics. Needs `weights`.
      mean: mean of the pixels, a number or one for each channel, for pixels
        scaled to [0, 1]; by default that of the run's data, or else 0.5.
      stddev: their standard deviation, in the same form; by default that of the
        run's data, or else 0.25.
      value_range: the pixel values of black and white, whatever the type of the
        images: by default (0, 255); (0, 1) for images that were divided by
        255; any other pair in which black is below white.
      drop_path: probability that the output of an edge is dropped for an image
        in training, see also `models.DropPathSchedule`.
      auxiliary_weight: weight in the loss of a second classifier in the middle
        of the network, which is trained with it; 0 for none. The paper's
        authors have 0.4 in their code.
      dtype: name of a precision policy of Keras, such as "mixed_bfloat16"; by
        default the global one.
      name: name of the model.

    Returns:
      An `ImageClassifier`.

    Raises:
      ValueError: an argument is wrong, images are too small for the network, or
        there is no finished training on images in the directory `weights`.
    """
    given = {
        "genotype": genotype,
        "input_shape": input_shape,
        "classes": classes,
        "cells": cells,
        "channels": channels,
        "stem": stem,
        "mean": mean,
        "stddev": stddev,
    }
    given = {key: value for key, value in given.items() if value is not None}
    _check_possible(given, include_top, freeze and weights is None)
    run = None
    if weights is not None:
        run = run_weights.load(weights)
        given = run.completed(given, include_top)
    _check_complete(given, include_top)
    model = ImageClassifier(
        **given,
        include_top=include_top,
        value_range=value_range,
        drop_path=drop_path,
        auxiliary_weight=auxiliary_weight,
        dtype=dtype,
        name=name,
    )
    if run:
        run.copy_to(model)
    if freeze:
        for layer in model.layers:
            layer.trainable = layer.name in _HEADS
    return model


def _check_possible(given, include_top, freezes_random):
    if not include_top and "classes" in given:
        raise errors.RequestError(
            "build: classes: expected none, because there is no classifier "
            f"without top, found {errors.shown(given['classes'])}; do not pass "
            "classes, or do not pass include_top"
        )
    if freezes_random:
        raise errors.RequestError(
            "build: freeze: expected False, because random weights have to be "
            "trained, found True; pass the directory of a training as weights"
        )


def _check_complete(given, include_top):
    needed = ("genotype", "input_shape", *["classes"] * include_top)
    missing = [name for name in needed if name not in given]
    if missing:
        raise errors.RequestError(
            f"build: {missing[0]}: expected a value, found None; give "
            f"{' and '.join(missing)}, or the directory of a training as "
            "weights"
        )
