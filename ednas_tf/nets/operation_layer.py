"""The stages of one operation as a Keras layer."""

import keras
import tensorflow as tf

from ednas_tf import ops
from ednas_tf.nets import batch_norm
from ednas_tf.nets.initializer import FanIn


class OperationLayer(keras.layers.Layer):
    """Runs the stages of one operation with weights of its own.

    Args:
      stages: as `ops.stages` returns them.
      for_search: normalise as the supernet does, without affine parameters
        and by the batch's statistics; also after pooling.
      affine: whether norms have affine parameters; by default, unless they
        are for the search.
    """

    def __init__(
        self,
        stages: ops.Stages,
        for_search: bool = False,
        affine: bool | None = None,
    ):
        super().__init__()
        affine = not for_search if affine is None else affine
        self.steps = []
        for stage in stages:
            if isinstance(stage, ops.Stage):
                kernels = [
                    self.add_weight(shape, FanIn(), name="kernel")
                    for shape in stage.weights
                ]
                self.steps.append((stage.forward, kernels))
            elif for_search or not stage.search_only:
                norm = batch_norm.BatchNorm(affine, moving=not for_search)
                self.steps.append((norm, None))

    def call(self, x, training=False):
        """Maps x [batch, height, width, channels] to the operation's output."""
        for step, kernels in self.steps:
            if kernels is None:
                x = step(x, training=training)
            else:
                x = step(x, *map(tf.convert_to_tensor, kernels))
        return x
