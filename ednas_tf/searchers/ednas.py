"""The paper's searcher: policy vectors that learn by REINFORCE (section 3)."""

from ednas_tf.searchers.registered import searcher


@searcher("ednas")
def ednas(space, seed, settings):
    """Makes the paper's searcher; its settings are the section `policy`."""
    # These modules import TensorFlow, which takes seconds; wrong names and
    # settings are refused before.
    from ednas_tf.searchers.policy_vectors import PolicyVectors
    from ednas_tf.searchers.reinforce import Reinforce

    policy = settings.policy
    vectors = PolicyVectors(space, seed, policy.initial_stddev)
    in_table = settings.task == "table"
    return Reinforce(vectors, policy, comparable=in_table)
