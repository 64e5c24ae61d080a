"""Candidate operations, one family per file; a new file needs no entry here."""

from collections.abc import Iterable

from ednas_tf import errors
from ednas_tf.ops import activation, operation
from ednas_tf.ops.activation import activation_of as activation_of
from ednas_tf.ops.operation import BatchNorm as BatchNorm
from ednas_tf.ops.operation import Stage as Stage
from ednas_tf.ops.operation import Stages as Stages
from ednas_tf.ops.operation import Sum as Sum
from ednas_tf.ops.operation import relu as relu
from ednas_tf.ops.operation import stages as stages
from ednas_tf.ops.operation import weight_shapes as weight_shapes

#: Maps a family of spaces to the function that lists its operations.
_NAMES = {"convolutional": operation.names, "recurrent": activation.names}


def names(family: str = "convolutional") -> tuple[str, ...]:
    """The names of all operations that an edge can carry, sorted.

    Args:
      family: family of the cell space, see `cell_space.CellSpace`.
    """
    return _NAMES[family]()


def check(requested: Iterable[str], family: str) -> None:
    """Raises `RequestError` unless all operations of a setting are known.

    Args:
      requested: names of operations, from the setting `search.space.ops`.
      family: see `names`.
    """
    known = names(family)
    for name in requested:
        if name not in known:
            raise errors.RequestError(
                f"search.space.ops: unknown operation {errors.shown(name)} for "
                f"{family} cells{errors.nearest(name, known)}"
            )
