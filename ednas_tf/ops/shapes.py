"""Shapes of the outputs of stages, told without TensorFlow.

A shape is that of one image, without the batch.
"""

from collections.abc import Callable

#: Height, width and channels.
Shape = tuple[int, int, int]


def same(shape: Shape) -> Shape:
    """The output has the shape of the input."""
    return shape


def padded(
    stride: int | tuple[int, int] = 1, channels: int | None = None
) -> Callable[[Shape], Shape]:
    """Windows of any size that move by `stride`, with "SAME" padding.

    Args:
      stride: in rows and columns, or one for both.
      channels: of the output; None: as many as the input has.
    """
    rows, columns = (stride, stride) if isinstance(stride, int) else stride

    def output(shape):
        height, width, own = shape
        return -(-height // rows), -(-width // columns), channels or own

    return output


def within(
    size: int, stride: int = 1, channels: int | None = None
) -> Callable[[Shape], Shape]:
    """Square windows that lie within the image, with "VALID" padding.

    Args:
      size: rows and columns of a window.
      stride, channels: see `padded`.
    """
    border = size - 1
    moved = padded(stride, channels)

    def output(shape):
        height, width, own = shape
        return moved((height - border, width - border, own))

    return output
