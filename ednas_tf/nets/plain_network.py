"""A plain network of like cost, which a network that was found must beat.

It is the MobileNetV2 of Keras's applications (Sandler et al., "MobileNetV2:
Inverted residuals and linear bottlenecks", 2018) with random weights. It halves
height and width five times, which leaves nothing of a small image: images are
resized first.
"""

import dataclasses

import keras

from ednas_tf.nets import batch_norm, counting
from ednas_tf.nets.initializer import FanIn

#: The blocks: expansion, channels at width 1, number, stride of the first.
_BLOCKS = (
    *((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2)),
    *((6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)),
)
#: Channels of the first and of the last convolution. All numbers of channels
#: are multiples of _MULTIPLE.
_FIRST, _LAST, _MULTIPLE = 32, 1280, 8
#: Sides in pixels that images are resized to, at most _ENLARGED times as large,
#: beside their own.
_SIDES, _ENLARGED = (32, 64, 96, 128), 4
#: The widths that can be chosen, in hundredths. A network that is narrower than
#: _WORTH gets smaller images instead.
_WIDTHS = range(10, 201, 5)
_WORTH = 20


@dataclasses.dataclass(frozen=True)
class Plan:
    """The size of a plain network.

    Attributes:
      width: factor of all numbers of channels.
      sides: height and width that images are resized to, in pixels.
      counts: the size of the network; activations are not counted.
    """

    width: float
    sides: tuple[int, int]
    counts: counting.Counts

    def __str__(self) -> str:
        height, across = self.sides
        return (
            f"MobileNetV2 of width {self.width:g}, {height} x {across} pixels"
        )


def plan(
    multiply_adds: int, image_shape: tuple[int, int, int], num_classes: int
) -> Plan:
    """Plans the widest network that costs no more than another one.

    If even the narrowest one for the smallest images costs more, it is that
    one.

    Args:
      multiply_adds: those of the other network for one image.
      image_shape: height, width and channels of an image.
      num_classes: number of classes.
    """
    for sides in _sizes(*image_shape[:2]):
        found = None
        for hundredths in _WIDTHS:
            width = hundredths / 100
            counts = _count(width, sides, image_shape[2], num_classes)
            if found and counts.multiply_adds > multiply_adds:
                break
            found = Plan(width, sides, counts)
        fits = found.counts.multiply_adds <= multiply_adds
        if fits and found.width >= _WORTH / 100:
            break
    return found


def _sizes(height, width) -> list[tuple[int, int]]:
    """Sizes that images can be resized to, the largest first."""
    side = min(height, width)
    sides = {each for each in _SIDES if each <= _ENLARGED * side}
    sides |= {_SIDES[0], side} if side >= _SIDES[0] else {_SIDES[0]}
    return [
        (round(height * each / side), round(width * each / side))
        for each in sorted(sides, reverse=True)
    ]


def _channels(channels: float) -> int:
    """Keras's rounding of a number of channels."""
    found = max(
        _MULTIPLE, int(channels + _MULTIPLE / 2) // _MULTIPLE * _MULTIPLE
    )
    return found + _MULTIPLE * (found < 0.9 * channels)


def _count(width, sides, channels, num_classes):
    """Counts as `counting` does."""
    size = [-(-side // 2) for side in sides]
    before = _channels(_FIRST * width)
    multiply_adds = size[0] * size[1] * 9 * channels * before
    parameters = 9 * channels * before + 2 * before
    for expansion, filters, number, stride in _BLOCKS:
        after = _channels(int(filters * width))
        for i in range(number):
            inner = before * expansion
            if expansion > 1:
                multiply_adds += size[0] * size[1] * before * inner
                parameters += before * inner + 2 * inner
            if i == 0:
                size = [-(-side // stride) for side in size]
            weights = 9 * inner + inner * after
            multiply_adds += size[0] * size[1] * weights
            parameters += weights + 2 * inner + 2 * after
            before = after
    last = _channels(_LAST * width) if width > 1 else _LAST
    multiply_adds += size[0] * size[1] * before * last + last * num_classes
    parameters += before * last + 2 * last + (last + 1) * num_classes
    return counting.Counts(parameters, 0, multiply_adds, 0)


class PlainNetwork(keras.Model):
    """The network of a plan, in place of the one that was found.

    It has the first weights, and the momentum of the norms, of the networks
    that are found: with Keras's momentum a short training would end before the
    norms know their moments.

    Args:
      plan: the size of the network.
      image_shape: height, width and channels of an image.
      num_classes: number of classes.

    Attributes:
      num_drop_edges: 0, as drop path can drop nothing.
    """

    num_drop_edges = 0

    def __init__(
        self, plan: Plan, image_shape: tuple[int, int, int], num_classes: int
    ):
        super().__init__()
        self.resize = keras.layers.Resizing(*plan.sides)
        self.features = keras.applications.MobileNetV2(
            input_shape=(*plan.sides, image_shape[2]),
            alpha=plan.width,
            include_top=False,
            weights=None,
            pooling="avg",
        )
        for layer in self.features.layers:
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.momentum = batch_norm.MOMENTUM
                layer.epsilon = batch_norm.EPSILON
            elif hasattr(layer, "kernel"):
                layer.kernel.assign(FanIn()(layer.kernel.shape))
        self.dense = keras.layers.Dense(
            num_classes, kernel_initializer=FanIn(), dtype="float32"
        )
        self.dense.build([None, self.features.output.shape[-1]])

    def call(self, images, keep=None, training=False):
        """Maps images [batch, height, width, channels] to logits."""
        del keep  # It has no edges that could be dropped.
        x = self.resize(images)
        return self.dense(self.features(x, training=training))
