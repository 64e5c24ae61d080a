"""REINFORCE with a baseline (equation 4)."""

from collections.abc import Sequence

import keras
import tensorflow as tf

from ednas_tf.nets.architectures import Architecture
from ednas_tf.searchers.policy_vectors import PolicyVectors
from ednas_tf.searchers.searcher import Searcher
from ednas_tf.settings import schema


class Reinforce(Searcher):
    """Samples architectures from policy vectors, and updates these by Adam.

    An update minimises the mean of -(R - b) log P(m) over the architectures m
    with the rewards R, and an L2 penalty. The baseline b is the moving average
    of earlier rewards, as in the paper. Where several architectures were judged
    on one minibatch, b is the mean of the others' rewards, as far as rewards on
    different minibatches cannot be compared.

    The vectors are not variables of a strategy: all replicas score the same
    architecture, and there is one reward and one update.

    Args:
      policies: the policy vectors.
      settings: learning rate, penalty, baseline, and the number of
        architectures in a policy step.
      learns: whether the policy vectors are updated.
      comparable: whether rewards of different steps can be compared; see
        `Evaluator`.

    Attributes:
      baseline: the moving average of the rewards; after one reward, that one.
      num_rewards: number of finite rewards so far.
    """

    watched = ("policies' gradient",)
    remedy = "lower policy.learning_rate"

    def __init__(
        self,
        policies: PolicyVectors,
        settings: schema.Policy,
        learns: bool = True,
        comparable: bool = False,
    ):
        super().__init__(policies.space)
        if learns and not settings.learning_rate:
            raise ValueError(
                "policy.learning_rate: expected a rate, which "
                "`policy_rate.chosen` chooses, found 0"
            )
        self.evaluations_per_step = settings.architectures
        self.policies = policies
        self.settings = settings
        self.learns = learns
        # Otherwise the others of a step are the baseline.
        alone = settings.architectures == 1
        self._has_average = learns and (alone or comparable)
        self.baseline = tf.Variable(0.0, trainable=False, name="baseline")
        self.num_rewards = tf.Variable(
            0, trainable=False, dtype=tf.int64, name="num_rewards"
        )
        self.optimizer = keras.optimizers.Adam(
            settings.learning_rate,
            beta_1=settings.beta_1,
            beta_2=settings.beta_2,
            epsilon=1e-8,
        )
        if learns:
            self.optimizer.build(policies.trainable_variables)

    def propose(self, seed: tf.Tensor) -> Architecture:
        return self.policies.sample(seed)

    def update(
        self,
        architectures: Sequence[Architecture],
        rewards: tf.Tensor,
        comparable: bool,
    ) -> dict[str, tf.Tensor]:
        """See `Searcher.update`; returns the global norm of the gradient.

        A reward that is not finite is left out. A gradient that is not finite
        is replaced by zeros, so that the policies can be sampled from.
        """
        rewards = tf.ensure_shape(rewards, [len(architectures)])
        finite = tf.math.is_finite(rewards)
        rewards = tf.where(finite, rewards, 0.0)
        norm = tf.constant(0.0)
        if self.learns:
            advantages = self.advantages(rewards, finite, comparable)
            norm = self._follow(architectures, advantages)
        self._move_baseline(rewards, finite, comparable)
        return dict.fromkeys(self.watched, norm)

    def _follow(self, architectures, advantages):
        """Makes a step of the optimizer; returns the norm of the gradient."""
        variables = self.policies.trainable_variables
        with tf.GradientTape() as tape:
            loss = self.loss(architectures, advantages)
        gradients = tape.gradient(loss, variables)
        gradients = [tf.convert_to_tensor(value) for value in gradients]
        norm = tf.linalg.global_norm(gradients)
        self.optimizer.apply(
            [
                tf.where(tf.math.is_finite(norm), gradient, 0.0)
                + self.settings.weight_decay * value
                for gradient, value in zip(gradients, variables, strict=True)
            ],
            variables,
        )
        return norm

    def advantages(
        self, rewards: tf.Tensor, finite: tf.Tensor, comparable: bool
    ) -> tf.Tensor:
        """Rewards minus baselines, float32 [k].

        No baseline depends on the reward that it is subtracted from. A reward
        that has nothing to be compared with has the advantage 0.

        Args:
          rewards: float32 [k], 0 where they are not finite.
          finite: bool [k], whether they are finite.
          comparable: see `Evaluator`.
        """
        others = tf.reduce_sum(tf.cast(finite, tf.float32)) - 1
        mean = (tf.reduce_sum(rewards) - rewards) / tf.maximum(others, 1.0)
        baselines = tf.where(others > 0, mean, rewards)
        if comparable or rewards.shape[0] == 1:
            # The average of many rewards varies less than that of a few.
            baselines = tf.where(
                self.num_rewards == 0, baselines, self.baseline
            )
        return tf.where(finite, rewards - baselines, 0.0)

    def loss(
        self, architectures: Sequence[Architecture], advantages: tf.Tensor
    ) -> tf.Tensor:
        """The loss of the policies, see equation 4.

        It is the mean of -advantage * log P(m), minus the weighted entropy.
        """
        log_probs = tf.stack(list(map(self.policies.log_prob, architectures)))
        loss = -tf.reduce_mean(tf.stop_gradient(advantages) * log_probs)
        if self.settings.entropy_coefficient:
            entropies = self.policies.entropies().values()
            entropy = tf.add_n([tf.reduce_sum(value) for value in entropies])
            loss -= self.settings.entropy_coefficient * entropy
        return loss

    def _move_baseline(self, rewards, finite, comparable):
        """Moves the average towards the mean of the finite rewards."""
        for reward, counts in zip(
            tf.unstack(rewards), tf.unstack(finite), strict=True
        ):
            before = tf.cast(self.num_rewards, tf.float32)
            decay = tf.where(before == 0, 0.0, self.settings.baseline_decay)
            if comparable:
                # Few rewards are averaged evenly: a short training is dear.
                decay = tf.minimum(decay, before / (before + 1))
            moved = decay * self.baseline + (1 - decay) * reward
            self.baseline.assign(tf.where(counts, moved, self.baseline))
            self.num_rewards.assign_add(tf.cast(counts, tf.int64))

    def log_prob(self, architecture: Architecture) -> tf.Tensor:
        return self.policies.log_prob(architecture)

    def marginals(self) -> dict[str, tf.Tensor]:
        return self.policies.probabilities()

    def scalars(self) -> dict[str, tf.Tensor]:
        """The learning rate, and the moving average if it is the baseline."""
        found = {"baseline": self.baseline} if self._has_average else {}
        if self.learns:
            rate = self.optimizer.learning_rate
            found["learning_rate"] = tf.convert_to_tensor(rate)
        return found
