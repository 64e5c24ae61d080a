"""A searcher that remembers: Thompson sampling on the decoupled choices."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import tensorflow as tf

from ednas_tf.nets.architectures import Architecture
from ednas_tf.searchers.choice_model import ChoiceModel
from ednas_tf.searchers.choices import Choices
from ednas_tf.searchers.leader import Leader
from ednas_tf.searchers.searcher import Searcher, Worth
from ednas_tf.space.cell_space import CellSpace

#: Draws that the probabilities of choices are counted in, and their seed: the
#: same state gives the same probabilities.
_DRAWS, _SEED = 256, (0, 0)
#: Comparable rewards before neighbours are proposed, unless told otherwise.
EXPLORED = 20


class ThompsonSampling(Searcher):
    """Proposes the best architecture of a draw from what a model believes.

    A choice that may be the best is thus proposed as often as it is likely to
    be the best, given all rewards so far. The model is a `ChoiceModel`.

    It knows nothing of what choices do together. So where rewards can be
    compared with each other, proposals become neighbours of the best
    architecture so far, once `explored` architectures have been judged.

    Args:
      space: the space of the cells.
      evaluations_per_step: see `Searcher`.
      memory: see `ChoiceModel`.
      explored: number of comparable rewards before neighbours are proposed.

    Attributes:
      model: the model.
      leader: the best architecture so far, if rewards are comparable.
    """

    def __init__(
        self,
        space: CellSpace,
        evaluations_per_step: int = 8,
        memory: float = 0.0,
        explored: int = EXPLORED,
    ):
        super().__init__(space)
        self.evaluations_per_step = evaluations_per_step
        self.model = ChoiceModel(Choices(space), memory)
        self.explored = explored
        self.leader = Leader(self.model.choices)
        # It is traced once for all proposals of a step.
        self._neighbour = tf.function(self.leader.neighbour, autograph=False)

    def propose(self, seed: tf.Tensor) -> Architecture:
        drawn, genes = self.model.draw(seed), self.leader.genes
        anywhere = genes.encode(self.model.choices.best(drawn))
        near, exists = self._neighbour(drawn, seed)
        climbs = exists & (self.leader.judged >= self.explored)
        return genes.decode(tf.where(climbs, near, anywhere))

    def update(
        self,
        architectures: Sequence[Architecture],
        rewards: tf.Tensor,
        comparable: bool,
    ) -> dict[str, tf.Tensor]:
        rewards = tf.ensure_shape(rewards, [len(architectures)])
        made = tf.stack(list(map(self.model.choices.made, architectures)))
        self.model.add(made, rewards, comparable)
        if comparable:
            for each, reward in zip(
                architectures, tf.unstack(rewards), strict=True
            ):
                self.leader.judge(each, reward)
        return {}

    def candidates(self, count: int, seed: int) -> Iterator[Architecture]:
        """First the best of the posterior mean, then draws."""
        yield self.model.choices.best(self.model.mean)
        yield from super().candidates(count - 1, seed)

    def inform(self, name: str, effects: Mapping[str, np.ndarray]) -> None:
        """Gives the model a prior direction; see `ChoiceModel.inform`."""
        self.model.inform(name, effects)

    def worth(self) -> dict[str, Worth]:
        """What each prior direction contributes; see `ChoiceModel.worth`."""
        return self.model.worth()

    def marginals(self) -> dict[str, tf.Tensor]:
        """The probability that each choice is the best.

        It is the share of posterior draws: for an edge of those in which the
        operation is the best one there, for a node of those in which the
        combination of edges is, with the best operations on them.
        """
        draws = self.model.draws(_DRAWS, tf.constant(_SEED))
        return self.model.choices.best_shares(draws)

    def beliefs(self) -> dict[str, np.ndarray]:
        effects, errors = self.model.effects()
        split = self.model.choices.split
        return {
            **{f"effects/{k}": v for k, v in split(effects.numpy()).items()},
            **{
                f"effect_errors/{k}": v
                for k, v in split(errors.numpy()).items()
            },
        }

    def scalars(self) -> dict[str, tf.Tensor]:
        """Standard deviations of the rest, and of the estimated effects."""
        return {
            "rest": tf.sqrt(self.model.noise),
            "effects": self.model.deviation(),
        }
