"""Stems, which come before the cells, and the auxiliary heads that fit them.

Both are lists of stages, as operations are: a network runs them, and `counting`
counts them. They are those of DARTS (Liu et al., 2019), whose networks the
paper adopts.
"""

import dataclasses

from ednas_tf import ops
from ednas_tf.lazy import tf
from ednas_tf.ops import shapes

#: The stem "auto" is the CIFAR stem for images of at most this height and
#: width, in pixels.
MOST_CIFAR = 64

#: Output channels of the auxiliary head's two convolutions.
AUXILIARY_CHANNELS = (128, 768)


@dataclasses.dataclass(frozen=True)
class Stem:
    """The stages before the first cell.

    Attributes:
      parts: lists of stages that run one after the other. The outputs of the
        last two parts are the inputs of the first cell, or the output of the
        only part twice.
      channels: number of channels of each part's output.
      stride: height of the image divided by that of the last output.
      auxiliary_stride: stride of the auxiliary head's pooling.
      auxiliary_norms: whether a batch norm follows the 1 x 1 convolution of the
        auxiliary head, and its 2 x 2 convolution.
      auxiliary_size: least height and width of the auxiliary head's input.
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
        """The stages of the auxiliary head.

        Global average pooling and a dense layer follow them.

        Args:
          channels: number of channels of the head's input.
        """
        small, large = AUXILIARY_CHANNELS
        stride = self.auxiliary_stride

        def pool(x):
            return tf.nn.avg_pool2d(x, 5, stride, "VALID")

        pooling = ops.Stage(pool, output_shape=shapes.within(5, stride))
        norms = [[ops.BatchNorm()] * norm for norm in self.auxiliary_norms]
        return (
            *(ops.relu(), pooling),
            *(convolution(1, channels, small), *norms[0], ops.relu()),
            *(convolution(2, small, large, 1, "VALID"), *norms[1], ops.relu()),
        )


def fitting(name: str, image_shape: tuple[int, int, int]) -> str:
    """The name of a stem: for "auto" that of the stem that fits the images."""
    if name != "auto":
        return name
    return "cifar" if max(image_shape[:2]) <= MOST_CIFAR else "imagenet"


def make(name: str, image_channels: int, channels: int, width: int = 3) -> Stem:
    """Makes a stem.

    Args:
      name: "cifar" or "imagenet".
      image_channels: number of channels of an image.
      channels: number of channels of a node of the first cells.
      width: number of channels of the CIFAR stem's output, as a multiple of
        `channels`.
    """
    if name == "cifar":
        out = width * channels
        return Stem(
            ((convolution(3, image_channels, out), ops.BatchNorm()),),
            *((out,), 1, 3, (True, True), 8),
        )
    half = channels // 2
    # The authors of DARTS left out the auxiliary head's second norm, too.
    return Stem(
        (
            (
                *(convolution(3, image_channels, half, 2), ops.BatchNorm()),
                ops.relu(),
                *(convolution(3, half, channels, 2), ops.BatchNorm()),
            ),
            (
                ops.relu(),
                *(convolution(3, channels, channels, 2), ops.BatchNorm()),
            ),
        ),
        *((channels, channels), 8, 2, (True, False), 7),
    )


def convolution(
    size: int,
    in_channels: int,
    channels: int,
    stride: int = 1,
    padding: str = "SAME",
) -> ops.Stage:
    """A convolution with a square kernel of `size` x `size` pixels."""

    def forward(x, kernel):
        return tf.nn.conv2d(x, kernel, stride, padding)

    shape = (size, size, in_channels, channels)
    if padding == "SAME":
        output_shape = shapes.padded(stride, channels)
    else:
        output_shape = shapes.within(size, stride, channels)
    return ops.Stage(forward, (shape,), output_shape=output_shape)
