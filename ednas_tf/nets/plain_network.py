"""A plain network of like cost, which a network that was found must beat.

It is the MobileNet of Keras's applications (Howard et al., "MobileNets:
Efficient convolutional neural networks for mobile vision applications", 2017),
with random weights. It halves height and width five times, which leaves nothing
of a small image: small images are enlarged first.
"""

import dataclasses

import keras

from ednas_tf.nets import batch_norm, counting

#: Number of channels at width 1 and stride of each block after the first
#: convolution, which has _FIRST channels and stride 2.
_FIRST = 32
_BLOCKS = (
    *((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)),
    *([(512, 1)] * 5),
    *((1024, 2), (1024, 1)),
)
#: Keras demands images of this side in pixels. Small ones are enlarged to about
#: twice or four times as much if the cost allows it.
_LEAST_SIDE = 32
#: The widths that can be chosen, in hundredths. A network that is narrower than
#: _WORTH gets smaller images instead.
_WIDTHS = range(10, 201)
_WORTH = 15


@dataclasses.dataclass(frozen=True)
class Plan:
    """The size of a plain network.

    Attributes:
      width: factor of all numbers of channels.
      factor: integer by which height and width of the images are enlarged.
      counts: the size of the network.
    """

    width: float
    factor: int
    counts: counting.Counts

    def __str__(self) -> str:
        enlarged = f", images enlarged {self.factor} times"
        return f"MobileNet of width {self.width:g}" + enlarged * (
            self.factor > 1
        )


def plan(
    multiply_adds: int, image_shape: tuple[int, int, int], num_classes: int
) -> Plan:
    """Plans the widest network that costs no more than another one.

    If even the narrowest one costs more, it is that one.

    Args:
      multiply_adds: those of the other network for one image.
      image_shape: height, width and channels of an image.
      num_classes: number of classes.
    """
    for factor in reversed(_factors(min(image_shape[:2]))):
        found = None
        for hundredths in _WIDTHS:
            width = hundredths / 100
            counts = _count(width, factor, image_shape, num_classes)
            if found and counts.multiply_adds > multiply_adds:
                break
            found = Plan(width, factor, counts)
        if found.width * 100 >= _WORTH:
            break
    return found


def _factors(side: int) -> list[int]:
    """The factors by which images of this side can be enlarged, ascending."""
    least = -(-_LEAST_SIDE // side)
    return sorted({max(least, n * _LEAST_SIDE // side) for n in (1, 2, 4)})


def _count(width, factor, image_shape, num_classes):
    """Counts as `counting` does; activations are not counted."""
    height, across, channels = image_shape
    size = [-(-factor * side // 2) for side in (height, across)]
    first = int(_FIRST * width)
    multiply_adds = size[0] * size[1] * 9 * channels * first
    parameters = 9 * channels * first + 2 * first
    for filters, stride in _BLOCKS:
        size = [-(-side // stride) for side in size]
        last, pixels = int(filters * width), size[0] * size[1]
        multiply_adds += pixels * first * (9 + last)
        parameters += 9 * first + 2 * first + first * last + 2 * last
        first = last
    dense = first * num_classes
    return counting.Counts(
        parameters + dense + num_classes, 0, multiply_adds + dense, 0
    )


class PlainNetwork(keras.Model):
    """The network of a plan, in place of the one that was found.

    Its norms forget as fast as those of the networks that are found: with
    Keras's momentum a short training would end before they know their moments.

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
        height, width, channels = image_shape
        self.enlarge = keras.layers.UpSampling2D(plan.factor)
        self.features = keras.applications.MobileNet(
            input_shape=(plan.factor * height, plan.factor * width, channels),
            alpha=plan.width,
            include_top=False,
            weights=None,
            pooling="avg",
        )
        for layer in self.features.layers:
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.momentum = batch_norm.MOMENTUM
        self.dense = keras.layers.Dense(num_classes, dtype="float32")
        self.dense.build([None, self.features.output.shape[-1]])

    def call(self, images, keep=None, training=False):
        """Maps images [batch, height, width, channels] to logits."""
        del keep  # It has no edges that could be dropped.
        x = self.enlarge(images)
        return self.dense(self.features(x, training=training))
