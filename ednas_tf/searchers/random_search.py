"""Random search: all architectures stay equally likely.

The rows "Random" of the paper's tables presumably come from such a search.
"""

from ednas_tf.searchers.registered import searcher


@searcher("random")
def random(space, seed, settings):
    """Makes random search, which has no settings."""
    # These modules import TensorFlow, which takes seconds; wrong names and
    # settings are refused before.
    from ednas_tf.searchers.policy_vectors import PolicyVectors
    from ednas_tf.searchers.reinforce import Reinforce

    vectors = PolicyVectors(space, seed, initial_stddev=0.0)
    return Reinforce(vectors, settings.policy, learns=False)
