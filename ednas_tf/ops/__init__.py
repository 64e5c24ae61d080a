"""Candidate operations, one family a file; a new file is found by itself."""

from collections.abc import Iterable

from ednas_tf import errors
from ednas_tf.ops import activation, operation
from ednas_tf.ops.activation import activation_of as activation_of
from ednas_tf.ops.operation import BatchNorm as BatchNorm
from ednas_tf.ops.operation import Stage as Stage
from ednas_tf.ops.operation import Stages as Stages
from ednas_tf.ops.operation import relu as relu
from ednas_tf.ops.operation import stages as stages
from ednas_tf.ops.operation import weight_shapes as weight_shapes

#: Family of spaces -> the names of what its edges, or nodes, can carry.
_NAMES = {"convolutional": operation.names, "recurrent": activation.names}


def names(family: str = "convolutional") -> tuple[str, ...]:
    """Names of all operations that an edge can carry, sorted.

    Args:
      family: a family of cell spaces, see `cell_space.CellSpace`.
    """
    return _NAMES[family]()


def check(asked: Iterable[str], family: str) -> None:
    """Raises `RequestError` unless all of `search.space.ops` are known.

    Args:
      asked: names of operations.
      family: see `names`.
    """
    known = names(family)
    for name in asked:
        if name not in known:
            raise errors.RequestError(
                f"search.space.ops: unknown operation {errors.shown(name)} of "
                f"{family} cells, {errors.nearest(name, known)}"
            )
