"""Sampled architectures as tensors."""

from typing import NamedTuple

import tensorflow as tf

from ednas_tf.space import cell_space, genotype


class Selection(NamedTuple):
    """The choices made for one cell type.

    Attributes:
      edges: int32 [num_nodes, edges_per_node], the states that each node's
        edges start at, ascending.
      ops: int32 [num_nodes, edges_per_node], the operation on each of them,
        an index into the space's operations.
    """

    edges: tf.Tensor
    ops: tf.Tensor


#: Cell type -> `Selection`: one whole architecture.
Selections = dict[str, Selection]


def edge_numbers(
    space: cell_space.CellSpace, selection: Selection
) -> tf.Tensor:
    """Numbers of the kept edges in the space, int32 [nodes, edges_per_node]."""
    first = [[space.first_edge(node)] for node in range(space.num_nodes)]
    return selection.edges + tf.constant(first, tf.int32)


def first(space: cell_space.CellSpace) -> Selections:
    """Each node's first choice of edges, and the first operation on them."""
    edges = [space.edge_choices(node)[0] for node in range(space.num_nodes)]
    one = Selection(
        tf.constant(edges), tf.zeros(tf.constant(edges).shape, tf.int32)
    )
    return dict.fromkeys(space.cell_types, one)


def count(space: cell_space.CellSpace, selections: Selections) -> tf.Tensor:
    """How often each operation stands on each edge.

    Returns:
      int64 [cell types, edges, ops], zeros and ones.
    """
    shape = [len(space.edges), len(space.ops)]
    counts = []
    for cell_type in space.cell_types:
        chosen = selections[cell_type]
        places = tf.stack([edge_numbers(space, chosen), chosen.ops], -1)
        places = tf.reshape(places, [-1, 2])
        ones = tf.ones([places.shape[0]], tf.int64)
        counts.append(tf.scatter_nd(places, ones, shape))
    return tf.stack(counts)


def from_genotype(
    space: cell_space.CellSpace, described: genotype.Genotype
) -> Selections:
    """The selections that make a supernet compute `described`."""
    return {
        cell_type: Selection(tf.constant(edges), tf.constant(chosen))
        for cell_type, (edges, chosen) in described.choices(space).items()
    }


def to_genotype(
    space: cell_space.CellSpace, selections: Selections
) -> genotype.Genotype:
    """The genotype of sampled selections; needs eager tensors."""
    return genotype.Genotype.from_choices(
        space,
        {
            cell_type: (chosen.edges.numpy(), chosen.ops.numpy())
            for cell_type, chosen in selections.items()
        },
    )
