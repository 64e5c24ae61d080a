"""The cell spaces that there are, by name.

A space is a function that is made known by the decorator `space`:

    @spaces.space("mine")
    def mine(nodes: int = 3, ops: tuple[str, ...] = ("sep_conv_3x3", ...)):
        return cell_space.CellSpace("mine", "convolutional", ...)

Its defaults are what `search.space.nodes` and `search.space.ops` are where
nobody sets them.
"""

import functools
from collections.abc import Sequence

from ednas_tf import registry
from ednas_tf.space import cell_space

_SPACES = registry.Registry("space", "ednas_tf.space")

#: Makes the decorated (nodes, ops) -> CellSpace known by a name.
space = _SPACES.register

#: The names of all known spaces, sorted.
names = _SPACES.names


def make(
    name: str, nodes: int = 0, ops: Sequence[str] = ()
) -> cell_space.CellSpace:
    """Makes the space `name`.

    Args:
      name: a known space.
      nodes: the number of searched nodes of a cell; 0: the space's default.
      ops: names of the operations; empty: the space's default.

    Raises:
      RequestError: no space has this name, or it has no such cells.
    """
    given = {"nodes": nodes, "ops": tuple(ops)}
    return _SPACES.get(name)(**{k: v for k, v in given.items() if v})


@functools.cache
def default(name: str) -> cell_space.CellSpace:
    """The space `name` with its default nodes and operations.

    Raises:
      RequestError: no space has this name.
    """
    return make(name)
