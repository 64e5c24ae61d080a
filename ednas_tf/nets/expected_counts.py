"""How much a supernet computes for one image, on average over architectures.

A step computes the edges and operations of one sampled architecture. What all
of its operations cost is a sum over them, so the expectation of the sum is the
sum of each operation's cost times the probability that it is sampled: exact,
and without drawing an architecture.
"""

import dataclasses
import math
from collections.abc import Mapping

import numpy as np

from ednas_tf import ops
from ednas_tf.nets.counting import NetworkCounter
from ednas_tf.nets.plan import CellPlan, plan
from ednas_tf.settings import schema
from ednas_tf.space import cell_space

#: Cell type -> the probability that a sampled architecture has an operation on
#: an edge, [edges, ops].
Shares = Mapping[str, np.ndarray]


@dataclasses.dataclass(frozen=True)
class Expected:
    """Expected costs of one forward pass of one image.

    Attributes:
      multiply_adds: multiply-adds, as `counting` counts them.
      image_multiply_adds: those among them of the stem's first convolution; its
        input, the image, needs no gradient.
      values: number of elements in the outputs of all stages, sums and
        concatenations, which a backward pass needs. The norms after pooling,
        which only a supernet has, are left out.
      parameters: number of trained parameters of a derived network, without an
        auxiliary head, as `counting` counts them.
    """

    multiply_adds: float
    image_multiply_adds: int
    values: float
    parameters: float

    @property
    def training_multiply_adds(self) -> float:
        """Multiply-adds of a forward and a backward pass.

        The backward pass applies each convolution and each matrix twice: for
        the gradient of its weights, and for the gradient of its input.
        """
        return 3 * self.multiply_adds - self.image_multiply_adds


def uniform(space: cell_space.CellSpace) -> Shares:
    """The probabilities if all architectures are equally likely."""
    shares = np.zeros((len(space.edges), len(space.ops)))
    for node in range(space.num_nodes):
        choices = space.edge_choices(node)
        for choice in choices:
            for source in choice:
                edge = space.first_edge(node) + source
                shares[edge] += 1 / len(choices) / len(space.ops)
    return dict.fromkeys(space.cell_types, shares)


def expect(
    space: cell_space.CellSpace,
    shares: Shares,
    network: schema.Network,
    image_shape: tuple[int, int, int],
    num_classes: int,
) -> Expected:
    """Computes the expected costs of the supernet of a convolutional space.

    Args:
      space: the space of the cells.
      shares: how likely each operation is on each edge.
      network: depth, width and stem.
      image_shape: height, width and number of channels of an image.
      num_classes: length of the logits.
    """
    nodes = dict.fromkeys(space.cell_types, len(space.output_states))
    planned = plan(space, network, nodes, image_shape[2], num_classes)
    counter = NetworkCounter(image_shape)
    before, previous = counter.stem(planned.stem)
    first = math.prod(counter.tensors.shapes[1][:2]) * math.prod(
        planned.stem.parts[0][0].weights[0]
    )
    multiply_adds = values = parameters = 0.0
    for cell in planned.cells:
        inputs = [
            counter.stages(stages, state)
            for stages, state in zip(
                cell.preprocessors,
                (before, previous)[-space.num_inputs :],
                strict=True,
            )
        ]
        shape = _node_shape(counter, cell, inputs[-1])
        found = _edges(space, cell, shape, counter.tensors.shapes[inputs[-1]])
        share = shares[cell.cell_type][..., np.newaxis]
        edges = (share * found).sum((0, 1))
        multiply_adds += edges[0]
        parameters += edges[2]
        values += edges[1] + space.num_nodes * math.prod(shape)
        output = (*shape[:2], cell.output_channels)
        before, previous = previous, counter.tensors.add(output, *inputs)
    counter.classifier(counter.stages(planned.head, previous), num_classes)
    return Expected(
        float(multiply_adds + counter.multiply_adds),
        first,
        float(values + counter.values),
        float(parameters + counter.parameters),
    )


def _node_shape(counter: NetworkCounter, cell: CellPlan, state: int):
    """Height, width and channels of a node, given the input state."""
    height, width, channels = counter.tensors.shapes[state]
    step = cell.stride(0)
    return -(-height // step), -(-width // step), channels


def _edges(space, cell, node_shape, input_shape):
    """Multiply-adds, values and weights of each operation on each edge.

    Args:
      space: the space of the cells.
      cell: the plan of the cell.
      node_shape: height, width and channels of a node.
      input_shape: the same of a prepared input.

    Returns:
      [edges, ops, 3].
    """
    found = np.zeros((len(space.edges), len(space.ops), 3))
    known = {}
    for i, (source, _) in enumerate(space.edges):
        step = cell.stride(source)
        shape = input_shape if source < space.num_inputs else node_shape
        for j, op in enumerate(space.ops):
            key = op, step, shape
            if key not in known:
                counter = NetworkCounter(shape)
                stages = ops.stages(op, cell.channels, step)
                counter.stages(stages, 0)
                known[key] = (
                    *(counter.multiply_adds, counter.values),
                    counter.parameters,
                )
            found[i, j] = known[key]
    return found
