"""Random search: every architecture is as likely, and nothing is learnt.

The "Random" rows of the paper's tables.
"""

from ednas_tf.searchers.registered import searcher


@searcher("random")
def random(space, seed, settings):
    """Random search; without settings."""
    # Imports TensorFlow, which a wrong name or setting is refused without.
    from ednas_tf.searchers.policy_vectors import PolicyVectors
    from ednas_tf.searchers.reinforce import Reinforce

    vectors = PolicyVectors(space, seed, initial_stddev=0.0)
    return Reinforce(vectors, settings.policy, learns=False)
