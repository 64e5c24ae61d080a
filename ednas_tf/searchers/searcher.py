"""The interfaces of searchers and evaluators.

A searcher proposes architectures, and learns from their rewards; an evaluator
computes the rewards. A search can combine any searcher with any evaluator.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np
import tensorflow as tf

from ednas_tf import seeds
from ednas_tf.nets.architectures import Architecture
from ednas_tf.space.cell_space import CellSpace


class Evaluator(Protocol):
    """Computes the rewards of architectures.

    Attributes:
      comparable: whether rewards of different calls can be compared with each
        other. If not, as with a supernet whose rewards depend on the minibatch,
        only the rewards of one call can be.
    """

    comparable: bool

    def rewards(
        self, architectures: Sequence[Architecture], batch
    ) -> tf.Tensor:
        """Computes the rewards of architectures on one batch.

        The method can be called within a `tf.function`.

        Args:
          architectures: k architectures.
          batch: a batch of the policy steps.

        Returns:
          float32 [k].
        """


class Learned(NamedTuple):
    """What a searcher did in a policy step.

    Attributes:
      architectures: the k architectures that were evaluated.
      rewards: their rewards, float32 [k].
      watched: what `Searcher.update` returned.
    """

    architectures: Sequence[Architecture]
    rewards: tf.Tensor
    watched: dict[str, tf.Tensor]


class Worth(NamedTuple):
    """What a direction contributes to what a searcher believes.

    Attributes:
      coefficient: the difference in reward that one standard deviation of the
        direction over random architectures makes.
      error: its standard error.
      share: the variance over random architectures of this contribution, as a
        share of the variance of the estimated sum of effects; at most 1.
    """

    coefficient: float
    error: float
    share: float


class Searcher(tf.Module):
    """Proposes architectures, and learns from their rewards.

    Its state must be in variables (`tf.Variable`) or trackable objects among
    its attributes: these are saved in checkpoints, and restored when the search
    is resumed. Its random draws must be functions of the seeds that it is
    given. `propose` and `update` are called eagerly and within a `tf.function`.

    Args:
      space: the space of the cells.

    Attributes:
      evaluations_per_step: number of architectures that `learn` evaluates, the
        same in every step.
      learns: whether proposals depend on rewards.
      watched: names of the scalars that `update` returns.
      remedy: advice for the error if one of these is not finite.
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
          seed: int32 [2]. The same seed and state give the same architecture.
        """
        raise NotImplementedError

    def update(
        self,
        architectures: Sequence[Architecture],
        rewards: tf.Tensor,
        comparable: bool,
    ) -> dict[str, tf.Tensor]:
        """Learns from the rewards of architectures, proposed here or not.

        A reward that is not finite stops the search, but only at the end of the
        compiled loop of steps. Until then the state must stay valid.

        Args:
          architectures: k architectures that were judged together; k may change
            from call to call.
          rewards: their rewards, float32 [k].
          comparable: whether the rewards can be compared with those of other
            calls; see `Evaluator`.

        Returns:
          Scalars by name, such as the norm of a gradient. The search stops with
          an error if one of them is not finite.
        """
        raise NotImplementedError

    def inform(self, name: str, effects: Mapping[str, np.ndarray]) -> None:
        """Tells the searcher what something else than rewards says of choices.

        A searcher that cannot judge how much that is worth ignores it. The
        method is called eagerly, and before the first update.

        Args:
          name: name of what says it.
          effects: an effect for each choice, in the form of `marginals`; only
            differences between them matter, not their scale nor their sign.
        """

    def worth(self) -> dict[str, Worth]:
        """What each call of `inform` contributes to the proposals, by name."""
        return {}

    def learn(self, evaluator: Evaluator, batch, seed: tf.Tensor) -> Learned:
        """Proposes architectures, has them judged, and updates the state.

        Args:
          evaluator: computes the rewards.
          batch: a batch of the policy steps, for the evaluator.
          seed: int32 [2], another one in each step.
        """
        proposed = [self.propose(each) for each in self._seeds(seed)]
        rewards = evaluator.rewards(proposed, batch)
        watched = self.update(proposed, rewards, evaluator.comparable)
        return Learned(proposed, rewards, watched)

    def _seeds(self, seed):
        """The seeds of the proposals of a step."""
        if self.evaluations_per_step == 1:
            return [seed]
        return [
            tf.random.experimental.stateless_fold_in(seed, i)
            for i in range(self.evaluations_per_step)
        ]

    def candidates(self, count: int, seed: int) -> Iterator[Architecture]:
        """Proposes the architectures from which the result is chosen.

        Args:
          count: number of architectures.
          seed: random seed of all of them.
        """
        for i in range(count):
            yield self.propose(seeds.at_step(seed, tf.constant(i)))

    def log_prob(self, architecture: Architecture) -> tf.Tensor | None:
        """Log of the probability of a proposal; None if it is not known."""
        return None

    def marginals(self) -> dict[str, tf.Tensor] | None:
        """The probability of each choice.

        Returns:
          "structure/<cell type>/node_<n>": [choices of edges], in the order of
          `CellSpace.edge_choices`; and "operations/<cell type>": [edges, ops].
          None if the probabilities are not known: monitors then show how often
          each choice was evaluated.
        """
        return None

    def beliefs(self) -> dict[str, np.ndarray] | None:
        """What each choice is worth, as far as the searcher knows.

        Returns:
          "effects/<name>" and "effect_errors/<name>" for all names in
          `marginals`, of the same shapes: by how much the choice raises the
          reward, compared with its alternatives on average, and the standard
          error of that, in units of the reward. None if it is not known.
        """
        return None

    def scalars(self) -> dict[str, tf.Tensor]:
        """Scalars for TensorBoard, by name, such as a baseline."""
        return {}
