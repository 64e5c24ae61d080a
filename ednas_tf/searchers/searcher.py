"""The seam between searchers and what judges an architecture.

A searcher proposes architectures and learns from how they are judged; an
evaluator judges them. A search runs any searcher with any evaluator.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

import tensorflow as tf

from ednas_tf import seeds
from ednas_tf.nets.architectures import Architecture
from ednas_tf.space.cell_space import CellSpace


class Evaluator(Protocol):
    """Judges architectures."""

    def rewards(
        self, architectures: Sequence[Architecture], batch
    ) -> tf.Tensor:
        """The reward of each architecture on one batch, float32 [k].

        The same batch makes rewards comparable. Can be called within a
        `tf.function`.

        Args:
          architectures: k of them.
          batch: a batch of the search's policy steps.
        """


class Learned(NamedTuple):
    """What a searcher did in a policy step.

    Attributes:
      architectures: those that it had judged.
      rewards: what they earned, float32 [k].
      watched: scalars by name, such as the norm of a gradient; one that is
        not finite stops the search.
    """

    architectures: Sequence[Architecture]
    rewards: tf.Tensor
    watched: dict[str, tf.Tensor]


class Searcher(tf.Module):
    """Proposes architectures and learns from how they are judged.

    All that it remembers are variables (`tf.Variable`) or trackable objects
    among its attributes: they go into the checkpoint, and a search that is
    resumed goes on from them. What it draws at random is a function of the
    seeds that it is given. `propose` and `learn` are traced into a
    `tf.function`.

    Args:
      space: the space of cells.

    Attributes:
      evaluations_per_step: number of architectures that `learn` has judged,
        the same in all steps.
      learns: whether what is proposed depends on what was judged.
      watched: names of the scalars that `learn` returns to be watched.
      remedy: what to do where one of them is not finite.
    """

    evaluations_per_step = 1
    learns = True
    watched: tuple[str, ...] = ()
    remedy = "change the settings of the searcher"

    def __init__(self, space: CellSpace):
        super().__init__()
        self.space = space

    def propose(self, seed: tf.Tensor) -> Architecture:
        """Proposes one architecture.

        Args:
          seed: int32 [2]; the same seed and state propose the same.
        """
        raise NotImplementedError

    def learn(self, evaluator: Evaluator, batch, seed: tf.Tensor) -> Learned:
        """Has architectures judged, and learns from that.

        Args:
          evaluator: judges them.
          batch: what they are judged on.
          seed: int32 [2], of this step.
        """
        raise NotImplementedError

    def candidates(self, count: int, seed: int) -> Iterator[Architecture]:
        """Proposes what the result of the search is chosen from.

        Args:
          count: number of architectures.
          seed: of all of them.
        """
        for i in range(count):
            yield self.propose(seeds.at_step(seed, tf.constant(i)))

    def log_prob(self, architecture: Architecture) -> tf.Tensor | None:
        """Log of the probability that it is proposed; None if not known."""
        return None

    def marginals(self) -> dict[str, tf.Tensor] | None:
        """How likely each choice is to be proposed.

        Returns:
          "structure/<cell type>/node_<n>": [choices of edges], in the order
          of `CellSpace.edge_choices`, and "operations/<cell type>": [edges,
          ops]; or None: what was proposed is then counted in their place.
        """
        return None

    def scalars(self) -> dict[str, tf.Tensor]:
        """Scalars to watch, by name, such as a baseline."""
        return {}
