"""What makes a searcher known by name.

A searcher is a `tf.Module` with the methods of
`searchers.policy_vectors.PolicyVectors`: `sample`, `loss`, `observe`,
`entropies`, `probabilities`, `log_prob`, and the variable `baseline`. What
should learn are its trainable variables.
"""

from collections.abc import Callable

import tensorflow as tf

from ednas_tf import errors
from ednas_tf.space import cell_space

_SEARCHERS: dict[str, Callable[..., tf.Module]] = {}


def searcher(name: str):
    """Makes the decorated (space, seed, policy settings) -> searcher known."""

    def register(make):
        if name in _SEARCHERS:
            raise ValueError(f"searcher {name!r} is defined twice")
        _SEARCHERS[name] = make
        return make

    return register


def names() -> tuple[str, ...]:
    """The names of all known searchers, sorted."""
    return tuple(sorted(_SEARCHERS))


def check(name: str) -> None:
    """Raises `RequestError` unless a searcher has this name."""
    if name not in _SEARCHERS:
        raise errors.RequestError(
            f"unknown searcher {name!r}, {errors.nearest(name, names())}"
        )


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
    check(name)
    return _SEARCHERS[name](space, seed, policy)
