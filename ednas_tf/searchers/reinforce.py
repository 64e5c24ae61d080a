"""REINFORCE with a moving average of the rewards as baseline (equation 4)."""

import keras
import tensorflow as tf

from ednas_tf.nets.architectures import Architecture
from ednas_tf.searchers.policy_vectors import PolicyVectors
from ednas_tf.searchers.searcher import Evaluator, Learned, Searcher
from ednas_tf.settings import schema


class Reinforce(Searcher):
    """Samples architectures from policy vectors, and updates these by Adam.

    A policy step samples one architecture, and minimises -(R - b) log P(m) and
    an L2 penalty, b being the moving average of the rewards of earlier steps.

    The vectors are not variables of a strategy: all replicas score the same
    architecture, and there is one reward and one update.

    Args:
      policies: the policy vectors.
      settings: learning rate, penalty and baseline.
      learns: whether the policy vectors are updated.

    Attributes:
      baseline: the moving average of the rewards; after one step, the reward.
      num_rewards: number of rewards so far.
    """

    watched = ("policies' gradient",)
    remedy = "lower policy.learning_rate"

    def __init__(
        self,
        policies: PolicyVectors,
        settings: schema.Policy,
        learns: bool = True,
    ):
        super().__init__(policies.space)
        self.policies = policies
        self.settings = settings
        self.learns = learns
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

    def learn(self, evaluator: Evaluator, batch, seed: tf.Tensor) -> Learned:
        architecture = self.propose(seed)
        (reward,) = tf.unstack(evaluator.rewards([architecture], batch), 1)
        # A reward that is not finite stops the search, but only at the end of
        # the compiled loop of steps. Until then the policies must stay finite,
        # to be sampled from.
        finite = tf.math.is_finite(reward)
        norm = self.update(
            architecture, tf.where(finite, reward, self.baseline)
        )
        watched = dict.fromkeys(self.watched, norm)
        return Learned([architecture], reward[tf.newaxis], watched)

    def update(
        self, architecture: Architecture, reward: tf.Tensor
    ) -> tf.Tensor:
        """Updates policies and baseline by the reward of an architecture.

        A gradient that is not finite is replaced by zeros, so that the policies
        stay finite.

        Returns:
          The global norm of the gradient.
        """
        norm = tf.constant(0.0)
        if self.learns:
            variables = self.policies.trainable_variables
            with tf.GradientTape() as tape:
                loss = self.loss(architecture, reward)
            gradients = tape.gradient(loss, variables)
            gradients = [tf.convert_to_tensor(value) for value in gradients]
            norm = tf.linalg.global_norm(gradients)
            self.optimizer.apply(
                [
                    tf.where(tf.math.is_finite(norm), gradient, 0.0)
                    + self.settings.weight_decay * value
                    for gradient, value in zip(
                        gradients, variables, strict=True
                    )
                ],
                variables,
            )
        self._move_baseline(reward)
        return norm

    def loss(self, architecture: Architecture, reward: tf.Tensor) -> tf.Tensor:
        """The loss of the policies, -(R - b) log P(m): see equation 4.

        The baseline b is the average of earlier rewards, and so does not depend
        on this architecture. The first reward is its own baseline.
        """
        baseline = tf.where(self.num_rewards == 0, reward, self.baseline)
        advantage = tf.stop_gradient(reward - baseline)
        loss = -advantage * self.policies.log_prob(architecture)
        if self.settings.entropy_coefficient:
            entropies = self.policies.entropies().values()
            entropy = tf.add_n([tf.reduce_sum(value) for value in entropies])
            loss -= self.settings.entropy_coefficient * entropy
        return loss

    def _move_baseline(self, reward):
        decay = self.settings.baseline_decay
        decay = tf.where(self.num_rewards == 0, 0.0, decay)
        self.baseline.assign(decay * self.baseline + (1 - decay) * reward)
        self.num_rewards.assign_add(1)

    def log_prob(self, architecture: Architecture) -> tf.Tensor:
        return self.policies.log_prob(architecture)

    def marginals(self) -> dict[str, tf.Tensor]:
        return self.policies.probabilities()

    def scalars(self) -> dict[str, tf.Tensor]:
        learning_rate = tf.convert_to_tensor(self.optimizer.learning_rate)
        return {"baseline": self.baseline, "learning_rate": learning_rate}
