"""Names of the arrays in a search's history, and of what their axes hold.

Nodes and edges are numbered as in genotypes: the inputs of a cell are states 0
and 1, say, its first node is state 2, and "0->2" is the edge between them.
A searcher counts only nodes, from 0 on.
"""

import re

import numpy as np

from ednas_tf.space.cell_space import CellSpace

#: The array with the version of a history's form, and that version. Histories
#: of the first version had no such array, and counted nodes from 0 on.
VERSION, CURRENT = "version", 2
#: How the names of arrays begin that hold names, and have no epochs.
NAMES = "names/"


def structure(cell_type: str, node: int, space: CellSpace) -> str:
    """The end of the names of arrays about a node's inputs.

    Args:
      cell_type: the cell.
      node: the node, counted from 0 on.
      space: the space that is searched.
    """
    return f"structure/{cell_type}/node_{space.num_inputs + node}"


def operations(cell_type: str) -> str:
    """The end of the names of arrays about a cell's operations."""
    return f"operations/{cell_type}"


def of_searcher(name: str, space: CellSpace) -> str:
    """A name that a searcher uses, with the node numbered as in genotypes."""
    return re.sub(
        r"node_(\d+)$",
        lambda found: f"node_{space.num_inputs + int(found[1])}",
        name,
    )


def edge(space: CellSpace, number: int) -> str:
    """ "0->3" for the edge with this number from state 0 to state 3."""
    source, node = space.edges[number]
    return f"{source}->{space.num_inputs + node}"


def labels(space: CellSpace) -> dict[str, np.ndarray]:
    """Arrays without epochs: the version, and names for the axes of others.

    Returns:
      `version`; `names/cells`, `names/edges`, `names/operations` and
      `names/steps`; and `names/inputs/node_<n>`, the sets of inputs that a
      node can have.
    """
    found = {
        "cells": space.cell_types,
        "edges": [edge(space, i) for i in range(len(space.edges))],
        "operations": space.ops,
        "steps": ("child", "policy"),
    }
    for node in range(space.num_nodes):
        found[f"inputs/node_{space.num_inputs + node}"] = [
            ",".join(map(str, sources)) for sources in space.edge_choices(node)
        ]
    named = {NAMES + name: np.array(each) for name, each in found.items()}
    return {VERSION: np.array(CURRENT), **named}


def has_epochs(name: str) -> bool:
    """Whether the array with this name grows with every epoch."""
    return name != VERSION and not name.startswith(NAMES)
