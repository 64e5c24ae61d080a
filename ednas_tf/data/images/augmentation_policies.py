"""Policies of augmentation: AutoAugment and RandAugment.

The Model Garden's classes of these names draw from TensorFlow's stateful
generator: what they did to an image would depend on all that was drawn before,
and neither a resumed run nor several replicas would see the same. Here they
are given what is drawn. Its operations and learnt policies are used
(`image_operations`).
"""

from __future__ import annotations

from collections.abc import Sequence

from ednas_tf.data.images import image_operations
from ednas_tf.lazy import tf

#: What RandAugment draws from (Cubuk et al., 2020, section 3).
RAND_AUGMENT = (
    *("Identity", "AutoContrast", "Equalize", "Rotate", "Solarize", "Color"),
    *("Posterize", "Contrast", "Brightness", "Sharpness"),
    *("ShearX", "ShearY", "TranslateX", "TranslateY"),
)

# Operations that are the same at every level.
_LEVELLESS = ("AutoContrast", "Equalize", "Invert")


class Policy:
    """Applies to each image operations that are drawn for it.

    Args:
      choices: sub-policies, all of the same length: for each operation in turn
        its name, the probability that it is applied, and its level. One is
        drawn for an image, all being equally likely.
      repeats: so many are drawn, one after the other.

    Attributes:
      operations: (name, level) of what an image can undergo, each once.
      num_fractions: the random numbers that one image needs.
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
        # Traced once for all layers: equalising alone is 100 nodes.
        self._layer = tf.function(self._apply_layer, autograph=False)

    def decide(self, fractions: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """What happens to images, by random numbers.

        Args:
          fractions: float32 [n, num_fractions], uniform in [0, 1).

        Returns:
          Indices into `operations`, int32, and directions, 1 or -1, float32;
          both [n, layers] with layers = repeats * length of a sub-policy.
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
        """The changed images.

        Args:
          images: uint8 [n, height, width, 3], of known shape.
          numbers, signs: as `decide` gives them.

        Returns:
          uint8 of the same shape.
        """
        for layer in range(numbers.shape[1]):
            images = self._layer(images, numbers[:, layer], signs[:, layer])
        return images

    def _apply_layer(self, images, numbers, signs):
        """One operation an image.

        Images of the same operation go together: with a `switch_case` for
        each image it took two to three times as long.
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
    """RandAugment: so many operations in turn, all equally likely.

    Args:
      layers: operations an image, N in the paper.
      magnitude: their level, M, from 0 to 10.
    """
    return Policy([[(name, 1.0, magnitude)] for name in RAND_AUGMENT], layers)


def auto_augment(name: str) -> Policy:
    """A learnt policy of AutoAugment, of 25 pairs of operations.

    Args:
      name: "reduced_cifar10", "svhn" or "reduced_imagenet".
    """
    from official.vision.ops import augment

    return Policy(getattr(augment.AutoAugment, f"policy_{name}")())


def _key(name, level):
    return name, 0 if name in (*_LEVELLESS, "Identity") else level
