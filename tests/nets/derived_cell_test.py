import numpy as np
import pytest
import tensorflow as tf

from ednas_tf.nets.derived_cell import DerivedCell
from ednas_tf.nets.plan import CellPlan
from ednas_tf.space import published
from ednas_tf.space.genotype import Cell, Edge

CHANNELS = 4


def images(size, seed=0):
    random = np.random.default_rng(seed)
    return tf.constant(random.normal(size=[2, size, size, CHANNELS]), "float32")


def planned(cell, cell_type="normal"):
    """The place of a cell with two inputs, which are not prepared."""
    channels = len(cell.output) * CHANNELS
    halves = cell_type == "reduction"
    return CellPlan(cell_type, CHANNELS, ((), ()), channels, halves)


@pytest.mark.parametrize("cell_type", ["normal", "reduction"])
@pytest.mark.parametrize("name", published.names("convolutional"))
def test_published_cells_can_be_built_and_trained(name, cell_type):
    cell = published.published(name).cells[cell_type]
    layer = DerivedCell(cell, planned(cell, cell_type))
    inputs = [images(8, seed) for seed in (0, 1)]

    with tf.GradientTape() as tape:
        tape.watch(inputs)
        y = layer(inputs, training=True)
        loss = tf.reduce_mean(y**2)
    gradients = tape.gradient(loss, [*inputs, *layer.trainable_variables])

    size = 8 if cell_type == "normal" else 4
    assert y.shape == (2, size, size, CHANNELS * len(cell.output))
    assert len(layer.edges) == 2 * len(cell.nodes)
    for gradient in gradients:
        assert np.isfinite(gradient).all() and np.any(gradient)


def test_a_node_counts_an_input_twice_that_it_takes_twice():
    edges = (Edge(0, "skip_connect"), Edge(0, "skip_connect"))
    cell = Cell(
        (edges, (Edge(1, "skip_connect"), Edge(2, "skip_connect"))), (3,)
    )
    x, y = images(3), images(3, seed=1)

    z = DerivedCell(cell, planned(cell))([x, y])

    np.testing.assert_allclose(z, y + 2 * x, rtol=1e-6)


def test_the_output_leaves_nodes_out_and_keeps_its_order():
    edges = (Edge(0, "skip_connect"), Edge(1, "skip_connect"))
    nodes = edges, (Edge(0, "skip_connect"),), (Edge(1, "skip_connect"),)
    x, y = images(3), images(3, seed=1)

    cell = Cell(nodes, (4, 3))
    z = DerivedCell(cell, planned(cell))([x, y])

    np.testing.assert_array_equal(z, tf.concat([y, x], -1))
