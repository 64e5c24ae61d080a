"""The image operations that augmentation policies are made of.

The operations come from the Model Garden, without its random numbers. Each one
maps

  images: uint8 [n, height, width, 3]; n may be 0, the other sizes are static,
  signs: float32 [n] of 1 and -1, the direction of operations that have one,

to images of the same shape. The result for an image never depends on the other
images of the batch: replicas with different shares must get identical bits.

The Model Garden is imported only when an operation is requested, because the
import takes a second.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from ednas_tf.lazy import tf

Operation = Callable[["tf.Tensor", "tf.Tensor"], "tf.Tensor"]

#: The highest level of an operation.
MOST = 10

#: The colour that fills the gap where an image was moved away; the Model
#: Garden uses the same value.
_GREY = 128

# These operations use statistics of the whole image, so they are applied to
# one image at a time.
_SINGLE = ("AutoContrast", "Equalize", "Sharpness")


def operation(name: str, level: float) -> Operation:
    """Returns an operation of AutoAugment's paper at a given level.

    Levels become arguments by the Model Garden's rules, with three exceptions
    that follow AutoAugment's original code instead, because its policies were
    learnt with that code. Translations grow with the image: at level 10 they
    move an image of 32 pixels by 10 pixels. Solarize inverts values at or above
    256 - 25.6 level, and Posterize keeps 4 - 0.4 level bits, at least one; in
    the Model Garden, high levels of these two operations are the weak ones.

    Args:
      name: "Identity", or the name of an operation of the Model Garden.
      level: 0 to 10.
    """
    if name == "Identity":
        return lambda images, signs: images
    if name in _MOVES:
        return lambda images, signs: _moved(
            images, _MOVES[name](images, level, signs)
        )
    from official.vision.ops import augment

    function = augment.NAME_TO_FUNC[name]
    arguments = _arguments(name, level)
    if name in _SINGLE:
        return lambda images, signs: tf.map_fn(
            lambda image: function(image, *arguments),
            images,
            parallel_iterations=1,
            fn_output_signature=tf.TensorSpec(images.shape[1:], tf.uint8),
        )
    # A threshold of 256 would wrap around to 0.
    if name == "Solarize" and arguments == (256,):
        return operation("Identity", level)
    return lambda images, signs: function(images, *arguments)


def _arguments(name, level):
    from official.vision.ops import augment

    rules = augment.level_to_arg(cutout_const=0, translate_const=0)
    arguments = rules[name](level)
    if name == "Solarize":
        return (256 - arguments[0],)
    if name == "Posterize":
        return (max(4 - arguments[0], 1),)
    return arguments


# The Model Garden's own functions reflect the image at its border when they
# move it. The learnt policies filled the gap with the mean colour instead.


def _moved(images, rows):
    """Moves images and fills the gaps with grey.

    Args:
      images: uint8 [n, height, width, 3].
      rows: six numbers or tensors [n], r0 to r5. The pixel (x, y) of the result
        is the nearest input pixel to (r0 x + r1 y + r2, r3 x + r4 y + r5).
    """
    from official.vision.ops import augment

    transforms = tf.stack(
        [
            tf.broadcast_to(tf.cast(row, tf.float32), tf.shape(images)[:1])
            for row in (*rows, 0, 0)
        ],
        axis=1,
    )
    moved = augment.transform(
        augment.wrap(images), transforms, fill_mode="constant"
    )
    return augment.unwrap(moved, [_GREY] * 3)


def _shear_x(images, level, signs):
    return 1, 0.3 * level / MOST * signs, 0, 0, 1, 0


def _shear_y(images, level, signs):
    return 1, 0, 0, 0.3 * level / MOST * signs, 1, 0


def _translate_x(images, level, signs):
    return 1, 0, int(level * images.shape[2] / 32) * signs, 0, 1, 0


def _translate_y(images, level, signs):
    return 1, 0, 0, 0, 1, int(level * images.shape[1] / 32) * signs


def _rotate(images, level, signs):
    """Rotates about the centre, by 30 degrees at level 10."""
    angle = math.radians(30 * level / MOST)
    cos, sin = math.cos(angle), math.sin(angle) * signs
    y, x = (images.shape[1] - 1) / 2, (images.shape[2] - 1) / 2
    return (
        *(cos, -sin, x - cos * x + sin * y),
        *(sin, cos, y - sin * x - cos * y),
    )


_MOVES = {
    "ShearX": _shear_x,
    "ShearY": _shear_y,
    "TranslateX": _translate_x,
    "TranslateY": _translate_y,
    "Rotate": _rotate,
}
