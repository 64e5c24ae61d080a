"""Architectures as tensors: which edges are kept, which operations they carry.

An example of a cell with two inputs (states 0 and 1) and two nodes (states 2
and 3) that keep two edges each, so that there are four slots:

    slot        0  1  2  3        slots 0 and 1 enter node 0, 2 and 3 node 1
    sources     0  1  0  2        node 0 = op(state 0) + op(state 1),
    ops         3  3  0  6        node 1 = op(state 0) + op(state 2)

The space numbers its edges in the order 0→2, 1→2, 0→3, 1→3, 2→3: these slots
hold the edges 0, 1, 2 and 4.
"""

from typing import NamedTuple

import tensorflow as tf

from ednas_tf.space import cell_space
from ednas_tf.space.genotype import Genotype


class Sampled(NamedTuple):
    """The choices made for one cell type, a slot for each kept edge.

    Attributes:
      sources: int32 [slots], the number of the state that each edge leaves;
        the sources of a node ascend.
      ops: int32 [slots], the number of the operation on each edge: its index
        in the operations of the space.
    """

    sources: tf.Tensor
    ops: tf.Tensor


class Mixture(NamedTuple):
    """All architectures of one cell type at once, weighted.

    For searchers that follow the gradient of a loss with respect to these
    weights. The supernet computes `Sampled` architectures only.

    Attributes:
      weights: float32 [edges, ops], the weight of each operation on each edge.
    """

    weights: tf.Tensor


#: Cell type -> `Sampled`: one whole architecture.
Architecture = dict[str, Sampled]


def edge_numbers(space: cell_space.CellSpace, sampled: Sampled) -> tf.Tensor:
    """The number of each slot's edge in the space, int32 [slots]."""
    return sampled.sources + tf.constant(space.first_edges(), tf.int32)


def kept_choice(
    space: cell_space.CellSpace, sampled: Sampled, node: int
) -> tf.Tensor:
    """Which combination of edges a node keeps.

    Returns:
      bool [combinations], in the order of `CellSpace.edge_choices`.
    """
    slots = space.slots(node)
    own = sampled.sources[slots.start : slots.stop]
    choices = tf.constant(space.edge_choices(node), tf.int32)
    return tf.reduce_all(choices == own, -1)


def first(space: cell_space.CellSpace) -> Architecture:
    """The architecture of first choices.

    Each node keeps its first combination of edges, with the first operation on
    them: an arbitrary architecture, to build a network with.
    """
    sources = [
        source
        for node in range(space.num_nodes)
        for source in space.edge_choices(node)[0]
    ]
    sampled = Sampled(
        tf.constant(sources, tf.int32), tf.zeros([space.num_slots], tf.int32)
    )
    return dict.fromkeys(space.cell_types, sampled)


def pack(architecture: Architecture) -> tf.Tensor:
    """One int32 tensor [cell types, 2, slots]: sources, then operations."""
    return tf.stack([tf.stack(sampled) for sampled in architecture.values()])


def unpack(space: cell_space.CellSpace, packed: tf.Tensor) -> Architecture:
    """The inverse of `pack`."""
    return {
        cell_type: Sampled(*tf.unstack(sampled))
        for cell_type, sampled in zip(
            space.cell_types, tf.unstack(packed), strict=True
        )
    }


def count(space: cell_space.CellSpace, architecture: Architecture) -> tf.Tensor:
    """Counts which operation stands on which edge.

    Returns:
      int64 [cell types, edges, ops]: 1 where the architecture has the operation
      on the edge, else 0.
    """
    shape = [len(space.edges), len(space.ops)]
    counts = []
    for cell_type in space.cell_types:
        sampled = architecture[cell_type]
        places = tf.stack([edge_numbers(space, sampled), sampled.ops], -1)
        ones = tf.ones([space.num_slots], tf.int64)
        counts.append(tf.scatter_nd(places, ones, shape))
    return tf.stack(counts)


def from_genotype(
    space: cell_space.CellSpace, genotype: Genotype
) -> Architecture:
    """The architecture with which a supernet computes a genotype.

    Raises:
      GenotypeError: the genotype does not belong to this space.
    """
    return {
        cell_type: Sampled(
            *(tf.constant(sum(nodes, []), tf.int32) for nodes in choices)
        )
        for cell_type, choices in genotype.choices(space).items()
    }


def to_genotype(
    space: cell_space.CellSpace, architecture: Architecture
) -> Genotype:
    """The genotype of an architecture, whose tensors must be eager."""
    return Genotype.from_choices(
        space,
        {
            cell_type: tuple(space.by_node(part.numpy()) for part in sampled)
            for cell_type, sampled in architecture.items()
        },
    )
