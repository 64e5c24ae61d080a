"""The best architecture so far, and its neighbours."""

import tensorflow as tf

from ednas_tf.searchers.choices import Choices
from ednas_tf.searchers.genes import Genes


class Leader(tf.Module):
    """Remembers the best of all judged architectures, and proposes neighbours.

    A neighbour differs from the leader in one gene, see `genes`. Rewards must
    be comparable with each other.

    Args:
      choices: the choices of a space.

    Attributes:
      genes: the genes of the space.
      judged: number of architectures that were judged.
      current, reward: the leader, int64 [genes], and its reward.
      known: int64 [genes, values], 1 where the architecture that has the value
        in place of that of `current` has been judged, or does not exist.
    """

    def __init__(self, choices: Choices):
        super().__init__()
        self.choices, self.genes = choices, Genes(choices.space)
        sizes = self.genes.sizes
        self._missing = tf.range(sizes.max()) >= sizes[:, None]
        zeros = tf.zeros(sizes.shape, tf.int64)
        self.judged = tf.Variable(0, dtype=tf.int64, trainable=False)
        self.current = tf.Variable(zeros, trainable=False)
        self.reward = tf.Variable(tf.float32.min, trainable=False)
        self.known = tf.Variable(
            tf.zeros([len(sizes), sizes.max()], tf.int64), trainable=False
        )

    def judge(self, architecture, reward: tf.Tensor) -> None:
        """Learns the reward of an architecture, which may become the leader.

        Args:
          architecture: the architecture.
          reward: its reward, a scalar; one that is not finite is ignored.
        """
        genes = self.genes.encode(architecture)
        differs = genes != self.current
        is_neighbour = tf.reduce_sum(tf.cast(differs, tf.int64)) == 1
        one_hot = self._one_hot(genes)
        # This architecture is known to both of two neighbours; others that
        # differ in the same gene only are neighbours of both, too.
        seen = tf.where(
            is_neighbour & differs[:, None],
            tf.maximum(self.known, one_hot),
            self.known,
        )
        missing = tf.cast(self._missing, tf.int64)
        seen_by_it = tf.where(is_neighbour & differs[:, None], seen, missing)
        better = tf.math.is_finite(reward) & (reward > self.reward)
        known = tf.where(better, tf.maximum(seen_by_it, one_hot), seen)
        self.known.assign(known)
        self.current.assign(tf.where(better, genes, self.current))
        self.reward.assign(tf.where(better, reward, self.reward))
        self.judged.assign_add(1)

    def neighbour(self, values: tf.Tensor, seed: tf.Tensor):
        """Proposes a neighbour that was not judged.

        Of a random half of these neighbours it is the best one: several
        proposals of a step differ.

        Args:
          values: values of choices, float64 [count of choices].
          seed: int32 [2].

        Returns:
          The neighbour, int64 [genes], and whether there is one.
        """
        left = self.known == 0
        draws = tf.random.stateless_uniform(left.shape, seed)
        drawn = left & (draws < 0.5)
        drawn = tf.where(tf.reduce_any(drawn), drawn, left)
        gains = tf.where(drawn, self._gains(values), values.dtype.min)
        place = tf.argmax(tf.reshape(gains, [-1]))
        gene, value = place // left.shape[1], place % left.shape[1]
        moved = tf.tensor_scatter_nd_update(self.current, [[gene]], [value])
        return moved, tf.reduce_any(left)

    def _one_hot(self, genes):
        return tf.one_hot(genes, self.known.shape[1], dtype=tf.int64)

    def _gains(self, values):
        """How much each neighbour is worth more than the leader.

        Returns:
          float64 [genes, values]; 0 where there is no such value.
        """
        space, rows = self.choices.space, []
        parts = tf.split(self.current, len(space.cell_types))
        for cell_type, part in zip(space.cell_types, parts, strict=True):
            where, shape = self.choices.parts[f"operations/{cell_type}"]
            table = tf.reshape(values[where], shape)
            of_nodes, of_slots = [], []
            for node in range(space.num_nodes):
                own, _ = self.choices.parts[
                    f"structure/{cell_type}/node_{node}"
                ]
                slots = space.slots(node)
                ops = part[space.num_nodes :][slots.start : slots.stop]
                edges = space.first_edge(node) + tf.constant(
                    space.edge_choices(node), tf.int64
                )
                every = tf.broadcast_to(ops, edges.shape)
                carried = tf.gather_nd(table, tf.stack([edges, every], -1))
                totals = values[own] + tf.reduce_sum(carried, -1)
                of_nodes.append(totals - totals[part[node]])
                kept = tf.gather(table, edges[part[node]])
                now = tf.gather(kept, ops, batch_dims=1)
                of_slots += tf.unstack(kept - now[:, tf.newaxis])
            rows += of_nodes + of_slots
        width = self.known.shape[1]
        return tf.stack(
            [tf.pad(row, [[0, width - row.shape[0]]]) for row in rows]
        )
