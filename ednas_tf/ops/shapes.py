"""Computes the output shapes of stages without TensorFlow.

A shape is that of one image, without the batch.
"""

from collections.abc import Callable

#: Height, width and channels.
Shape = tuple[int, int, int]


def same(shape: Shape) -> Shape:
    """The shape for stages whose output has the shape of the input."""
    return shape


def padded(
    stride: int | tuple[int, int] = 1, channels: int | None = None
) -> Callable[[Shape], Shape]:
    """The shape for windows of any size that move by `stride`, padded "SAME".

    Args:
      stride: the stride in rows and columns, or one number for both.
      channels: channels of the output, or None for those of the input.
    """
    rows, columns = (stride, stride) if isinstance(stride, int) else stride

    def output(shape):
        height, width, own = shape
        return -(-height // rows), -(-width // columns), channels or own

    return output


def within(
    size: int, stride: int = 1, channels: int | None = None
) -> Callable[[Shape], Shape]:
    """The shape for square windows within the image, padded "VALID".

    Args:
      size: number of rows and columns of a window.
      stride, channels: see `padded`.
    """
    border = size - 1
    moved = padded(stride, channels)

    def output(shape):
        height, width, own = shape
        return moved((height - border, width - border, own))

    return output
