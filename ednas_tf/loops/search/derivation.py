"""Derivation: the result is the best of some proposed architectures."""

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
    scores = tf.function(trainer.supernet.scores, autograph=False)
    (batch,) = _batches(task, strategy, 1)
    seed = seeds.derive(settings.seed, "candidates")
    proposed = trainer.searcher.candidates(settings.search.candidates, seed)
    candidates = []
    for i, architecture in enumerate(proposed):
        _stop_if_asked(strategy)
        log_prob = trainer.searcher.log_prob(architecture)
        candidates.append(
            Candidate(
                i,
                architectures.to_genotype(task.space, architecture),
                _finite(i, task.reward(scores(architecture, batch))),
                log_prob=None if log_prob is None else float(log_prob),
            )
        )
    candidates.sort(key=lambda candidate: -candidate.reward)
    chosen = candidates[: settings.search.rescored_candidates]
    _, steps = task.search_steps(strategy.num_replicas_in_sync)
    for candidate in chosen:
        _stop_if_asked(strategy)
        architecture = architectures.from_genotype(
            task.space, candidate.genotype
        )
        # The reward of the mean score, not the mean of rewards: these cannot be
        # averaged if minibatches lack different classes.
        mean = tf.reduce_mean(
            [
                scores(architecture, batch)
                for batch in _batches(task, strategy, steps)
            ],
            0,
        )
        reward = _finite(candidate.sample, task.reward(mean))
        candidate.validation_reward = reward
    chosen.sort(key=lambda candidate: -candidate.validation_reward)
    return chosen + candidates[len(chosen) :]


def _stop_if_asked(strategy):
    if distribution.asked_to_stop(strategy):
        interruption.stop("the same command scores the candidates again")


def _finite(sample: int, reward: tf.Tensor) -> float:
    """Returns a reward; raises `RunError` if it is not finite."""
    reward = float(reward)
    if not math.isfinite(reward):
        raise errors.RunError(
            f"candidate {sample}: the reward is not finite; checkpoints are "
            "kept; lower search.optimizer.learning_rate in a new --model_dir"
        )
    return reward


def _batches(task, strategy, count):
    """Yields the first minibatches for candidates, the same in each call."""
    iterator = iter(task.policy_batches(strategy, 0, "candidate"))
    return (next(iterator) for _ in range(count))
