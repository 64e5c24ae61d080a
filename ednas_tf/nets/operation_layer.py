"""The stages of one operation as a Keras layer."""

import keras
import tensorflow as tf

from ednas_tf import ops
from ednas_tf.nets import batch_norm, counting
from ednas_tf.nets.initializer import FanIn
from ednas_tf.ops import shapes


class OperationLayer(keras.layers.Layer):
    """Runs the stages of one operation with weights of its own.

    Args:
      stages: the stages of the operation, as `ops.stages` returns them.
      for_search: whether to normalise as the supernet does: by the statistics
        of the batch, without a learnt scale and offset, and after pooling, too.
      affine: whether norms learn a scale and an offset; by default they do,
        unless `for_search` is set.
      name: name of the layer.
    """

    def __init__(
        self,
        stages: ops.Stages,
        for_search: bool = False,
        affine: bool | None = None,
        name: str | None = None,
    ):
        super().__init__(name=name)
        affine = not for_search if affine is None else affine
        self.steps = []
        # For each step: maps the shape of its input to that of its output.
        self._output_shapes = []
        for stage in stages:
            if isinstance(stage, ops.Stage):
                kernels = [
                    self.add_weight(shape, FanIn(), name="kernel")
                    for shape in stage.weights
                ]
                self.steps.append((stage.forward, kernels))
                self._output_shapes.append(counting.output_shape(stage))
            elif isinstance(stage, ops.Sum):
                branches = [
                    OperationLayer(branch, for_search, affine)
                    for branch in stage.branches
                ]
                self.steps.append((SumLayer(branches), None))
                self._output_shapes.append(branches[0].image_shape_after)
            elif for_search or not stage.search_only:
                norm = batch_norm.BatchNorm(
                    affine,
                    moving=not for_search,
                    name=f"batch_norm_{len(self.steps)}",
                )
                self.steps.append((norm, None))
                self._output_shapes.append(shapes.same)

    def build(self, input_shape):
        """Makes the weights of the norms.

        Args:
          input_shape: batch, height, width and channels.
        """
        batch, *shape = input_shape
        for (step, kernels), output_shape in zip(
            self.steps, self._output_shapes, strict=True
        ):
            if kernels is None and not step.built:
                step.build((batch, *shape))
            shape = output_shape(tuple(shape))

    def compute_output_shape(self, input_shape):
        """The shape of the output, found without tracing the operation."""
        batch, *shape = input_shape
        return (batch, *self.image_shape_after(tuple(shape)))

    def image_shape_after(self, shape: shapes.Shape) -> shapes.Shape:
        """Height, width and channels of the output, given the input's."""
        for output_shape in self._output_shapes:
            shape = output_shape(shape)
        return shape

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

    def build(self, input_shape):
        for branch in self.branches:
            if not branch.built:
                branch.build(input_shape)

    def compute_output_shape(self, input_shape):
        return self.branches[0].compute_output_shape(input_shape)

    def call(self, x, training=False):
        return tf.add_n([each(x, training=training) for each in self.branches])
