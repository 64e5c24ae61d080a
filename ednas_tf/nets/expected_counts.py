"""What a supernet computes for one image, on the average of what is sampled.

A step computes the edges and operations of one architecture. Sums over a
network are linear in them, so that their expectations are exact without an
architecture being drawn.
"""

import dataclasses
import math
from collections.abc import Mapping

import numpy as np

from ednas_tf import ops
from ednas_tf.nets.counting import Walk
from ednas_tf.nets.plan import CellPlan, plan
from ednas_tf.settings import schema
from ednas_tf.space import cell_space

#: Cell type -> share of the samples in which an operation stands on an edge,
#: [edges, ops].
Shares = Mapping[str, np.ndarray]


@dataclasses.dataclass(frozen=True)
class Expected:
    """Expectations for one image and one forward pass.

    Attributes:
      multiply_adds: as `counting` counts them.
      image_multiply_adds: of those the stem's first convolution's, whose
        input, the image, needs no gradient.
      values: numbers in the outputs of all stages, sums and concatenations,
        which a backward pass needs. The norms that only a supernet has are
        left out.
    """

    multiply_adds: float
    image_multiply_adds: int
    values: float

    @property
    def training_multiply_adds(self) -> float:
        """Of a forward and a backward pass.

        Backwards every convolution and matrix is applied twice: for the
        gradient of its weights, and for that of its input.
        """
        return 3 * self.multiply_adds - self.image_multiply_adds


def uniform(space: cell_space.CellSpace) -> Shares:
    """The shares while no choice is more likely than another."""
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
    """Counts the supernet of a space of convolutional cells.

    Args:
      space: the cells.
      shares: how often what is sampled.
      network: depth, width and stem.
      image_shape: height, width and channels.
      num_classes: length of the logits.
    """
    nodes = dict.fromkeys(space.cell_types, len(space.output_states))
    planned = plan(space, network, nodes, image_shape[2], num_classes)
    walk = Walk(image_shape)
    before, previous = walk.stem(planned.stem)
    first = math.prod(walk.tensors.shapes[1][:2]) * math.prod(
        planned.stem.parts[0][0].weights[0]
    )
    multiply_adds = values = 0.0
    for cell in planned.cells:
        inputs = [
            walk.stages(stages, state)
            for stages, state in zip(
                cell.preprocessors,
                (before, previous)[-space.num_inputs :],
                strict=True,
            )
        ]
        shape = _node_shape(walk, cell, inputs[-1])
        found = _edges(space, cell, shape, walk.tensors.shapes[inputs[-1]])
        share = shares[cell.cell_type][..., np.newaxis]
        edges = (share * found).sum((0, 1))
        multiply_adds += edges[0]
        values += edges[1] + space.num_nodes * math.prod(shape)
        output = (*shape[:2], cell.output_channels)
        before, previous = previous, walk.tensors.add(output, *inputs)
    walk.classifier(previous, num_classes)
    return Expected(
        float(multiply_adds + walk.multiply_adds),
        first,
        float(values + walk.values),
    )


def _node_shape(walk: Walk, cell: CellPlan, state: int):
    height, width, channels = walk.tensors.shapes[state]
    step = cell.stride(0)
    return -(-height // step), -(-width // step), channels


def _edges(space, cell, node_shape, input_shape):
    """Multiply-adds and values, [edges, ops, 2]."""
    found = np.zeros((len(space.edges), len(space.ops), 2))
    known = {}
    for i, (source, _) in enumerate(space.edges):
        step = cell.stride(source)
        shape = input_shape if source < space.num_inputs else node_shape
        for j, op in enumerate(space.ops):
            key = op, step, shape
            if key not in known:
                walk = Walk(shape)
                stages = ops.stages(op, cell.channels, step)
                walk.stages(stages, 0)
                known[key] = walk.multiply_adds, walk.values
            found[i, j] = known[key]
    return found
