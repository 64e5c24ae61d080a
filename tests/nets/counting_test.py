import math
import time

import pytest
import tensorflow as tf

from ednas_tf import ops
from ednas_tf.nets import cell_network, counting
from ednas_tf.nets.recurrent import language_network
from ednas_tf.settings import schema
from ednas_tf.space import genotype, published

CIFAR = (schema.Network(cells=20, channels=36), (32, 32, 3), 10)
IMAGENET = (
    schema.Network(cells=14, channels=48, stem="imagenet"),
    (224, 224, 3),
    1000,
)

#: Parameters, those of the auxiliary head, multiply-adds; counted on the
#: network code of DARTS's authors.
GOLDEN = {
    ("darts_v1", "cifar"): (3169414, 476426, 500987520),
    ("darts_v2", "cifar"): (3349342, 476426, 528359040),
    ("ednas_cifar10", "cifar"): (3717622, 476426, 595958400),
    ("ednas_imagenet", "cifar"): (3223846, 476426, 507567744),
    ("amoebanet_a", "cifar"): (3145078, 457994, 488931552),
    ("nasnet_a", "cifar"): (3830950, 457994, 603452448),
    ("darts_v1", "imagenet"): (4510432, 1260776, 505864704),
    ("darts_v2", "imagenet"): (4718752, 1260776, 529911552),
    ("ednas_cifar10", "imagenet"): (5192896, 1260776, 587479104),
    ("ednas_imagenet", "imagenet"): (4707616, 1260776, 518866560),
    ("amoebanet_a", "imagenet"): (4627360, 1236200, 526746624),
    ("nasnet_a", "imagenet"): (5564320, 1236200, 604031616),
}


@pytest.mark.parametrize("name, network", GOLDEN)
def test_the_published_counts(name, network):
    described = published.published(name)
    begin = time.monotonic()
    found = counting.count(
        described, *{"cifar": CIFAR, "imagenet": IMAGENET}[network]
    )
    seconds = time.monotonic() - begin

    assert (
        found.parameters,
        found.auxiliary_parameters,
        found.multiply_adds,
    ) == GOLDEN[name, network]
    # 0.2 s is what a person may wait; others use this machine, too.
    assert seconds < 1


def one_edge(op):
    edges = (genotype.Edge(0, op), genotype.Edge(1, "skip_connect"))
    cell = genotype.Cell((edges, edges), (2, 3))
    return genotype.Genotype(
        "convolutional", {"normal": cell, "reduction": cell}
    )


def built(described, network, image_shape, num_classes):
    return cell_network.derived_network(
        described, network, image_shape[2], num_classes, auxiliary=True
    ).make_weights(image_shape)


def size(variables):
    return sum(math.prod(variable.shape) for variable in variables)


@pytest.mark.parametrize("op", ops.names())
@pytest.mark.parametrize("stem, side", [("cifar", 37), ("imagenet", 233)])
def test_the_built_network_has_as_many_parameters(op, stem, side):
    network = schema.Network(cells=4, channels=6, stem=stem)
    arguments = one_edge(op), network, (side, side + 2, 1), 7
    found = counting.count(*arguments)
    net = built(*arguments)
    auxiliary = size(net.auxiliary_head.trainable_variables)

    assert found.auxiliary_parameters == auxiliary
    assert found.parameters + auxiliary == size(net.trainable_variables)


def graph_multiply_adds(net, image_shape):
    """From the kernels and outputs of all convolutions in the graph."""
    spec = tf.TensorSpec([1, *image_shape])
    graph = tf.function(net).get_concrete_function(spec).graph
    total = 0
    for op in graph.get_operations():
        if op.type in ("Conv2D", "DepthwiseConv2dNative", "MatMul"):
            kernel, output = op.inputs[1].shape, op.outputs[0].shape
            # Of a factorized reduction's kernel each output channel has one
            # pixel of four, zeros elsewhere.
            zeros = 4 if kernel[:2] == (2, 2) else 1
            pixels = math.prod(output[1:-1])
            total += math.prod(kernel) * pixels // zeros
    return total


@pytest.mark.parametrize("op", ["sep_conv_5x5", "conv_7x1_1x7", "max_pool_3x3"])
@pytest.mark.parametrize("stem", ["cifar", "imagenet"])
def test_multiply_adds_are_those_of_the_graph(op, stem):
    network = schema.Network(cells=4, channels=6, stem=stem)
    arguments = one_edge(op), network, (233, 199, 3), 7
    found = counting.count(*arguments)
    assert found.multiply_adds == graph_multiply_adds(
        built(*arguments), arguments[2]
    )


def test_memory_by_hand():
    network = schema.Network(cells=3, channels=2)
    edges = genotype.Edge(0, "skip_connect"), genotype.Edge(1, "skip_connect")
    cell = genotype.Cell((edges,), (2,))
    described = genotype.Genotype(
        "convolutional", {"normal": cell, "reduction": cell}
    )
    found = counting.count(described, network, (8, 8, 3), 10)
    # In the first cell, when input 1 is convolved: the stem's output of 6
    # channels, which the second cell wants, too; the prepared input 0, of 2;
    # the ReLU of input 1, 6; and what the convolution gives, 2.
    assert found.activation_bytes == 4 * 8 * 8 * (6 + 2 + 6 + 2)


def test_memory_grows_with_the_pixels():
    network = schema.Network(cells=3, channels=4)
    described = published.published("darts_v1")
    small, large = (
        counting.count(described, network, (side, side, 3), 10)
        for side in (16, 32)
    )
    assert large.activation_bytes == 4 * small.activation_bytes
    assert large.parameters == small.parameters


#: Name, hidden state -> parameters and multiply-adds with 10,000 words. The
#: first three as counted on the authors' code.
LANGUAGE = {
    ("ednas_ptb", 850): (22960000, 22950000),
    ("darts_v1_rnn", 850): (22960000, 22950000),
    ("darts_v2_rnn", 300): (4810000, 4800000),
    ("enas_rnn", 850): (27295000, 27285000),
    ("enas_rnn", 300): (5350000, 5340000),
}


@pytest.mark.parametrize("name, hidden", LANGUAGE)
def test_the_published_counts_of_language_models(name, hidden):
    found = counting.count_language(published.published(name), hidden, 10000)

    assert (found.parameters, found.multiply_adds) == LANGUAGE[name, hidden]
    assert found.auxiliary_parameters == 0
    # When the words' scores are computed, of the hidden state.
    assert found.activation_bytes == 4 * (10000 + hidden)


@pytest.mark.parametrize("name", published.names("recurrent"))
def test_the_built_language_model_has_as_many_parameters(name):
    described = published.published(name)
    net = language_network.derived_network(
        described, schema.LanguageModel(hidden=6), words=11
    )

    found = counting.count_language(described, hidden=6, words=11)
    assert found.parameters == size(net.trainable_variables)


@pytest.mark.parametrize(
    "output, words, most",
    [
        # When node 2 is computed: of length 2 nodes 0, 1 and 2, and the
        # product, which is twice as long.
        ((1, 2), 3, 2 + 2 + 2 + 4),
        # Nothing takes node 1, which is freed at once: no moment needs more
        # than the first product, beside the word and the state.
        ((2,), 3, 2 + 2 + 4),
        ((1, 2), 20, 20 + 2),
    ],
)
def test_memory_of_a_language_model_by_hand(output, words, most):
    edges = (genotype.Edge(0, "relu"),), (genotype.Edge(0, "tanh"),)
    cell = genotype.Cell(edges, output)
    described = genotype.Genotype("recurrent", {"recurrent": cell})

    found = counting.count_language(described, 2, words)

    assert found.activation_bytes == 4 * most
