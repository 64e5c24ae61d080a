import numpy as np
import pytest

from ednas_tf.nets import plain_network


def _counted(network):
    """Multiply-adds of a built network, layer by layer."""
    found = np.prod(network.dense.kernel.shape)
    for layer in network.features.layers:
        if hasattr(layer, "kernel"):
            pixels = np.prod(layer.output.shape[1:3])
            found += np.prod(layer.kernel.shape) * pixels
    return found


def test_the_plan_counts_what_keras_builds():
    # As cheap as a network of cells for such images; they are not square.
    plan = plain_network.plan(12_000_000, (16, 25, 3), 7)
    assert str(plan) == "MobileNetV2 of width 0.4, 64 x 100 pixels"
    network = plain_network.PlainNetwork(plan, (16, 25, 3), 7)

    assert 10_000_000 < plan.counts.multiply_adds <= 12_000_000
    assert plan.counts.multiply_adds == _counted(network)
    assert plan.counts.parameters == sum(
        np.prod(each.shape) for each in network.trainable_variables
    )
    norms = [
        each for each in network.features.layers if hasattr(each, "moving_mean")
    ]
    assert len(norms) == 52
    # With Keras's 0.999, a short training ends before they know their moments.
    assert {each.momentum for each in norms} == {0.9}
    assert network(np.zeros([2, 16, 25, 3], np.float32)).shape == (2, 7)


@pytest.mark.parametrize(
    "budget, image_shape, expected",
    [
        (1_040_000, (8, 8, 1), "width 0.25, 32 x 32"),
        (25_000_000, (32, 32, 3), "width 0.35, 128 x 128"),
        (21_400_000, (224, 224, 3), "width 0.35, 128 x 128"),
        (301_000_000, (224, 224, 3), "width 1, 224 x 224"),
        # The least and the largest sizes.
        (1, (40, 40, 3), "width 0.1, 32 x 32"),
        (10**12, (100, 100, 3), "width 2, 128 x 128"),
    ],
)
def test_the_size_follows_from_the_cost(budget, image_shape, expected):
    found = plain_network.plan(budget, image_shape, 7)
    assert str(found) == f"MobileNetV2 of {expected} pixels"
    assert budget == 1 or found.counts.multiply_adds <= budget


def test_the_published_size():
    # 300 million multiply-adds and 3.5 million parameters.
    found = plain_network.plan(300_800_000, (224, 224, 3), 1000)
    assert found.counts.multiply_adds == 300_774_272
    assert found.counts.parameters == 3_504_872
