"""The supernet's cell: every edge with every operation, weights shared."""

import math

import keras
import numpy as np
import tensorflow as tf

from ednas_tf import ops, replicas
from ednas_tf.nets import function_library, switching, synchronized_library
from ednas_tf.nets.architectures import Sampled, edge_numbers
from ednas_tf.nets.initializer import FanIn
from ednas_tf.nets.plan import CellPlan
from ednas_tf.space import cell_space


class SharedCell(keras.layers.Layer):
    """Computes whichever architecture of a space it is handed.

    Only the chosen operations run. All weights of the cell lie in one vector,
    edge by edge and operation by operation; a step reads those of the chosen
    operations. The gradient of the others is exactly zero.

    Args:
      space: the space of cells.
      planned: the cell's place in the network.
    """

    def __init__(self, space: cell_space.CellSpace, planned: CellPlan):
        super().__init__()
        self.space = space
        self.planned = planned
        self.channels = planned.channels
        self.strides = (1, 2) if planned.halves else (1,)
        self.slices = self._lay_out()
        size = max(end for _, end in self.slices.values())
        self.kernel = self.add_weight((size,), self._initialize, name="kernel")

    def _stages(self, edge, op):
        source, _ = self.space.edges[edge]
        name = self.space.ops[op]
        return ops.stages(name, self.channels, self.planned.stride(source))

    def _lay_out(self):
        """(edge, op) -> (start, end) of its weights in the vector.

        Within an edge the smallest come first, so that a row of full length
        can be read from the start of any of them.
        """
        slices, start = {}, 0
        for edge in range(len(self.space.edges)):
            sizes = [
                (function_library.row_size(self._stages(edge, op)), op)
                for op in range(len(self.space.ops))
            ]
            for size, op in sorted(sizes):
                slices[edge, op] = (start, start + size)
                start += size
        return slices

    def _initialize(self, shape, dtype):
        kernels = [
            kernel
            for place in self.slices
            for kernel in ops.weight_shapes(self._stages(*place))
        ]
        limits = np.repeat(
            [FanIn.limit(kernel) for kernel in kernels],
            [math.prod(kernel) for kernel in kernels],
        )
        seed = FanIn().seed
        return limits * keras.random.uniform(shape, -1.0, 1.0, dtype, seed)

    def call(self, inputs, sampled: Sampled, training=False):
        """Runs one architecture.

        Args:
          inputs: the states 0, 1, ..., [batch, height, width, channels] each.
          sampled: the architecture of this cell. The sources of each node
            must ascend, none twice: otherwise the output is right, but taking
            its gradient fails.
          training: without effect; statistics are the batch's in both steps.

        Returns:
          [batch, height, width, output states * channels], of half the height
          and width in a cell that halves.
        """
        sources, branches = sampled
        edges = edge_numbers(self.space, sampled)
        starts, ends = (
            tf.gather_nd(table, tf.stack([edges, sampled.ops], 1))
            for table in self._slice_tables()
        )
        if self.planned.halves:
            halves = tf.cast(sources < self.space.num_inputs, tf.int32)
            branches += len(self.space.ops) * halves
        return self._run(inputs, sources, branches, starts, ends)

    def _slice_tables(self):
        tables = np.zeros([2, len(self.space.edges), len(self.space.ops)])
        for place, ends in self.slices.items():
            tables[(slice(None), *place)] = ends
        return tables.astype(np.int32)

    def _run(self, inputs, sources, branches, starts, ends):
        # Replicas share the statistics of the batch, which costs time.
        make = (
            synchronized_library if replicas.count() > 1 else function_library
        )
        library = make.library(self.space.ops, self.channels, self.strides)
        num_slots = sources.shape[0]
        sources, branches, starts, ends = map(
            tf.unstack, (sources, branches, starts, ends)
        )

        @tf.custom_gradient
        def run(kernel, *inputs):
            # The gradient of the Cases is computed below: an outer tape that
            # recorded them would compute one of its own.
            kernel, *inputs = map(tf.stop_gradient, (kernel, *inputs))
            rows = self._rows(library, kernel, starts)
            states, tape = self._forward(
                library, inputs, rows, sources, branches
            )

            def gradient(dy):
                rows_gradient, inputs_gradient = self._backward(
                    library, dy, states, tape, rows, sources, branches
                )
                pieces, end = [], 0
                for i in range(num_slots):
                    pieces += [tf.zeros([starts[i] - end]), rows_gradient[i]]
                    end = ends[i]
                pieces.append(tf.zeros([kernel.shape[0] - end]))
                whole = tf.concat(pieces, 0)
                whole.set_shape(kernel.shape)
                return whole, *inputs_gradient

            output = [states[i] for i in self.space.output_states]
            return tf.concat(output, -1), gradient

        return run(tf.convert_to_tensor(self.kernel), *inputs)

    def _rows(self, library, kernel, starts):
        """The chosen operations' weights, each [library.row_length].

        A row may run on into the weights of later operations, which its
        operation does not look at.
        """
        length = library.row_length
        last = max(start for start, _ in self.slices.values())
        beyond = last + length - kernel.shape[0]
        if beyond > 0:
            kernel = tf.pad(kernel, [[0, beyond]])
        return [tf.slice(kernel, [start], [length]) for start in starts]

    def _forward(self, library, inputs, rows, sources, branches):
        states, tape = list(inputs), []
        shape = inputs[0].shape
        if self.planned.halves:
            halved = [size and -(-size // 2) for size in shape[1:3]]
            shape = tf.TensorShape([shape[0], *halved, shape[3]])
        for node in range(self.space.num_nodes):
            outputs = []
            for slot in self.space.slots(node):
                x = switching.pick(sources[slot], states)
                y, saved = library.run(branches[slot], x, rows[slot])
                y.set_shape(shape)
                outputs.append(y)
                tape.append((x, saved))
            states.append(tf.add_n(outputs))
        return states, tape

    def _backward(self, library, dy, states, tape, rows, sources, branches):
        num_inputs = self.space.num_inputs
        output = self.space.output_states
        parts = dict(zip(output, tf.split(dy, len(output), -1), strict=True))
        gradients = [
            parts[i] if i in parts else tf.zeros_like(state)
            for i, state in enumerate(states)
        ]
        rows_gradient = {}
        for node in reversed(range(self.space.num_nodes)):
            count = num_inputs + node
            shapes = [gradient.shape for gradient in gradients[:count]]
            for slot in self.space.slots(node):
                x, saved = tape[slot]
                dx, rows_gradient[slot] = library.run_backward(
                    branches[slot], gradients[count], x, rows[slot], saved
                )
                gradients[:count] = switching.add(
                    sources[slot], dx, gradients[:count]
                )
            for gradient, shape in zip(gradients, shapes, strict=False):
                gradient.set_shape(shape)
        return rows_gradient, gradients[:num_inputs]
