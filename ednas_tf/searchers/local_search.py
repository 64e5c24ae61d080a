"""Local search from random architectures (White et al., 2020)."""

import dataclasses

from ednas_tf.searchers.registered import own_settings, searcher
from ednas_tf.settings import fields


@dataclasses.dataclass
class Settings(fields.Section):
    """When to move to a neighbour.

    Attributes:
      move: "first" moves to the first neighbour that is better; "best" has all
        neighbours judged, and moves to the best of them.
    """

    move: str = fields.choice("first", "best")


@searcher("local_search", Settings)
def local_search(space, seed, settings):
    """Makes local search."""
    # This module imports TensorFlow, which takes seconds; wrong names and
    # settings are refused before.
    from ednas_tf.searchers.neighbourhood import Neighbourhood

    own = own_settings(settings)
    return Neighbourhood(space, best=own.move == "best")
