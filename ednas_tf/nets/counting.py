"""Parameters, multiply-adds and memory of a derived network, none being built.

Multiply-adds are those of convolutions and of matrices, for one image or one
word: each weight counts once for every pixel of the output that it serves.
Norms, pooling, activations and sums are left out, biases, too, and the
auxiliary head, which serves in training alone.
"""

import dataclasses
import math

from ednas_tf import ops
from ednas_tf.lazy import tf
from ednas_tf.nets.plan import Plan, plan
from ednas_tf.settings import schema
from ednas_tf.space import genotype, spaces

_BYTES = 4


@dataclasses.dataclass(frozen=True)
class Counts:
    """The size of a network.

    Attributes:
      parameters: that are trained, those of the auxiliary head left out.
      auxiliary_parameters: of the auxiliary head; 0 without one.
      multiply_adds: to classify one image, or to predict one word.
      activation_bytes: the most that is held at once while one image is
        classified, or one word of one text predicted, in 32 bits: image,
        outputs of stages, norms, sums, concatenations, products and nodes,
        computed one by one in the network's order, each freed after its last
        use. Weights do not count.
    """

    parameters: int
    auxiliary_parameters: int
    multiply_adds: int
    activation_bytes: int


def count(
    described: genotype.Genotype,
    network: schema.Network,
    image_shape: tuple[int, int, int],
    num_classes: int,
    auxiliary: bool = True,
) -> Counts:
    """Counts the network of a genotype.

    Args:
      described: the genotype.
      network: depth, width and stem.
      image_shape: height, width and channels.
      num_classes: length of the logits.
      auxiliary: whether it has an auxiliary head.
    """
    outputs = {name: len(c.output) for name, c in described.cells.items()}
    space = spaces.default(described.space)
    planned = plan(space, network, outputs, image_shape[2], num_classes)
    walk = Walk(image_shape)
    before, previous = walk.stem(planned.stem)
    for cell in planned.cells:
        before, previous = (
            previous,
            walk.cell(cell, described.cells[cell.cell_type], before, previous),
        )
    walk.classifier(previous, num_classes)
    return Counts(
        walk.parameters,
        _auxiliary_parameters(planned) if auxiliary else 0,
        walk.multiply_adds,
        walk.tensors.most_bytes(),
    )


def count_language(
    described: genotype.Genotype, hidden: int, words: int
) -> Counts:
    """Counts the language model of a genotype (section 4.3.1).

    Embedding and decoder have one matrix, of which the embedding looks up a
    row. Each node has a matrix of its own, from one state to gate and
    candidate; the fixed node's takes the word's embedding, too.

    Args:
      described: a recurrent genotype.
      hidden: length of the hidden state and of a word's embedding.
      words: of the vocabulary.
    """
    cell = described.cells["recurrent"]
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
    # The fixed node's is as large as those of two others.
    weights = words * hidden + (2 + len(cell.nodes)) * hidden * 2 * hidden
    return Counts(weights + words, 0, weights, tensors.most_bytes())


class _Tensors:
    """The tensors of a network in its order, each known by its number."""

    def __init__(self):
        self.shapes = []
        self._inputs = []

    def add(self, shape, *inputs):
        """A new tensor, computed from others; returns its number."""
        self.shapes.append(tuple(shape))
        self._inputs.append(inputs)
        return len(self.shapes) - 1

    def most_bytes(self):
        """The most that tensors take at once, each until its last use."""
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


class Walk:
    """Goes through a network of images in its order.

    Args:
      image_shape: height, width and channels.

    Attributes:
      parameters, multiply_adds: of what was gone through.
      tensors: shapes of all outputs; those of the first input are those of
        the image.
    """

    def __init__(self, image_shape):
        self.parameters = self.multiply_adds = 0
        self.tensors = _Tensors()
        self.tensors.add(image_shape)
        self._known = {}

    @property
    def values(self):
        """Numbers in all tensors but the first."""
        return sum(map(math.prod, self.tensors.shapes[1:]))

    def stem(self, stem):
        states = [0]
        for part in stem.parts:
            states.append(self.stages(part, states[-1]))
        return states[-2:] if stem.halves else states[-1:] * 2

    def cell(self, planned, cell, *inputs):
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

    def classifier(self, state, num_classes):
        channels = self.tensors.shapes[state][-1]
        self.parameters += (channels + 1) * num_classes
        self.multiply_adds += channels * num_classes
        pooled = self.tensors.add((channels,), state)
        self.tensors.add((num_classes,), pooled)

    def stages(self, stages, state, op=None):
        for stage, shape in zip(
            _used(stages), self._output_shapes(stages, state, op), strict=True
        ):
            if isinstance(stage, ops.BatchNorm):
                self.parameters += 2 * shape[-1]
            else:
                weights = sum(map(math.prod, stage.weights))
                self.parameters += weights
                self.multiply_adds += weights * math.prod(shape[:2])
            state = self.tensors.add(shape, state)
        return state

    def _output_shapes(self, stages, state, op):
        """Computed once for each (operation, stride), or shapes of weights."""
        shape = self.tensors.shapes[state]
        key = op, len(stages), tuple(ops.weight_shapes(stages)), shape
        if key not in self._known:
            self._known[key] = _shapes(stages, shape)
        return self._known[key]


def _used(stages):
    """Without the norms that a derived network leaves out."""
    return [s for s in stages if not getattr(s, "search_only", False)]


def _shapes(stages, shape):
    """The shapes of all outputs, without the batch."""
    shapes = []
    for stage in _used(stages):
        if isinstance(stage, ops.Stage):
            shape = (stage.output_shape or _tracing(stage))(shape)
        shapes.append(shape)
    return shapes


def _tracing(stage):
    """What `output_shape` is where a stage has none; imports TensorFlow."""

    def output_shape(shape):
        with tf.Graph().as_default():
            x, *weights = (
                tf.compat.v1.placeholder(tf.float32, each)
                for each in ([1, *shape], *stage.weights)
            )
            return tuple(stage.forward(x, *weights).shape[1:])

    return output_shape


def _auxiliary_parameters(planned: Plan) -> int:
    channels = planned.cells[planned.auxiliary_cell].output_channels
    stages = planned.stem.auxiliary_stages(channels)
    size = planned.stem.auxiliary_size
    head = Walk((size, size, channels))
    head.classifier(head.stages(stages, 0), planned.num_classes)
    return head.parameters
