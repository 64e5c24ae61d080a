"""The stages of one operation as a Keras layer."""

import keras
import tensorflow as tf

from ednas_tf import ops
from ednas_tf.nets import batch_norm
from ednas_tf.nets.initializer import FanIn


class OperationLayer(keras.layers.Layer):
    """Runs the stages of one operation with weights of its own.

    Args:
      stages: the stages of the operation, as `ops.stages` returns them.
      for_search: whether to normalise as the supernet does: by the statistics
        of the batch, without a learnt scale and offset, and after pooling, too.
      affine: whether norms learn a scale and an offset; by default they do,
        unless `for_search` is set.
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
            elif isinstance(stage, ops.Sum):
                branches = [
                    OperationLayer(branch, for_search, affine)
                    for branch in stage.branches
                ]
                self.steps.append((SumLayer(branches), None))
            elif for_search or not stage.search_only:
                norm = batch_norm.BatchNorm(affine, moving=not for_search)
                self.steps.append((norm, None))

    def call(self, x, training=False):
        """Computes the operation.

        Args:
          x: [batch, height, width, channels].
          training: whether norms use the statistics of the batch, and update
            their moving statistics.
        """
        for step, kernels in self.steps:
            if kernels is None:
                x = step(x, training=training)
            else:
                x = step(x, *map(tf.convert_to_tensor, kernels))
        return x


class SumLayer(keras.layers.Layer):
    """Adds the outputs of several layers that read the same input."""

    def __init__(self, branches: list[OperationLayer]):
        super().__init__()
        self.branches = branches

    def call(self, x, training=False):
        return tf.add_n([each(x, training=training) for each in self.branches])
