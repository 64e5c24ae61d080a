import numpy as np
import pytest

from ednas_tf.nets import plain_network


def _counted(network):
    """Multiply-adds of a built network, layer by layer."""
    found = network.dense.kernel.shape[0] * network.dense.kernel.shape[1]
    for layer in network.features.layers:
        if hasattr(layer, "kernel"):
            found += np.prod(layer.kernel.shape) * np.prod(
                layer.output.shape[1:3]
            )
    return found


@pytest.mark.parametrize(
    "budget, image_shape, width, factor",
    [
        # Of 16 x 16 pixels, as cheap as a cell network of 8 channels.
        (1_600_000, (16, 16, 1), 0.17, 4),
        (30_000_000, (32, 48, 3), 0.31, 4),
        (1, (40, 40, 3), 0.1, 1),
    ],
)
def test_the_plan_counts_what_keras_builds(budget, image_shape, width, factor):
    found = plain_network.plan(budget, image_shape, 7)
    assert (found.width, found.factor) == (width, factor)
    network = plain_network.PlainNetwork(found, image_shape, 7)

    assert found.counts.multiply_adds == _counted(network)
    assert found.counts.parameters == sum(
        np.prod(each.shape) for each in network.trainable_variables
    )
    norms = [
        each for each in network.features.layers if hasattr(each, "moving_mean")
    ]
    assert len(norms) == 27
    # With Keras's 0.99, a short training ends before they know their moments.
    assert {each.momentum for each in norms} == {0.9}
    assert budget == 1 or 0.9 * budget < found.counts.multiply_adds <= budget


def test_the_largest_sizes():
    found = plain_network.plan(10**12, (224, 224, 3), 1000)
    assert str(found) == "MobileNet of width 2"
    # As published: 569 million multiply-adds, 4.2 million parameters.
    found = plain_network.plan(569_000_000, (224, 224, 3), 1000)
    assert str(found) == "MobileNet of width 1"
    assert found.counts.parameters == 4_239_240
    assert str(plain_network.plan(10**6, (8, 8, 1), 10)) == (
        "MobileNet of width 0.28, images enlarged 4 times"
    )
