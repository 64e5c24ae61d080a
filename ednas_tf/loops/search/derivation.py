"""Derivation: the result is the best of some proposed architectures."""

import itertools
import math

import tensorflow as tf

from ednas_tf import errors, interruption, seeds
from ednas_tf.analysis.candidates import Candidate
from ednas_tf.loops import distribution
from ednas_tf.nets import architectures


def derive(task, settings, trainer, strategy) -> list[Candidate]:
    """Proposes and scores candidates for the result (section 3.4).

    All candidates are scored on the same minibatch, so that they can be
    compared; in the authors' code each is scored on another one. Minibatches
    are never cut, because the supernet normalises by their statistics.

    With `search.rescored_candidates`, which is not of the paper, the better
    half is scored on as many minibatches again, and so on, until so few are
    left. These are scored on all minibatches.

    Returns:
      The candidates, from the best to the worst; among equal ones in the order
      of their proposal.

    Raises:
      RunError: a reward was not finite.
      Interrupted: a signal stopped the run.
    """
    with interruption.deferred("stopping after this candidate"):
        return _derive(task, settings, trainer, strategy)


def _derive(task, settings, trainer, strategy):
    scorer = _Scorer(task, trainer, strategy)
    seed = seeds.derive(settings.seed, "candidates")
    proposed = trainer.searcher.candidates(settings.search.candidates, seed)
    candidates = [
        _candidate(i, architecture, task.space, trainer.searcher)
        for i, architecture in enumerate(proposed)
    ]
    for candidate, reward in zip(
        candidates, scorer.rewards(candidates, 1), strict=True
    ):
        candidate.reward = reward
    candidates.sort(key=lambda candidate: -candidate.reward)
    chosen = _halved(candidates, settings.search.rescored_candidates, scorer)
    for candidate, reward in zip(
        chosen, scorer.rewards(chosen, scorer.steps), strict=True
    ):
        candidate.validation_reward = reward
    chosen.sort(key=lambda candidate: -candidate.validation_reward)
    candidates[: len(chosen)] = chosen
    return candidates


def _candidate(i, architecture, space, searcher):
    log_prob = searcher.log_prob(architecture)
    return Candidate(
        i,
        architectures.to_genotype(space, architecture),
        reward=math.nan,
        log_prob=None if log_prob is None else float(log_prob),
    )


def _halved(candidates, most, scorer):
    """Sorts the better half by more minibatches, until `most` are left.

    Args:
      candidates: all candidates, the best first, which are sorted anew.
      most: number of candidates to leave.
      scorer: scores candidates.

    Returns:
      The candidates that are left.
    """
    chosen, count = (candidates if most else []), 1
    while len(chosen) > most and count < scorer.steps:
        chosen, count = chosen[: max(most, len(chosen) // 2)], 2 * count
        if len(chosen) > most:
            count = min(count, scorer.steps)
            rewards = scorer.rewards(chosen, count)
            order = sorted(range(len(chosen)), key=lambda i: -rewards[i])
            chosen = [chosen[i] for i in order]
            candidates[: len(chosen)] = chosen
    return chosen[:most]


class _Scorer:
    """Scores candidates on the first minibatches, on each only once.

    Attributes:
      steps: number of all minibatches.
    """

    def __init__(self, task, trainer, strategy):
        self._task, self._strategy = task, strategy
        self._scores = tf.function(trainer.supernet.scores, autograph=False)
        _, self.steps = task.search_steps(strategy.num_replicas_in_sync)
        self._known = {}

    def rewards(self, candidates, count: int) -> list[float]:
        """Rewards on the first `count` minibatches.

        Args:
          candidates: candidates that were scored on equally many minibatches.
          count: number of minibatches.
        """
        if not candidates:
            return []
        known = [self._known.setdefault(c.sample, []) for c in candidates]
        packed = [
            architectures.from_genotype(self._task.space, c.genotype)
            for c in candidates
        ]
        for batch in self._batches(len(known[0]), count):
            for scores, architecture in zip(known, packed, strict=True):
                if distribution.asked_to_stop(self._strategy):
                    interruption.stop(
                        "the same command scores the candidates again"
                    )
                scores.append(self._scores(architecture, batch))
        # The reward of the mean score, not the mean of rewards: these cannot be
        # averaged if minibatches lack different classes.
        return [
            _finite(c.sample, self._task.reward(tf.reduce_mean(scores, 0)))
            for c, scores in zip(candidates, known, strict=True)
        ]

    def _batches(self, start, end):
        batches = self._task.policy_batches(self._strategy, start, "candidate")
        return itertools.islice(batches, end - start)


def _finite(sample: int, reward: tf.Tensor) -> float:
    """Returns a reward; raises `RunError` if it is not finite."""
    reward = float(reward)
    if not math.isfinite(reward):
        raise errors.RunError(
            f"candidate {sample}: the reward is not finite; checkpoints are "
            "kept; lower search.optimizer.learning_rate in a new --model_dir"
        )
    return reward
