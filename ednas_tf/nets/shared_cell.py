"""The supernet's cell: it computes any architecture, with shared weights.

An example: 2 inputs, 2 nodes that keep 2 edges each, 4 channels, no halving,
and the operations 0 max_pool_3x3, 1 skip_connect and 2 sep_conv_3x3, of which
only the last has weights, 104 an edge. The cell has five edges, and one vector
with the weights of all operations on all edges, `kernel`, [520]:

    edge              0→2      1→2       0→3       1→3       2→3
    number            0        1         2         3         4
    part of kernel    0:104    104:208   208:312   312:416   416:520

A sampled architecture keeps four of the edges. Its parts of the kernel are:

    slot              0         1          2          3
    source            0         1          0          2
    operation         2 sep     1 skip     0 pool     2 sep
    edge              0         1          2          4
    starts : ends     0:104     104:104    208:208    416:520

    state 0 --sep---> +                 state 0 --pool--> +
                      | -> state 2                        | -> state 3
    state 1 --skip--> +                 state 2 --sep---> +

The forward computes for each slot, all shapes being [batch, height, width, 4]:

    x = states[source]                               switching.pick
    row = kernel[start : start + 104]                always of one length
    y, saved = library.run(operation, x, row)        one Case

A node is the sum of its two y, and the cell's output [batch, height, width, 8]
is states 2 and 3 side by side. The backward splits the output's gradient into
those of states 2 and 3, and goes through the nodes from the last to the first:

    dx, row_gradient = library.run_backward(operation, dy of the node, ...)
    gradients[source] += dx                          switching.add

The kernel's gradient is the slots' gradients with zeros in between:

    0:104 of slot 0, 104:416 zeros (slots 1 and 2 have no weights),
    416:520 of slot 3

So what was not sampled has a gradient of exactly zero, which makes the gradient
an unbiased estimate of the expected loss's (section 3.4).

Plainer forms cost more. TensorFlow would find the gradient by itself if
tf.switch_case ran the operations, but see `switching` for its times. A variable
for each operation on each edge makes 1,396 variables of 31 in a network of 8
cells, each with a momentum and a place in every update. In a matrix with a row
for each operation on each edge two thirds would be padding.
"""

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
    """Computes the architecture that it is called with.

    Only the operations of this architecture run. See the module's docstring.

    Args:
      space: the space of cells.
      planned: the plan of this cell, one of a network's.
      name: name of the layer.

    Attributes:
      kernel: the weights of all operations on all edges, a vector.
      slices: (edge number, operation number) -> (start, end) of the weights of
        this operation on this edge in `kernel`.
    """

    def __init__(
        self,
        space: cell_space.CellSpace,
        planned: CellPlan,
        name: str | None = None,
    ):
        super().__init__(name=name)
        self.space = space
        self.planned = planned
        self.channels = planned.channels
        self.strides = (1, 2) if planned.halves else (1,)
        self.slices = self._lay_out()
        size = max(end for _, end in self.slices.values())
        self.kernel = self.add_weight((size,), self._initialize, name="kernel")

    def _stages(self, edge: int, op: int) -> ops.Stages:
        """The stages of an operation on an edge, both given by number."""
        source, _ = self.space.edges[edge]
        name = self.space.ops[op]
        return ops.stages(name, self.channels, self.planned.stride(source))

    def _lay_out(self) -> dict[tuple[int, int], tuple[int, int]]:
        """Computes `slices`.

        Within an edge the operations with the fewest weights come first. A row
        that is read from the start of any of them then ends within the vector,
        or not far beyond (`_rows`).
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
        """Draws each weight from the interval of its own convolution."""
        weight_shapes = [
            weight_shape
            for place in self.slices
            for weight_shape in ops.weight_shapes(self._stages(*place))
        ]
        limits = np.repeat(
            [FanIn.limit(each) for each in weight_shapes],
            [math.prod(each) for each in weight_shapes],
        )
        seed = FanIn().seed
        return limits * keras.random.uniform(shape, -1.0, 1.0, dtype, seed)

    def call(self, inputs, sampled: Sampled, training=False):
        """Computes one architecture.

        Args:
          inputs: the input states, [batch, height, width, channels] each.
          sampled: the architecture. The sources of each node must ascend, and
            differ: otherwise the output is right, but computing its gradient
            fails, which puts the slots' gradients one after the other.
          training: has no effect: child steps and policy steps both use the
            statistics of the batch.

        Returns:
          float32 [batch, height, width, output states * channels]; half the
          height and width in a cell that halves them.
        """
        sources, branches = sampled
        edges = edge_numbers(self.space, sampled)
        starts, ends = (
            tf.gather_nd(table, tf.stack([edges, sampled.ops], 1))
            for table in self._slice_tables()
        )
        if self.planned.halves:
            # Operations on the inputs have stride 2, which the library has
            # after all operations with stride 1.
            halves = tf.cast(sources < self.space.num_inputs, tf.int32)
            branches += len(self.space.ops) * halves
        return self._run(inputs, sources, branches, starts, ends)

    def _slice_tables(self) -> np.ndarray:
        """`slices` as int32 [2, edges, ops]: all starts, then all ends."""
        tables = np.zeros([2, len(self.space.edges), len(self.space.ops)])
        for place, ends in self.slices.items():
            tables[(slice(None), *place)] = ends
        return tables.astype(np.int32)

    def _run(self, inputs, sources, branches, starts, ends):
        # That several replicas share the statistics of the batch costs time.
        module = (
            synchronized_library if replicas.count() > 1 else function_library
        )
        library = module.library(self.space.ops, self.channels, self.strides)
        num_slots = sources.shape[0]
        sources, branches, starts, ends = map(
            tf.unstack, (sources, branches, starts, ends)
        )

        @tf.custom_gradient
        def run(kernel, *inputs):
            # Without this, a tape around the network would record the Cases,
            # and TensorFlow would make gradients of them besides ours.
            kernel, *inputs = map(tf.stop_gradient, (kernel, *inputs))
            rows = self._rows(library, kernel, starts)
            states, tape = self._forward(
                library, inputs, rows, sources, branches
            )

            def gradient(dy):
                rows_gradient, inputs_gradient = self._backward(
                    library, dy, states, tape, rows, sources, branches
                )
                parts, end = [], 0
                for slot in range(num_slots):
                    unused = tf.zeros([starts[slot] - end])
                    parts += [unused, rows_gradient[slot]]
                    end = ends[slot]
                parts.append(tf.zeros([kernel.shape[0] - end]))
                kernel_gradient = tf.concat(parts, 0)
                kernel_gradient.set_shape(kernel.shape)
                return kernel_gradient, *inputs_gradient

            output = [states[i] for i in self.space.output_states]
            return tf.concat(output, -1), gradient

        return run(tf.convert_to_tensor(self.kernel), *inputs)

    def _rows(self, library, kernel, starts) -> list[tf.Tensor]:
        """Reads a row of weights, [library.row_length], for each slot.

        A row begins with the weights of the slot's operation. If these are
        fewer than `row_length`, it ends with weights of other operations, which
        the slot's operation does not read, or with zeros.
        """
        length = library.row_length
        last = max(start for start, _ in self.slices.values())
        beyond = last + length - kernel.shape[0]
        if beyond > 0:
            kernel = tf.pad(kernel, [[0, beyond]])
        return [tf.slice(kernel, [start], [length]) for start in starts]

    def _forward(self, library, inputs, rows, sources, branches):
        """Computes all states.

        Returns:
          states: the inputs, then the nodes, [batch, height, width, channels].
          tape: for each slot the input of its operation and the saved tensors.
        """
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
        """Computes the gradients of all slots' weights and of the inputs.

        Args:
          dy: the gradient with respect to the cell's output.
          states, tape: what `_forward` returned.

        Returns:
          rows_gradient: slot -> gradient of its operation's weights, a vector.
          The gradients with respect to the inputs, a list.
        """
        num_inputs = self.space.num_inputs
        output = self.space.output_states
        parts = dict(zip(output, tf.split(dy, len(output), -1), strict=True))
        # The gradient of each state. A state's gradient is complete when those
        # of all edges that leave the state have been added to it.
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
            # TensorFlow does not know the shapes of a choice's outputs.
            for gradient, shape in zip(gradients, shapes, strict=False):
                gradient.set_shape(shape)
        return rows_gradient, gradients[:num_inputs]
