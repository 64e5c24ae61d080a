"""The update of a network's weights: SGD, as in the paper."""

import contextlib
from collections.abc import Callable, Iterator

import keras
import tensorflow as tf

from ednas_tf import replicas
from ednas_tf.loops import learning_rate
from ednas_tf.loops.train.weight_average import WeightAverage
from ednas_tf.settings import schema
from ednas_tf.tasks import StepResult


class WeightUpdate(tf.Module):
    """Applies SGD with momentum to the clipped gradient plus the L2 penalty's.

    It updates every weight in every step. In a supernet the weights that were
    not sampled have a gradient of zero, but momentum and penalty act on them,
    too: the gradient of the sampled architecture is an estimate of the gradient
    of the expected loss (section 3.4), and this is plain SGD on that loss.

    Make it under the strategy's scope, and call it in each replica.

    Args:
      network: a built network.
      settings: the settings of the optimizer. Keras's momentum accumulates
        gradients times the learning rates of their steps; PyTorch's multiplies
        all of them by the present learning rate.
      steps: number of steps in an epoch.
      epochs: number of epochs of the run.
      ema_decay: decay of the moving average of the weights, see `averaged`; 0
        for no moving average.
      xla: whether XLA compiles loss and gradient. This is not possible if
        several replicas share the statistics of a batch.
      average: another average of the weights; None for none.
      ratio: see `learning_rate.Stretched`; None for 1.
    """

    def __init__(
        self,
        network: keras.Model,
        settings: schema.Optimizer,
        steps: int,
        epochs: int,
        ema_decay: float = 0.0,
        xla: bool = False,
        average: WeightAverage | None = None,
        ratio: tf.Variable | None = None,
    ):
        super().__init__()
        self.network = network
        self.clip_norm = settings.clip_norm
        self.weight_decay = settings.weight_decay
        self.xla = xla
        self.average = average
        self.schedule = learning_rate.make(settings, steps, epochs)
        if ratio is not None:
            self.schedule = learning_rate.Stretched(self.schedule, ratio)
        self.optimizer = keras.optimizers.SGD(
            self.schedule,
            momentum=settings.momentum,
            nesterov=settings.nesterov and settings.momentum > 0,
            use_ema=ema_decay > 0,
            ema_momentum=ema_decay,
        )
        self.optimizer.build(network.trainable_variables)

    def __call__(
        self, loss: Callable[[], StepResult]
    ) -> tuple[StepResult, tf.Tensor]:
        """Updates the weights once.

        Args:
          loss: computes this replica's result of the step. The losses of all
            replicas add up to the loss that is minimised.

        Returns:
          The result of `loss`; and the global norm of the gradient over all
          replicas before it is clipped, the same in all of them.
        """
        variables = self.network.trainable_variables
        values = [variable.value for variable in variables]

        def compute():
            with tf.GradientTape() as tape:
                result = loss()
            # If a genotype does not use a state, it has weights without effect.
            gradients = tape.gradient(
                result.loss,
                values,
                unconnected_gradients=tf.UnconnectedGradients.ZERO,
            )
            # Makes the sparse gradient of an embedding dense.
            return result, [tf.convert_to_tensor(each) for each in gradients]

        if self.xla:
            compute = tf.function(compute, jit_compile=True, autograph=False)
        result, gradients = compute()
        norm = self._apply(gradients, values, variables, result.rate_scale)
        return result, norm

    def _apply(self, gradients, values, variables, rate_scale):
        gradients = replicas.total(gradients)
        norm = tf.linalg.global_norm(gradients)
        if self.clip_norm:
            gradients, _ = tf.clip_by_global_norm(
                gradients, self.clip_norm, norm
            )
        # Keras adds up the gradients of the replicas once more.
        share = rate_scale / replicas.count()
        self.optimizer.apply(
            [
                (gradient + self.weight_decay * value) * share
                for gradient, value in zip(gradients, values, strict=True)
            ],
            variables,
        )
        if self.average:
            self.average(variables)
        return norm

    @contextlib.contextmanager
    def averaged(self) -> Iterator[None]:
        """Gives the network its averaged weights while in the context.

        Without any average, or before the first step that is averaged, the
        network keeps its own weights.
        """
        average = self.average
        if not self.optimizer.use_ema and (not average or average.is_empty):
            yield
            return
        variables = self.network.trainable_variables
        own = [variable.numpy() for variable in variables]
        if average:
            average.copy_to(variables)
        else:
            self.optimizer.finalize_variable_values(variables)
        try:
            yield
        finally:
            for variable, value in zip(variables, own, strict=True):
                variable.assign(value)

    def checkpoint(self) -> tf.train.Checkpoint:
        """The network's variables and the optimizer's.

        The variables are listed one by one, because Keras 3 hides layers in a
        Python list from `tf.train.Checkpoint`.
        """
        return tf.train.Checkpoint(
            variables=[variable.value for variable in self.network.variables],
            optimizer=self.optimizer,
            **({"average": self.average} if self.average else {}),
        )

    def learning_rate(self, step: int | None = None) -> float:
        """The learning rate of a step; by default of the next step."""
        if step is None:
            step = self.optimizer.iterations.value
        return float(self.schedule(step))
