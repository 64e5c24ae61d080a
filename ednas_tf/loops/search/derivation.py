"""Derivation: the best of some architectures that the searcher proposes."""

import math

import tensorflow as tf

from ednas_tf import errors, interruption, seeds
from ednas_tf.analysis.candidates import Candidate
from ednas_tf.loops import distribution
from ednas_tf.nets import architectures


def derive(task, settings, trainer, strategy) -> list[Candidate]:
    """Proposes and scores candidates, as section 4.1.1 derives the result.

    All candidates share one minibatch, which is what a comparison needs; in
    the authors' code each has its own. Whole minibatches only: the supernet
    normalises by the statistics of what it is handed.

    Returns:
      The candidates, the best first; of equal ones, the one proposed first.

    Raises:
      RunError: a reward was not finite.
      Interrupted: by a signal.
    """
    with interruption.deferred():
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
        # The mean of scores and not of rewards: a class may be missing in a
        # minibatch.
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


def _finite(sample, reward):
    reward = float(reward)
    if not math.isfinite(reward):
        raise errors.RunError(
            f"candidate {sample}: the reward is not finite; checkpoints are "
            "kept; lower search.optimizer.learning_rate in a new --model_dir"
        )
    return reward


def _batches(task, strategy, count):
    """The first minibatches of a pass of its own, the same at each call."""
    iterator = iter(task.policy_batches(strategy, 0, "candidate"))
    return (next(iterator) for _ in range(count))
