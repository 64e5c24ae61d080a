"""A derived network against plain Keras layers."""

import numpy as np
import pytest
import tensorflow as tf

from benchmarks import functional
from ednas_tf.nets import cell_network
from ednas_tf.settings import schema
from ednas_tf.space import genotype, published

CELLS, CHANNELS, SHAPE, CLASSES = 4, 4, (16, 16, 3), 7


def operation_values(layer):
    """Arrays in the order in which the layer uses them."""
    for step, kernels in layer.steps:
        if kernels is None:
            names = ("gamma", "beta", "moving_mean", "moving_variance")
            yield [getattr(step, name).numpy() for name in names]
        else:
            yield from ([kernel.numpy()] for kernel in kernels)


def values(net):
    """For each Keras layer with weights, what it is to have."""
    layers = list(net.stem)
    for i, cell in enumerate(net.cells):
        layers += [*net.preprocessors[2 * i : 2 * i + 2], *cell.edges]
    for layer in layers:
        yield from operation_values(layer)
    yield [weight.numpy() for weight in net.classifier.dense.weights]


def randomize(net):
    generator = np.random.default_rng(0)
    for variable in net.variables:
        value = generator.uniform(0.5, 1.5, variable.shape)
        if len(variable.shape) > 1:
            value = value - 1
        variable.assign(value)


def all_ops():
    """Every operation that Keras has a form of, at either stride."""
    ops = (
        *("sep_conv_3x3", "dil_conv_5x5", "skip_connect", "avg_pool_3x3"),
        *("max_pool_3x3", "sep_conv_7x7", "dil_conv_3x3", "skip_connect"),
    )
    edges = [genotype.Edge(i % 2, op) for i, op in enumerate(ops)]
    edges[5] = genotype.Edge(2, ops[5])
    edges[6] = genotype.Edge(3, ops[6])
    nodes = tuple(tuple(edges[i : i + 2]) for i in range(0, 8, 2))
    cell = genotype.Cell(nodes, (2, 4, 5))
    return genotype.Genotype(
        "convolutional", {"normal": cell, "reduction": cell}
    )


@pytest.mark.parametrize("name", ["all", "ednas_cifar10", "nasnet_a"])
def test_it_computes_what_keras_layers_do(name):
    described = all_ops() if name == "all" else published.published(name)
    net = cell_network.derived_network(
        described, schema.Network(cells=CELLS, channels=CHANNELS), 3, CLASSES
    ).make_weights(SHAPE)
    randomize(net)
    model, layers = functional.functional(
        described, CELLS, CHANNELS, SHAPE, CLASSES
    )
    for layer, arrays in zip(layers, values(net), strict=True):
        layer.set_weights(arrays)
    images = tf.random.stateless_normal([3, *SHAPE], [0, 1])

    for training in (False, True):
        expected = model(images, training=training).numpy()
        found = net(images, training=training).numpy()
        scale = np.abs(expected).max()
        np.testing.assert_allclose(found, expected, atol=2e-4 * scale)
    # The moving statistics, too, but for the variance's n / (n - 1).
    for layer, arrays in zip(layers, values(net), strict=True):
        if len(arrays) == 4:
            np.testing.assert_allclose(
                layer.moving_mean.numpy(), arrays[2], rtol=1e-3, atol=1e-3
            )
