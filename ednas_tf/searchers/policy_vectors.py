"""Decoupled policy vectors (section 3.3).

A cell type has a policy vector for each node, over the combinations of edges
that the node can keep (equation 2), and one for each edge, over the operations
(equation 3). `reinforce` updates them.
"""

import tensorflow as tf
import tensorflow_probability as tfp

from ednas_tf.nets.architectures import (
    Architecture,
    Sampled,
    edge_numbers,
    kept_choice,
)
from ednas_tf.space.cell_space import CellSpace


class PolicyVectors(tf.Module):
    """A distribution over the architectures of a space.

    Args:
      space: the space of the cells.
      seed: random seed of the initial vectors.
      initial_stddev: standard deviation of the normal distribution from which
        the vectors are drawn at first.

    Attributes:
      structure: cell type -> for each node its policy vector, a variable
        [number of edge choices].
      operations: cell type -> the policy vectors of all edges, a variable
        [number of edges, number of operations].
    """

    def __init__(
        self, space: CellSpace, seed: int = 0, initial_stddev: float = 1e-3
    ):
        super().__init__()
        self.space = space
        generator = tf.random.Generator.from_seed(seed)
        self.structure, self.operations = {}, {}
        for cell_type in space.cell_types:
            self.structure[cell_type] = [
                tf.Variable(
                    generator.normal(
                        [len(space.edge_choices(node))], 0.0, initial_stddev
                    ),
                    name=f"structure/{cell_type}/node_{node}",
                )
                for node in range(space.num_nodes)
            ]
            self.operations[cell_type] = tf.Variable(
                generator.normal(
                    [len(space.edges), len(space.ops)], 0.0, initial_stddev
                ),
                name=f"operations/{cell_type}",
            )

    # A distribution reads the variables when it is made, which must happen
    # under the gradient tape: so each use makes a new one.
    def _structure(self, cell_type, node):
        logits = self.structure[cell_type][node]
        return tfp.distributions.Categorical(
            logits=tf.convert_to_tensor(logits)
        )

    def _operations(self, cell_type):
        logits = self.operations[cell_type]
        return tfp.distributions.Categorical(
            logits=tf.convert_to_tensor(logits)
        )

    def sample(self, seed: tf.Tensor) -> Architecture:
        """Draws one architecture.

        Args:
          seed: int32 [2]. The same seed and vectors give the same architecture.
        """
        fold_in = tf.random.experimental.stateless_fold_in
        space, architecture = self.space, {}
        first_edges = tf.constant(space.first_edges(), tf.int32)
        for i, cell_type in enumerate(space.cell_types):
            own = fold_in(seed, i)
            sources = []
            for node in range(space.num_nodes):
                choices = tf.constant(space.edge_choices(node), tf.int32)
                choice = self._structure(cell_type, node).sample(
                    seed=fold_in(own, node)
                )
                sources.append(choices[choice])
            sources = tf.concat(sources, 0)
            # Draws an operation for every edge, then takes those of kept edges.
            ops = self._operations(cell_type).sample(
                seed=fold_in(own, space.num_nodes)
            )
            architecture[cell_type] = Sampled(
                sources, tf.gather(ops, sources + first_edges)
            )
        return architecture

    def log_prob(self, architecture: Architecture) -> tf.Tensor:
        """log P(m; theta) of equation 4, a scalar.

        It is the sum over the choices that make up the architecture: operations
        of edges that no node keeps do not count.
        """
        space, terms = self.space, []
        for cell_type in space.cell_types:
            sampled = architecture[cell_type]
            for node in range(space.num_nodes):
                same = kept_choice(space, sampled, node)
                choice = tf.argmax(same, output_type=tf.int32)
                terms.append(self._structure(cell_type, node).log_prob(choice))
            logits = tf.gather(
                self.operations[cell_type], edge_numbers(space, sampled)
            )
            kept = tfp.distributions.Categorical(logits=logits)
            terms.append(tf.reduce_sum(kept.log_prob(sampled.ops)))
        return tf.add_n(terms)

    def _distributions(self):
        named = {}
        for cell_type in self.space.cell_types:
            for node in range(self.space.num_nodes):
                name = f"structure/{cell_type}/node_{node}"
                named[name] = self._structure(cell_type, node)
            named[f"operations/{cell_type}"] = self._operations(cell_type)
        return named

    def entropies(self) -> dict[str, tf.Tensor]:
        """Entropies of all policy vectors in nats.

        Returns:
          "structure/<cell type>/node_<n>": a scalar, and "operations/<cell
          type>": [number of edges].
        """
        return {k: d.entropy() for k, d in self._distributions().items()}

    def probabilities(self) -> dict[str, tf.Tensor]:
        """Probabilities of all policy vectors, by the names of `entropies`."""
        return {
            k: d.probs_parameter() for k, d in self._distributions().items()
        }
