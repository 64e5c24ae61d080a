"""The update of a network's weights: SGD as the paper has it."""

from collections.abc import Callable

import keras
import tensorflow as tf

from ednas_tf import replicas
from ednas_tf.settings import schema


class WeightUpdate(tf.Module):
    """Clipped gradient, plus the L2 penalty's, to SGD with momentum.

    It moves every weight in every step. In a supernet those that were not
    sampled have a gradient of zero, but momentum and penalty act on them all
    the same: the sampled gradient is an estimate of the expected loss's
    (section 3.4), and this is plain SGD on the expected loss.

    Make and call it under the strategy's scope, and call it in a replica.

    Args:
      network: a built network.
      settings: of the optimizer.
      total_steps: over which the learning rate falls along a cosine; by the
        step, where the authors' code does it by the epoch. Keras's momentum
        keeps each gradient times the rate of its own step, PyTorch's applies
        the present rate to all of them.
    """

    def __init__(
        self,
        network: keras.Model,
        settings: schema.Optimizer,
        total_steps: int,
    ):
        super().__init__()
        self.network = network
        self.clip_norm = settings.clip_norm
        self.weight_decay = settings.weight_decay
        self.schedule = keras.optimizers.schedules.CosineDecay(
            settings.learning_rate,
            total_steps,
            alpha=settings.final_learning_rate / settings.learning_rate,
        )
        self.optimizer = keras.optimizers.SGD(
            self.schedule,
            momentum=settings.momentum,
            nesterov=settings.nesterov and settings.momentum > 0,
        )
        self.optimizer.build(network.trainable_variables)

    def __call__(self, loss: Callable[[], tf.Tensor]) -> tf.Tensor:
        """Takes one step on `loss`.

        Args:
          loss: returns this replica's part of the loss, a scalar; the parts
            of all replicas add up to the loss.

        Returns:
          The global norm of the gradient, before it was clipped.
        """
        variables = self.network.trainable_variables
        values = [variable.value for variable in variables]
        with tf.GradientTape() as tape:
            total = loss()
        # A genotype may leave a state unused, and so what leads to it.
        gradients = tape.gradient(
            total, values, unconnected_gradients=tf.UnconnectedGradients.ZERO
        )
        gradients = replicas.total(gradients)
        gradients, norm = tf.clip_by_global_norm(gradients, self.clip_norm)
        # Keras adds up once more what the replicas hand it.
        share = 1 / replicas.count()
        self.optimizer.apply(
            [
                (gradient + self.weight_decay * value) * share
                for gradient, value in zip(gradients, values, strict=True)
            ],
            variables,
        )
        return norm

    def step(self, task, batch, batch_size: int, selections=None):
        """Takes one step on a minibatch.

        Args:
          task: the loss, and what is correct.
          batch: this replica's images and labels.
          batch_size: images of all replicas.
          selections: the architecture, for a supernet.

        Returns:
          This replica's parts of the loss, and how many images it put into
          their class; the global norm of the gradient, which all replicas
          have in common.
        """
        images, labels = batch
        results = {}

        def loss():
            logits = self.network(images, selections=selections, training=True)
            results["correct"] = task.num_correct(labels, logits)
            results["loss"] = task.loss(labels, logits) / batch_size
            return results["loss"]

        norm = self(loss)
        return results["loss"], results["correct"], norm

    def checkpoint(self) -> tf.train.Checkpoint:
        """The network's variables and the optimizer's.

        Keras 3 shows `tf.train.Checkpoint` no layers that stand in a list, so
        the network itself would not do.
        """
        return tf.train.Checkpoint(
            variables=[variable.value for variable in self.network.variables],
            optimizer=self.optimizer,
        )

    def learning_rate(self, step: int | None = None) -> float:
        """Of the step numbered `step`, from 0; by default of the next one."""
        if step is None:
            step = self.optimizer.iterations.value
        return float(self.schedule(step))
