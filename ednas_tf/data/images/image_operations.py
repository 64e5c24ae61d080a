"""The operations on images that policies of augmentation are made of.

They are the Model Garden's, without its random numbers. One maps

  images: uint8 [n, height, width, 3], with n from 0 on and the rest known,
  signs: float32 [n] of 1 and -1, the direction for what has one,

to images of the same shape. What becomes of an image does not depend on those
beside it: replicas with different shares must get the same bits.

The Model Garden itself is imported where an operation is asked for, as that
takes a second.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from ednas_tf.lazy import tf

Operation = Callable[["tf.Tensor", "tf.Tensor"], "tf.Tensor"]

#: The highest level of an operation.
MOST = 10

#: What is shown where an image was moved away; the Model Garden's value.
_GREY = 128

# These look at all of an image, so that they take one at a time.
_SINGLE = ("AutoContrast", "Equalize", "Sharpness")


def operation(name: str, level: float) -> Operation:
    """The operation of a name as in AutoAugment's paper, at a level.

    Levels become arguments by the Model Garden's rules, with three exceptions,
    in which they do so as in AutoAugment's own code, which the levels of its
    policies were learnt with. Translations grow with the image: by level 10
    they move 32 pixels by 10. Solarize inverts what is at or above
    256 - 25.6 level, and Posterize keeps 4 - 0.4 level bits, at least one; the
    Model Garden counts these two the other way round, a high level being weak.

    Args:
      name: "Identity", or one that the Model Garden has.
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
    # 256 would wrap round to 0.
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


# The Model Garden's own functions that move an image repeat it beyond its
# border as a mirror does. The learnt policies took the mean colour.


def _moved(images, rows):
    """Moves images, and paints grey what was outside of them.

    Args:
      images: uint8 [n, height, width, 3].
      rows: six numbers, or tensors [n] of them; where a pixel (x, y) comes from
        is (r0 x + r1 y + r2, r3 x + r4 y + r5), to the nearest.
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
    """About the centre, by 30 degrees at level 10."""
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
