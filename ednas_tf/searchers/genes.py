"""Architectures as vectors of choices, to change one choice at a time.

A gene is one choice: for each node the combination of edges that it keeps, and
for each slot the operation on its edge. For a cell of one input and two nodes
that keep all their edges, with five operations:

    gene      0       1       2         3         4
    choice    node 0  node 1  edge 0→1  edge 0→2  edge 1→2
    values    1       1       5         5         5

If another combination of edges is chosen, the operations stay in their slots.
"""

import numpy as np
import tensorflow as tf

from ednas_tf.nets.architectures import Architecture, Sampled, kept_choice
from ednas_tf.space.cell_space import CellSpace


class Genes:
    """The genes of a space.

    Args:
      space: the space of the cells.

    Attributes:
      sizes: int64 [genes], the number of values of each gene.
    """

    def __init__(self, space: CellSpace):
        self.space = space
        choices = [
            len(space.edge_choices(node)) for node in range(space.num_nodes)
        ]
        one = [*choices, *[len(space.ops)] * space.num_slots]
        self.sizes = np.array(one * len(space.cell_types), np.int64)

    def uniform(self, seed: tf.Tensor) -> tf.Tensor:
        """Draws an architecture, each with the same probability.

        Args:
          seed: int32 [2].

        Returns:
          int64 [genes].
        """
        draws = tf.random.stateless_uniform(self.sizes.shape, seed)
        return self._scaled(draws, self.sizes)

    def mutate(self, genes: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """Gives one gene another value.

        Each gene that has several values is as likely to change as any other,
        and so is each of its other values.
        """
        places = np.flatnonzero(self.sizes > 1)
        if not places.size:
            return genes
        draws = tf.random.stateless_uniform([2], seed)
        place = tf.gather(places, self._scaled(draws[0], len(places)))
        size = tf.gather(self.sizes, place)
        step = 1 + self._scaled(draws[1], size - 1)
        moved = tf.one_hot(place, len(self.sizes), step, 0, dtype=tf.int64)
        return (genes + moved) % self.sizes

    @staticmethod
    def _scaled(draws, sizes):
        """Numbers in [0, sizes), given numbers in [0, 1)."""
        sizes = tf.cast(sizes, tf.int64)
        found = tf.cast(draws * tf.cast(sizes, tf.float32), tf.int64)
        # The product can be rounded up.
        return tf.minimum(found, sizes - 1)

    def decode(self, genes: tf.Tensor) -> Architecture:
        """The architecture with these genes, int64 [genes]."""
        space, found = self.space, {}
        parts = tf.split(tf.cast(genes, tf.int32), len(space.cell_types))
        for cell_type, part in zip(space.cell_types, parts, strict=True):
            sources = [
                tf.gather(
                    tf.constant(space.edge_choices(node), tf.int32), part[node]
                )
                for node in range(space.num_nodes)
            ]
            found[cell_type] = Sampled(
                tf.concat(sources, 0), part[space.num_nodes :]
            )
        return found

    def encode(self, architecture: Architecture) -> tf.Tensor:
        """The inverse of `decode`."""
        parts = []
        for cell_type in self.space.cell_types:
            sampled = architecture[cell_type]
            for node in range(self.space.num_nodes):
                same = kept_choice(self.space, sampled, node)
                parts.append(tf.argmax(same)[tf.newaxis])
            parts.append(tf.cast(sampled.ops, tf.int64))
        return tf.concat(parts, 0)
