"""The update of a searcher's policies: REINFORCE with Adam (equation 4)."""

import keras
import tensorflow as tf

from ednas_tf.settings import schema


class PolicyUpdate(tf.Module):
    """Adam on a searcher's loss, plus the gradient of an L2 penalty.

    The policies and this live outside of any strategy: every replica scores
    the same architecture, and there is one reward.

    Args:
      searcher: whose trainable variables are to be moved; there may be none.
      settings: of the policies.
    """

    def __init__(self, searcher: tf.Module, settings: schema.Policy):
        super().__init__()
        self.searcher = searcher
        self.weight_decay = settings.weight_decay
        self.optimizer = keras.optimizers.Adam(
            settings.learning_rate,
            beta_1=settings.beta_1,
            beta_2=settings.beta_2,
            epsilon=1e-8,
        )
        if searcher.trainable_variables:
            self.optimizer.build(searcher.trainable_variables)

    def __call__(self, selections, reward: tf.Tensor) -> tf.Tensor:
        """Learns that the architecture `selections` earned `reward`.

        Returns:
          The global norm of the gradient. One that is not finite counts as
          zero, as policies that are not finite could not sample.
        """
        variables = self.searcher.trainable_variables
        norm = tf.constant(0.0)
        if variables:
            with tf.GradientTape() as tape:
                loss = self.searcher.loss(selections, reward)
            gradients = tape.gradient(loss, variables)
            gradients = [tf.convert_to_tensor(value) for value in gradients]
            norm = tf.linalg.global_norm(gradients)
            self.optimizer.apply(
                [
                    tf.where(tf.math.is_finite(norm), gradient, 0.0)
                    + self.weight_decay * value
                    for gradient, value in zip(
                        gradients, variables, strict=True
                    )
                ],
                variables,
            )
        self.searcher.observe(reward)
        return norm

    def learning_rate(self) -> float:
        """Of every step."""
        return float(self.optimizer.learning_rate)
