"""Random search: every architecture is as likely, and nothing is learnt.

The "Random" rows of the paper's tables.
"""

from ednas_tf.searchers.policy_vectors import PolicyVectors
from ednas_tf.searchers.searcher import searcher
from ednas_tf.space import cell_space


class Uniform(PolicyVectors):
    """Policy vectors that are zero and stay so."""

    def __init__(self, space: cell_space.CellSpace, seed: int = 0):
        super().__init__(space, seed, initial_stddev=0.0)

    @property
    def trainable_variables(self):
        """Nothing: there is no gradient to take."""
        return ()


@searcher("random")
def random(space, seed, policy):
    return Uniform(space, seed)
