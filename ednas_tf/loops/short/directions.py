"""What is known of each choice before any short training.

It may say nothing about how architectures train, so a searcher is given it as a
direction, whose weight the short trainings decide.
"""

from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from ednas_tf.nets import architectures
from ednas_tf.searchers.searcher import Searcher
from ednas_tf.tasks import Task

WEIGHTS = "the number of weights"
SHARED = "the search with shared weights"

#: Effects of choices by name, in the form of `Searcher.marginals`.
Effects = Mapping[str, np.ndarray]


def known(task: Task, shared: Searcher | None) -> dict[str, Effects]:
    """All directions, by name.

    Args:
      task: the task of the search.
      shared: the searcher that has learnt from shared weights, if there is one.
    """
    found = {WEIGHTS: numbers_of_weights(task)}
    preferred = preferences(shared) if shared is not None else None
    if preferred:
        found[SHARED] = preferred
    return found


def numbers_of_weights(task: Task) -> Effects:
    """How many weights an operation has, on average over the edges of a cell.

    Edges of a cell differ little: a stride has no weights of its own.
    """
    space, found = task.space, {}
    first = architectures.first(space)
    for cell_type in space.cell_types:
        counts = []
        for op in range(len(space.ops)):
            everywhere = first[cell_type]._replace(
                ops=tf.fill([space.num_slots], op)
            )
            genotype = architectures.to_genotype(
                space, {**first, cell_type: everywhere}
            )
            counts.append(task.count(genotype).parameters / space.num_slots)
        found[f"operations/{cell_type}"] = np.tile(
            counts, (len(space.edges), 1)
        )
    return found


def preferences(searcher: Searcher) -> Effects | None:
    """What a searcher prefers: its effects, or else logs of probabilities.

    None if it learns nothing, or does not say.
    """
    if not searcher.learns:
        return None
    prefix = "effects/"
    effects = {
        name.removeprefix(prefix): value
        for name, value in (searcher.beliefs() or {}).items()
        if name.startswith(prefix)
    }
    if effects:
        return effects
    marginals = searcher.marginals() or {}
    return {
        name: np.log(np.maximum(value.numpy(), 1e-6))
        for name, value in marginals.items()
    } or None
