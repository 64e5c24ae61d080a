"""What makes a searcher known by name.

A searcher is a `tf.Module` with the methods of
`searchers.policy_vectors.PolicyVectors`: `sample`, `loss`, `observe`,
`entropies`, `probabilities`, `log_prob`, and the variable `baseline`. What
should learn are its trainable variables.
"""

from ednas_tf import registry
from ednas_tf.space import cell_space

_SEARCHERS = registry.Registry("searcher", "ednas_tf.searchers")

#: Makes the decorated (space, seed, policy settings) -> searcher known by a
#: name.
searcher = _SEARCHERS.register

#: The names of all known searchers, sorted.
names = _SEARCHERS.names

#: Raises `RequestError` unless a searcher has the name.
check = _SEARCHERS.get


def make(name: str, space: cell_space.CellSpace, seed: int, policy):
    """Makes the searcher `name`.

    Args:
      name: a known searcher.
      space: what it searches.
      seed: of its initial state.
      policy: the settings of policies, `settings.schema.Policy`.

    Raises:
      RequestError: no searcher has this name.
    """
    return _SEARCHERS.get(name)(space, seed, policy)
