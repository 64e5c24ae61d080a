"""What comes before the cells, and the auxiliary head that fits it.

Both are lists of stages, as the operations are: the network runs them, and its
size is told from them. As in DARTS (Liu et al., 2019), whose networks the paper
takes over.
"""

import dataclasses

from ednas_tf import ops
from ednas_tf.lazy import tf
from ednas_tf.ops import shapes

#: Channels of the CIFAR stem, as multiples of those of the first cell.
CIFAR_MULTIPLIER = 3

#: The side of the largest images that get the CIFAR stem of themselves.
MOST_CIFAR = 64

#: Channels within the auxiliary head.
AUXILIARY_CHANNELS = (128, 768)


@dataclasses.dataclass(frozen=True)
class Stem:
    """The stages before the first cell.

    Attributes:
      parts: run one after the other; the outputs of the last two, or of the
        only one twice, are the inputs of the first cell.
      channels: of each part's output.
      stride: how many times fewer rows and columns the last output has.
      auxiliary_stride: of the auxiliary head's pooling.
      auxiliary_norms: whether the head's 1 x 1 and 2 x 2 convolutions are
        followed by a batch norm.
      auxiliary_size: rows and columns that the head needs, at least.
    """

    parts: tuple[ops.Stages, ...]
    channels: tuple[int, ...]
    stride: int
    auxiliary_stride: int
    auxiliary_norms: tuple[bool, bool]
    auxiliary_size: int

    @property
    def halves(self) -> bool:
        """Whether the first cell's input 0 is twice as large as input 1."""
        return len(self.parts) > 1

    def auxiliary_stages(self, channels: int) -> ops.Stages:
        """Those of the auxiliary head, for an input of so many channels.

        A global average pooling and a dense layer follow.
        """
        small, large = AUXILIARY_CHANNELS
        stride = self.auxiliary_stride

        def pool(x):
            return tf.nn.avg_pool2d(x, 5, stride, "VALID")

        pooling = ops.Stage(pool, output_shape=shapes.within(5, stride))
        norms = [[ops.BatchNorm()] * norm for norm in self.auxiliary_norms]
        return (
            *(ops.relu(), pooling),
            *(_convolution(1, channels, small), *norms[0], ops.relu()),
            *(_convolution(2, small, large, 1, "VALID"), *norms[1], ops.relu()),
        )


def fitting(name: str, image_shape: tuple[int, int, int]) -> str:
    """The stem that is meant: of "auto", the one for images of this shape."""
    if name != "auto":
        return name
    return "cifar" if max(image_shape[:2]) <= MOST_CIFAR else "imagenet"


def make(name: str, image_channels: int, channels: int) -> Stem:
    """The stem `name`, "cifar" or "imagenet".

    Args:
      image_channels: of the images.
      channels: of a node of the first cells.
    """
    if name == "cifar":
        out = CIFAR_MULTIPLIER * channels
        return Stem(
            ((_convolution(3, image_channels, out), ops.BatchNorm()),),
            *((out,), 1, 3, (True, True), 8),
        )
    half = channels // 2
    # The head's second norm is left out, as by the authors of DARTS.
    return Stem(
        (
            (
                *(_convolution(3, image_channels, half, 2), ops.BatchNorm()),
                ops.relu(),
                *(_convolution(3, half, channels, 2), ops.BatchNorm()),
            ),
            (
                ops.relu(),
                *(_convolution(3, channels, channels, 2), ops.BatchNorm()),
            ),
        ),
        *((channels, channels), 8, 2, (True, False), 7),
    )


def _convolution(size, in_channels, channels, stride=1, padding="SAME"):
    def forward(x, kernel):
        return tf.nn.conv2d(x, kernel, stride, padding)

    shape = (size, size, in_channels, channels)
    if padding == "SAME":
        output_shape = shapes.padded(stride, channels)
    else:
        output_shape = shapes.within(size, stride, channels)
    return ops.Stage(forward, (shape,), output_shape=output_shape)
