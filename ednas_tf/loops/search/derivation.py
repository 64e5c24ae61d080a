"""Derivation: the best of some architectures sampled from the last policies."""

import csv
import dataclasses
import io
import json
import math

import tensorflow as tf

from ednas_tf import errors, interruption, seeds
from ednas_tf.loops import distribution
from ednas_tf.nets import architecture
from ednas_tf.space import genotype


@dataclasses.dataclass
class Candidate:
    """One sampled architecture and its scores.

    Attributes:
      sample: its number among the samples.
      log_prob: log P(m) under the policies that it was sampled from.
      reward: on the minibatch that all candidates share.
      validation_reward: on all minibatches of a pass of policy steps together,
        if it was asked for.
    """

    sample: int
    selections: architecture.Selections
    genotype: genotype.Genotype
    log_prob: float
    reward: float
    validation_reward: float | None = None


def derive(task, settings, trainer, strategy) -> list[Candidate]:
    """Samples and scores candidates, as section 4.1.1 derives the result.

    All candidates share one minibatch, which is what a comparison needs; in
    the authors' code each has its own. Whole minibatches only: the supernet
    normalises by the statistics of what it is handed.

    Returns:
      The candidates, the best first; of equals, the one sampled first.

    Raises:
      RunError: a reward was not finite.
      Interrupted: by a signal.
    """
    with interruption.deferred():
        return _derive(task, settings, trainer, strategy)


def _derive(task, settings, trainer, strategy):
    scores = tf.function(trainer.scores, autograph=False)
    (batch,) = _batches(task, strategy, 1)
    seed = seeds.derive(settings.seed, "candidates")
    candidates = []
    for i in range(settings.search.candidates):
        _stop_if_asked(strategy)
        sampled = trainer.searcher.sample(seeds.at_step(seed, tf.constant(i)))
        candidates.append(
            Candidate(
                i,
                sampled,
                architecture.to_genotype(task.space, sampled),
                float(trainer.searcher.log_prob(sampled)),
                _finite(i, task.reward(scores(batch, sampled))),
            )
        )
    candidates.sort(key=lambda candidate: -candidate.reward)
    chosen = candidates[: settings.search.rescored_candidates]
    _, steps = task.search_steps(strategy.num_replicas_in_sync)
    for candidate in chosen:
        _stop_if_asked(strategy)
        # Of means, as a class may be missing in a minibatch.
        mean = tf.reduce_mean(
            [
                scores(batch, candidate.selections)
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


def to_csv(candidates: list[Candidate]) -> str:
    """A table with a row a candidate, in the order given."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(
        "rank reward validation_reward log_prob sample genotype_fingerprint "
        "genotype".split()
    )
    for rank, candidate in enumerate(candidates, 1):
        described = json.loads(candidate.genotype.to_json())
        rows.writerow(
            [
                rank,
                candidate.reward,
                candidate.validation_reward,
                candidate.log_prob,
                candidate.sample,
                candidate.genotype.fingerprint(),
                json.dumps(described),
            ]
        )
    return text.getvalue()
