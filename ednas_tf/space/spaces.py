"""The registry of cell spaces.

A space is a function that the decorator `space` registers under a name:

    @spaces.space("mine")
    def mine(nodes: int = 3, ops: tuple[str, ...] = ("sep_conv_3x3", ...)):
        return cell_space.CellSpace("mine", "convolutional", ...)

The defaults of its arguments are the defaults of the settings
`search.space.nodes` and `search.space.ops`.
"""

import functools
from collections.abc import Sequence

from ednas_tf import registry
from ednas_tf.space import cell_space

_SPACES = registry.Registry("space", "ednas_tf.space")

#: Decorator with a name: registers a function (nodes, ops) -> CellSpace.
space = _SPACES.register

#: Returns the names of all registered spaces, sorted.
names = _SPACES.names


def make(
    name: str, nodes: int = 0, ops: Sequence[str] = ()
) -> cell_space.CellSpace:
    """Makes a space.

    Args:
      name: name of the space.
      nodes: number of searched nodes of a cell; 0 for the space's default.
      ops: names of the operations; empty for the space's default.

    Raises:
      RequestError: no space has this name, or it cannot have such cells.
    """
    given = {"nodes": nodes, "ops": tuple(ops)}
    return _SPACES.get(name)(**{k: v for k, v in given.items() if v})


@functools.cache
def default(name: str) -> cell_space.CellSpace:
    """Returns the space `name` with its default nodes and operations.

    Raises:
      RequestError: no space has this name.
    """
    return make(name)
