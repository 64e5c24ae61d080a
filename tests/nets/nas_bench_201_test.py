"""Networks of the space nas_bench_201 against the benchmark and each other."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from ednas_tf.nets import cell_network, counting, expected_counts, plan
from ednas_tf.nets.architectures import from_genotype
from ednas_tf.settings import schema
from ednas_tf.space import nas_bench_text, spaces
from tests.nets import supernet_test

SPACE = spaces.default("nas_bench_201")
NETWORK = schema.Network(cells=15, channels=16)
CIFAR = (32, 32, 3), 10
#: The first has all five operations, others disconnect a part of the cell.
TEXTS = (
    "|nor_conv_3x3~0|+|none~0|nor_conv_1x1~1|+"
    "|skip_connect~0|avg_pool_3x3~1|nor_conv_3x3~2|",
    "|avg_pool_3x3~0|+|nor_conv_3x3~0|none~1|+"
    "|none~0|nor_conv_1x1~1|skip_connect~2|",
    "|none~0|+|skip_connect~0|nor_conv_3x3~1|+"
    "|nor_conv_1x1~0|nor_conv_3x3~1|avg_pool_3x3~2|",
)
NOTHING = "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|"


def weights(text):
    genotype = nas_bench_text.read(text)
    return counting.count(genotype, NETWORK, *CIFAR).parameters


def test_all_networks_have_as_many_weights_as_in_the_table(shared_data_dir):
    file = shared_data_dir / "nas_bench_201" / "cifar10.npz"
    with np.load(file) as table:
        texts, expected = table["arch"], table["params"]
    assert len(texts) == 15625
    assert [weights(text.decode()) for text in texts] == expected.tolist()


def test_the_built_network_has_the_counted_weights():
    for text in (NOTHING, TEXTS[0]):
        net = cell_network.derived_network(
            nas_bench_text.read(text), NETWORK, 3, 10
        ).make_weights((32, 32, 3))
        built = sum(np.prod(v.shape) for v in net.trainable_variables)
        assert built == weights(text)
    assert weights(NOTHING) == 73306
    assert weights(TEXTS[0]) == 73306 + 2 * 243040 + 28000


def test_multiply_adds_are_those_of_the_formula():
    # The stem; 15 cells, where halving the image and doubling the channels
    # cancel; two residual blocks; the dense layer.
    blocks = 16**2 * (9 * 16 * 32 + 9 * 32 * 32 + 16 * 32)
    others = 32**2 * 27 * 16 + 2 * blocks + 64 * 10
    for text, large, small in ((TEXTS[0], 2, 1), (NOTHING, 0, 0)):
        counts = counting.count(nas_bench_text.read(text), NETWORK, *CIFAR)
        edges = 15 * 32**2 * 16**2 * (9 * large + small)
        assert counts.multiply_adds == others + edges


def test_the_supernet_expects_the_mean_over_all_architectures():
    expected = expected_counts.expect(
        SPACE, expected_counts.uniform(SPACE), NETWORK, *CIFAR
    )
    everything = [
        counting.count(nas_bench_text.read(text), NETWORK, *CIFAR).multiply_adds
        for text in (TEXTS[0], NOTHING)
    ]
    per_1x1 = (everything[0] - everything[1]) / (9 * 2 + 1)
    mean = everything[1] + 6 * (9 + 1) / 5 * per_1x1
    assert expected.multiply_adds == pytest.approx(mean)


def test_three_stages_with_a_residual_block_between():
    planned = plan.plan(SPACE, NETWORK, {"normal": 1}, 3, 10)
    assert [cell.channels for cell in planned.cells] == (
        [16] * 5 + [32] * 5 + [64] * 5
    )
    blocks = [
        i for i, cell in enumerate(planned.cells) if cell.preprocessors[0]
    ]
    assert blocks == [5, 10]
    assert planned.auxiliary_cell == 10
    assert not any(cell.halves for cell in planned.cells)


@pytest.fixture(scope="module")
def search():
    keras.utils.set_random_seed(0)
    return supernet_test.Search(SPACE, num_cells=4)


@pytest.mark.parametrize("text", TEXTS)
def test_the_supernet_computes_what_the_derived_network_does(search, text):
    architecture = from_genotype(SPACE, nas_bench_text.read(text))
    supernet_test.assert_equals_derived_network(search, architecture)


def test_no_image_reaches_the_logits_through_nothing(search):
    architecture = from_genotype(SPACE, nas_bench_text.read(NOTHING))
    images, factors = supernet_test.batch(3)
    logits, gradients = search.step(images, factors, architecture)
    np.testing.assert_array_equal(logits[0], logits[1])
    assert np.all(np.isfinite(logits))
    assert not np.any(gradients[-1])
    for cell in search.net.cells:
        found = supernet_test.gradients_by_variable(search.net, gradients)
        assert not np.any(found[id(cell.kernel)])


def test_a_training_step_of_nothing_has_a_gradient_for_each_weight():
    net = cell_network.derived_network(
        nas_bench_text.read(NOTHING), schema.Network(cells=3, channels=4), 3, 2
    ).make_weights((8, 8, 3))
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(net(tf.ones([2, 8, 8, 3]), training=True) ** 2)
    gradients = tape.gradient(loss, net.trainable_variables)
    assert None not in gradients
    assert np.all(
        np.isfinite(np.concatenate([g.numpy().ravel() for g in gradients]))
    )
