"""The update of a network's weights: SGD as the paper has it."""

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
    """Clipped gradient, plus the L2 penalty's, to SGD with momentum.

    It moves every weight in every step. In a supernet those that were not
    sampled have a gradient of zero, but momentum and penalty act on them all
    the same: the sampled gradient is an estimate of the expected loss's
    (section 3.4), and this is plain SGD on the expected loss.

    Make and call it under the strategy's scope, and call it in a replica.

    Args:
      network: a built network.
      settings: of the optimizer. Keras's momentum keeps each gradient times
        the rate of its own step, PyTorch's applies the present rate to all.
      steps: of each epoch.
      epochs: of the run.
      ema_decay: of the weights' moving average, which `averaged` shows; 0 for
        none.
      xla: whether XLA compiles loss and gradient. It cannot where several
        replicas share the statistics of a batch.
      average: of the network's weights, in place of a moving one; None for
        none.
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
    ):
        super().__init__()
        self.network = network
        self.clip_norm = settings.clip_norm
        self.weight_decay = settings.weight_decay
        self.xla = xla
        self.average = average
        self.schedule = learning_rate.make(settings, steps, epochs)
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
        """Takes one step on `loss`.

        Args:
          loss: computes this replica's part; the parts of all replicas add up
            to the loss.

        Returns:
          What `loss` returned; and the global norm of the gradient, before it
          was clipped, which all replicas have in common.
        """
        variables = self.network.trainable_variables
        values = [variable.value for variable in variables]

        def compute():
            with tf.GradientTape() as tape:
                parts = loss()
            # A genotype may leave a state unused, and so what leads to it.
            gradients = tape.gradient(
                parts.loss,
                values,
                unconnected_gradients=tf.UnconnectedGradients.ZERO,
            )
            # That of a few rows of a matrix stands for all of it.
            return parts, [tf.convert_to_tensor(each) for each in gradients]

        if self.xla:
            compute = tf.function(compute, jit_compile=True, autograph=False)
        parts, gradients = compute()
        norm = self._apply(gradients, values, variables, parts.rate_scale)
        return parts, norm

    def _apply(self, gradients, values, variables, rate_scale):
        gradients = replicas.total(gradients)
        norm = tf.linalg.global_norm(gradients)
        if self.clip_norm:
            gradients, _ = tf.clip_by_global_norm(
                gradients, self.clip_norm, norm
            )
        # Keras adds up once more what the replicas hand it.
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
        """While in the context, the network has its averaged weights."""
        average = self.average
        if not self.optimizer.use_ema and (not average or average.is_empty):
            yield
            return
        variables = self.network.trainable_variables
        own = [variable.numpy() for variable in variables]
        if average:
            average.show(variables)
        else:
            self.optimizer.finalize_variable_values(variables)
        try:
            yield
        finally:
            for variable, value in zip(variables, own, strict=True):
                variable.assign(value)

    def checkpoint(self) -> tf.train.Checkpoint:
        """The network's variables and the optimizer's.

        Keras 3 shows `tf.train.Checkpoint` no layers that stand in a list, so
        the network itself would not do.
        """
        return tf.train.Checkpoint(
            variables=[variable.value for variable in self.network.variables],
            optimizer=self.optimizer,
            **({"average": self.average} if self.average else {}),
        )

    def learning_rate(self, step: int | None = None) -> float:
        """Of the step numbered `step`, from 0; by default of the next one."""
        if step is None:
            step = self.optimizer.iterations.value
        return float(self.schedule(step))
