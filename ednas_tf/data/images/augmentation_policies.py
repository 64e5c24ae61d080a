"""Augmentation policies: AutoAugment and RandAugment.

The Model Garden's classes of these names draw from TensorFlow's stateful
generator, so that the changes of an image would depend on all earlier draws;
neither a resumed run nor a run on several replicas would repeat them. The
classes here take the random numbers as arguments. They use the Model Garden's
operations (through `image_operations`) and its learnt policies.
"""

from __future__ import annotations

from collections.abc import Sequence

from ednas_tf.data.images import image_operations
from ednas_tf.lazy import tf

#: The operations that RandAugment chooses from (Cubuk et al., 2020, section 3).
RAND_AUGMENT = (
    *("Identity", "AutoContrast", "Equalize", "Rotate", "Solarize", "Color"),
    *("Posterize", "Contrast", "Brightness", "Sharpness"),
    *("ShearX", "ShearY", "TranslateX", "TranslateY"),
)

# Operations that ignore their level.
_LEVELLESS = ("AutoContrast", "Equalize", "Invert")


class Policy:
    """Applies randomly chosen operations to each image.

    Args:
      choices: sub-policies, all of the same length. A sub-policy lists, for
        each operation in turn, its name, the probability that it is applied,
        and its level. All sub-policies are equally likely to be chosen.
      repeats: number of sub-policies applied to each image, one after another.

    Attributes:
      operations: the distinct (name, level) pairs that can be applied.
      num_fractions: number of random numbers needed for each image.
    """

    def __init__(
        self,
        choices: Sequence[Sequence[tuple[str, float, float]]],
        repeats: int = 1,
    ):
        self._repeats = repeats
        self._num_choices, self._length = len(choices), len(choices[0])
        named = [[_key(name, level) for name, _, level in c] for c in choices]
        nothing = ("Identity", 0)
        others = {key for keys in named for key in keys} - {nothing}
        self.operations = [nothing, *sorted(others)]
        self._numbers = [[self.operations.index(k) for k in c] for c in named]
        self._probabilities = [[p for _, p, _ in choice] for choice in choices]
        self.num_fractions = repeats * (1 + 2 * self._length)
        self._functions = [
            image_operations.operation(*key) for key in self.operations
        ]
        # Traced once for all layers: equalising alone takes 100 graph nodes.
        self._layer = tf.function(self._apply_layer, autograph=False)

    def decide(self, fractions: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Chooses the operations for images from random numbers.

        Args:
          fractions: float32 [n, num_fractions], uniform in [0, 1).

        Returns:
          Indices into `operations`, int32, and directions, 1 or -1, float32;
          both [n, layers] with layers = repeats * (length of a sub-policy).
        """
        length = self._length
        fractions = tf.reshape(fractions, [-1, self._repeats, 1 + 2 * length])
        choice = tf.cast(fractions[..., 0] * self._num_choices, tf.int32)
        probabilities = tf.gather(self._probabilities, choice)
        applied = fractions[..., 1 : 1 + length] < probabilities
        numbers = tf.where(applied, tf.gather(self._numbers, choice), 0)
        signs = tf.where(fractions[..., 1 + length :] < 0.5, -1.0, 1.0)
        layers = [-1, self._repeats * length]
        return tf.reshape(numbers, layers), tf.reshape(signs, layers)

    def apply(
        self, images: tf.Tensor, numbers: tf.Tensor, signs: tf.Tensor
    ) -> tf.Tensor:
        """Applies the chosen operations to images.

        Args:
          images: uint8 [n, height, width, 3] with a static shape.
          numbers, signs: the operations and directions from `decide`.

        Returns:
          uint8 of the same shape.
        """
        for layer in range(numbers.shape[1]):
            images = self._layer(images, numbers[:, layer], signs[:, layer])
        return images

    def _apply_layer(self, images, numbers, signs):
        """Applies one operation to each image.

        Images with the same operation are processed together: one
        `switch_case` per image took two to three times as long.
        """
        places = tf.dynamic_partition(
            tf.range(images.shape[0]), numbers, len(self._functions)
        )
        changed = [
            function(tf.gather(images, place), tf.gather(signs, place))
            for function, place in zip(self._functions, places, strict=True)
        ]
        return tf.ensure_shape(tf.dynamic_stitch(places, changed), images.shape)


def rand_augment(layers: int, magnitude: float) -> Policy:
    """RandAugment: applies `layers` operations, all equally likely.

    Args:
      layers: operations per image, N in the paper.
      magnitude: level of the operations, M in the paper, from 0 to 10.
    """
    return Policy([[(name, 1.0, magnitude)] for name in RAND_AUGMENT], layers)


def auto_augment(name: str) -> Policy:
    """A learnt AutoAugment policy, made of 25 pairs of operations.

    Args:
      name: "reduced_cifar10", "svhn" or "reduced_imagenet".
    """
    from official.vision.ops import augment

    return Policy(getattr(augment.AutoAugment, f"policy_{name}")())


def _key(name, level):
    return name, 0 if name in (*_LEVELLESS, "Identity") else level
