"""Counts parameters, multiply-adds and memory without building the network.

Multiply-adds are those of convolutions and matrix products, for one image or
one word: each weight counts once for every pixel of the output that it is
applied to. Norms, pooling, activations, sums and biases do not count, nor does
the auxiliary head, which runs in training only.
"""

import dataclasses
import math
from collections.abc import Callable

from ednas_tf import ops
from ednas_tf.lazy import tf
from ednas_tf.nets.plan import CellPlan, Plan, plan
from ednas_tf.nets.stem import Stem
from ednas_tf.ops.shapes import Shape
from ednas_tf.settings import schema
from ednas_tf.space import spaces
from ednas_tf.space.genotype import Cell, Genotype

_BYTES = 4


@dataclasses.dataclass(frozen=True)
class Counts:
    """The size of a network.

    Attributes:
      parameters: number of trained parameters without the auxiliary head's.
      auxiliary_parameters: number of the auxiliary head's; 0 without one.
      multiply_adds: number of multiply-adds to classify one image, or to
        predict one word.
      activation_bytes: the most memory that activations take at any moment
        while one image is classified, or one word of one text predicted, in 32
        bits. The image and the outputs of stages, norms, sums, concatenations
        and matrix products count, in the order of the network, each until its
        last use; weights do not count.
    """

    parameters: int
    auxiliary_parameters: int
    multiply_adds: int
    activation_bytes: int


def count(
    genotype: Genotype,
    network: schema.Network,
    image_shape: tuple[int, int, int],
    num_classes: int,
    auxiliary: bool = True,
) -> Counts:
    """Counts the network of a genotype of convolutional cells.

    Args:
      genotype: the cells.
      network: depth, width and stem.
      image_shape: height, width and number of channels of an image.
      num_classes: length of the logits.
      auxiliary: whether there is an auxiliary head.
    """
    outputs = {name: len(c.output) for name, c in genotype.cells.items()}
    space = spaces.default(genotype.space)
    planned = plan(space, network, outputs, image_shape[2], num_classes)
    counter = NetworkCounter(image_shape)
    before, previous = counter.stem(planned.stem)
    for cell_plan in planned.cells:
        cell = genotype.cells[cell_plan.cell_type]
        output = counter.cell(cell_plan, cell, before, previous)
        before, previous = previous, output
    counter.classifier(counter.stages(planned.head, previous), num_classes)
    return Counts(
        counter.parameters,
        _auxiliary_parameters(planned) if auxiliary else 0,
        counter.multiply_adds,
        counter.tensors.most_bytes(),
    )


def count_language(genotype: Genotype, hidden: int, words: int) -> Counts:
    """Counts the language model of a genotype of recurrent cells.

    Embedding and decoder share one matrix [words, hidden] (section 4.3.1), of
    which the embedding only looks up a row. Each node has a matrix [hidden, 2 *
    hidden] from the state of its source to gate and candidate; node 0 has
    another one for the word's embedding.

    Args:
      genotype: the cell.
      hidden: length of the hidden state and of a word's embedding.
      words: number of words of the vocabulary.
    """
    cell = genotype.cells["recurrent"]
    tensors = _Tensors()
    word, state = tensors.add((hidden,)), tensors.add((hidden,))
    products = tensors.add((2 * hidden,), word, state)
    nodes = [tensors.add((hidden,), products, state)]
    for (edge,) in cell.nodes:
        source = nodes[edge.source]
        products = tensors.add((2 * hidden,), source)
        nodes.append(tensors.add((hidden,), products, source))
    state = tensors.add((hidden,), *(nodes[i] for i in cell.output))
    tensors.add((words,), state)
    # Node 0 has two matrices.
    weights = words * hidden + (2 + len(cell.nodes)) * hidden * 2 * hidden
    return Counts(weights + words, 0, weights, tensors.most_bytes())


class _Tensors:
    """The tensors of a network, numbered in the order of their computation."""

    def __init__(self):
        self.shapes = []
        self._inputs = []

    def add(self, shape, *inputs):
        """Adds a tensor that is computed from others; returns its number.

        Args:
          shape: shape of the tensor, for one image or one word.
          *inputs: numbers of the tensors that it is computed from.
        """
        self.shapes.append(tuple(shape))
        self._inputs.append(inputs)
        return len(self.shapes) - 1

    def most_bytes(self):
        """The most memory that all tensors take at once, in bytes.

        A tensor takes memory from its computation to its last use.
        """
        last_use = {}
        for tensor, inputs in enumerate(self._inputs):
            last_use |= dict.fromkeys((tensor, *inputs), tensor)
        alive = most = 0
        for tensor, inputs in enumerate(self._inputs):
            alive += math.prod(self.shapes[tensor])
            most = max(most, alive)
            for freed in {tensor, *inputs}:
                if last_use[freed] == tensor:
                    alive -= math.prod(self.shapes[freed])
        return _BYTES * most


class NetworkCounter:
    """Counts the parts of a network one after the other.

    Call its methods in the order of the network. Each takes the numbers of the
    tensors that the part reads, and returns the number of its output; tensor 0
    is the image.

    Args:
      image_shape: height, width and number of channels of the image.

    Attributes:
      parameters, multiply_adds: what the parts so far have together.
      tensors: the image and all outputs so far.
    """

    def __init__(self, image_shape):
        self.parameters = self.multiply_adds = 0
        self.tensors = _Tensors()
        self.tensors.add(image_shape)
        self._known = {}

    @property
    def values(self):
        """Number of elements of all outputs so far, for one image."""
        return sum(map(math.prod, self.tensors.shapes[1:]))

    def stem(self, stem: Stem) -> list[int]:
        """Counts a stem; returns the two inputs of the first cell."""
        states = [0]
        for part in stem.parts:
            states.append(self.stages(part, states[-1]))
        return states[-2:] if stem.halves else states[-1:] * 2

    def cell(self, planned: CellPlan, cell: Cell, *inputs: int) -> int:
        """Counts a cell and what prepares its inputs.

        Args:
          planned: the plan of the cell.
          cell: the cell of the genotype.
          *inputs: the outputs of the two cells before; a cell with one input
            reads the last.
        """
        inputs = inputs[-len(planned.preprocessors) :]
        states = [
            self.stages(stages, state)
            for stages, state in zip(planned.preprocessors, inputs, strict=True)
        ]
        for node in cell.nodes:
            ends = []
            for edge in node:
                strides = planned.stride(edge.source)
                stages = ops.stages(edge.op, planned.channels, strides)
                op = edge.op, strides
                ends.append(self.stages(stages, states[edge.source], op))
            states.append(self.tensors.add(self.tensors.shapes[ends[0]], *ends))
        height, width, _ = self.tensors.shapes[states[-1]]
        shape = (height, width, planned.output_channels)
        return self.tensors.add(shape, *(states[i] for i in cell.output))

    def classifier(self, state: int, num_classes: int) -> None:
        """Counts global average pooling and the dense layer."""
        channels = self.tensors.shapes[state][-1]
        self.parameters += (channels + 1) * num_classes
        self.multiply_adds += channels * num_classes
        pooled = self.tensors.add((channels,), state)
        self.tensors.add((num_classes,), pooled)

    def stages(self, stages, state: int, op=None) -> int:
        """Counts stages as a derived network runs them.

        Args:
          stages: the stages.
          state: the input of the first.
          op: (name, stride) of the operation whose stages they are, if they
            are an operation's.
        """
        for stage, shape in zip(
            _used(stages), self._output_shapes(stages, state, op), strict=True
        ):
            if isinstance(stage, ops.Sum):
                ends = [self.stages(each, state) for each in stage.branches]
                state = self.tensors.add(shape, *ends)
                continue
            if isinstance(stage, ops.BatchNorm):
                self.parameters += 2 * shape[-1]
            else:
                weights = sum(map(math.prod, stage.weights))
                self.parameters += weights
                self.multiply_adds += weights * math.prod(shape[:2])
            state = self.tensors.add(shape, state)
        return state

    def _output_shapes(self, stages, state, op):
        """Shapes of the outputs of all stages.

        They are computed once for each operation, stride and shape of the
        input; stages that are no operation's are told apart by their weights.
        """
        shape = self.tensors.shapes[state]
        key = op, len(stages), tuple(ops.weight_shapes(stages)), shape
        if key not in self._known:
            self._known[key] = _shapes(stages, shape)
        return self._known[key]


def _used(stages):
    """The stages that a derived network runs."""
    return [s for s in stages if not getattr(s, "search_only", False)]


def _shapes(stages, shape):
    """Shapes of the outputs of all stages, without the batch dimension."""
    shapes = []
    for stage in _used(stages):
        if isinstance(stage, ops.Stage):
            shape = output_shape(stage)(shape)
        elif isinstance(stage, ops.Sum):
            shape = _shapes(stage.branches[0], shape)[-1]
        shapes.append(shape)
    return shapes


def output_shape(stage: ops.Stage) -> Callable[[Shape], Shape]:
    """Maps height, width and channels of a stage's input to its output's."""
    return stage.output_shape or _tracing(stage)


def _tracing(stage):
    """Makes an `output_shape` for a stage that has none.

    It imports TensorFlow, and traces the stage's forward.
    """

    def traced(shape):
        with tf.Graph().as_default():
            x, *weights = (
                tf.compat.v1.placeholder(tf.float32, each)
                for each in ([1, *shape], *stage.weights)
            )
            return tuple(stage.forward(x, *weights).shape[1:])

    return traced


def _auxiliary_parameters(planned: Plan) -> int:
    """Number of parameters of the auxiliary head."""
    channels = planned.cells[planned.auxiliary_cell].output_channels
    stages = planned.stem.auxiliary_stages(channels)
    size = planned.stem.auxiliary_size
    head = NetworkCounter((size, size, channels))
    head.classifier(head.stages(stages, 0), planned.num_classes)
    return head.parameters
