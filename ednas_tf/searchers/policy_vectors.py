"""The paper's searcher: decoupled policy vectors (section 3.3).

A cell type has one policy vector a node over the combinations of edges that
the node can keep (equation 2), and one an edge over the operations (equation
3). They learn by REINFORCE with a moving average of rewards for a baseline
(equation 4).
"""

import tensorflow as tf
import tensorflow_probability as tfp

from ednas_tf.nets.architecture import Selection, Selections, edge_numbers
from ednas_tf.searchers.searcher import searcher
from ednas_tf.space import cell_space


class PolicyVectors(tf.Module):
    """Samples architectures and learns which ones earn rewards.

    Args:
      space: the space of cells.
      seed: fixes the initial vectors.
      initial_stddev: of the normal distribution that they start from.
      baseline_decay: weight of the past in the moving average of rewards.
      entropy_coefficient: weight of the entropy in the loss; 0 in the paper.

    Attributes:
      structure: cell type -> a variable [number of edge choices] a node.
      operations: cell type -> a variable [number of edges, number of
        operations], whose rows are the edges' policy vectors.
      baseline: moving average of the rewards, the first reward to begin with.
    """

    def __init__(
        self,
        space: cell_space.CellSpace,
        seed: int = 0,
        initial_stddev: float = 1e-3,
        baseline_decay: float = 0.99,
        entropy_coefficient: float = 0.0,
    ):
        super().__init__()
        self.space = space
        self.baseline_decay = baseline_decay
        self.entropy_coefficient = entropy_coefficient
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
        self.baseline = tf.Variable(0.0, trainable=False, name="baseline")
        self.num_rewards = tf.Variable(
            0, trainable=False, dtype=tf.int64, name="num_rewards"
        )

    # The distributions are made anew at each use: they read the variables when
    # they are made, which must be within the gradient tape.
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

    def sample(self, seed: tf.Tensor) -> Selections:
        """Draws one architecture.

        Args:
          seed: int32 [2]; the same seed and vectors give the same architecture.
        """
        selections = {}
        for i, cell_type in enumerate(self.space.cell_types):
            own = tf.random.experimental.stateless_fold_in(seed, i)
            edges = []
            for node in range(self.space.num_nodes):
                choices = tf.constant(self.space.edge_choices(node), tf.int32)
                choice = self._structure(cell_type, node).sample(
                    seed=tf.random.experimental.stateless_fold_in(own, node)
                )
                edges.append(choices[choice])
            every = self._operations(cell_type).sample(
                seed=tf.random.experimental.stateless_fold_in(
                    own, self.space.num_nodes
                )
            )
            chosen = Selection(tf.stack(edges), tf.zeros([], tf.int32))
            numbers = edge_numbers(self.space, chosen)
            selections[cell_type] = chosen._replace(
                ops=tf.gather(every, numbers)
            )
        return selections

    def log_prob(self, selections: Selections) -> tf.Tensor:
        """log P(m; theta): the sum over the choices made, and only those.

        The operations of edges that no node kept do not count. A scalar.
        """
        terms = []
        for cell_type in self.space.cell_types:
            chosen = selections[cell_type]
            for node in range(self.space.num_nodes):
                choices = tf.constant(self.space.edge_choices(node), tf.int32)
                same = tf.reduce_all(choices == chosen.edges[node], -1)
                choice = tf.argmax(same, output_type=tf.int32)
                terms.append(self._structure(cell_type, node).log_prob(choice))
            logits = tf.gather(
                self.operations[cell_type], edge_numbers(self.space, chosen)
            )
            kept = tfp.distributions.Categorical(logits=logits)
            terms.append(tf.reduce_sum(kept.log_prob(chosen.ops)))
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
        """Entropy in nats of every policy vector, by name.

        Scalars for nodes; [number of edges] for a cell type's operations.
        """
        return {k: d.entropy() for k, d in self._distributions().items()}

    def loss(self, selections: Selections, reward: tf.Tensor) -> tf.Tensor:
        """What the optimizer minimises: -(R - b) log P(m), equation 4.

        The baseline b is the average of the rewards before this one, so that
        it does not depend on the architecture that earned it; the first reward
        is its own baseline.
        """
        baseline = tf.where(self.num_rewards == 0, reward, self.baseline)
        advantage = tf.stop_gradient(reward - baseline)
        loss = -advantage * self.log_prob(selections)
        if self.entropy_coefficient:
            entropy = tf.add_n(
                [tf.reduce_sum(value) for value in self.entropies().values()]
            )
            loss -= self.entropy_coefficient * entropy
        return loss

    def observe(self, reward: tf.Tensor) -> None:
        """Moves the baseline towards a reward; call it after `loss`."""
        decay = tf.where(self.num_rewards == 0, 0.0, self.baseline_decay)
        self.baseline.assign(decay * self.baseline + (1 - decay) * reward)
        self.num_rewards.assign_add(1)

    def probabilities(self) -> dict[str, tf.Tensor]:
        """Softmax of every policy vector, by the names of `entropies`."""
        return {
            k: d.probs_parameter() for k, d in self._distributions().items()
        }


@searcher("ednas")
def ednas(space, seed, policy):
    return PolicyVectors(
        space,
        seed,
        policy.initial_stddev,
        policy.baseline_decay,
        policy.entropy_coefficient,
    )
