import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from ednas_tf import ops
from ednas_tf.nets import architectures
from ednas_tf.nets.recurrent import language_network
from ednas_tf.nets.recurrent.language_network import Masks
from ednas_tf.settings import schema
from ednas_tf.space import published, recurrent

SPACE = recurrent.recurrent()
MODEL = schema.LanguageModel(hidden=6)
WORDS, BATCH, STEPS = 11, 5, 4

CHAIN = list(range(8))
FROM_FIRST = [0] * 8


def chosen(sources, first):
    """Operations in turn, so that every one stands on an edge."""
    each = [(first + i) % 4 for i in range(8)]
    return architectures.Sampled(tf.constant(sources), tf.constant(each))


def sampled(seed):
    rng = np.random.default_rng(seed)
    sources = [rng.integers(0, i + 1) for i in range(8)]
    return architectures.Sampled(
        tf.constant(sources, tf.int32),
        tf.constant(rng.integers(0, 4, [8]), tf.int32),
    )


ARCHITECTURES = [chosen(CHAIN, 0), chosen(FROM_FIRST, 1), sampled(0)]


def inputs(steps=STEPS, seed=0):
    rng = np.random.default_rng(seed)
    words = rng.integers(0, WORDS, [steps + 1, BATCH])
    state = rng.normal(size=[BATCH, MODEL.hidden])
    return tf.constant(words, tf.int32), tf.constant(state, tf.float32)


def masks(seed=1):
    rng = np.random.default_rng(seed)

    def mask(*shape):
        return tf.constant(rng.integers(0, 2, shape) / 0.5, tf.float32)

    state = BATCH, MODEL.hidden
    return Masks(mask(WORDS, 1), *(mask(*state) for _ in range(4)))


def values_and_gradients(network, dropped, run, **call):
    """Outputs, and gradients of a loss that looks at all of them."""
    words, state = inputs()
    values = [variable.value for variable in network.trainable_variables]
    with tf.GradientTape() as tape:
        outputs = run(words[:-1], state, masks=dropped, **call)
        more = outputs if dropped.output is None else outputs * dropped.output
        loss = tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(
                words[1:], network.logits(more)
            )
        )
    gradients = tape.gradient(loss, values)
    return [outputs, *map(tf.convert_to_tensor, gradients)]


def described(picked, space=SPACE):
    return architectures.to_genotype(space, {"recurrent": picked})


def same_weights(one, other):
    for variable, value in zip(one.weights, other.weights, strict=True):
        variable.assign(value)


@pytest.fixture(scope="module")
def supernet():
    keras.utils.set_random_seed(3)
    network = language_network.supernet(SPACE, MODEL, WORDS)
    # Larger than they start: gates far from one half.
    for variable in network.weights:
        variable.assign(keras.random.normal(variable.shape, stddev=0.5))
    return network


@pytest.fixture(scope="module")
def compiled(supernet):
    return tf.function(
        lambda dropped, picked: values_and_gradients(
            supernet, dropped, supernet, sampled=picked
        ),
        autograph=False,
    )


class Naive:
    """The equations of a cell, step by step, for TensorFlow to differentiate.

    Args:
      network: whose weights are used.
      cell: the architecture.
      normalized: as a supernet is.
    """

    def __init__(self, network, cell, normalized):
        self.network, self.cell = network, cell
        self.normalized = normalized

    def __call__(self, words, state, masks):
        x = tf.gather(self.network.embedding.value, words)
        if masks.words is not None:
            x *= tf.gather(masks.words, words) * masks.embedding * masks.input
        mask = 1.0 if masks.hidden is None else masks.hidden
        outputs = []
        for each in tf.unstack(x):
            state = self.step(each, state, mask)
            outputs.append(state)
        return tf.stack(outputs)

    def step(self, x, h, mask):
        first, *kernels = (k.value for k in self.network.cell.kernels)
        both = tf.concat([self.network.cell.input_kernel.value, first], 0)
        pre = tf.concat([x, h * mask], -1) @ both
        states = [self.node(h, pre, tf.tanh)]
        for (edge,), kernel in zip(self.cell.nodes, kernels, strict=True):
            s = states[edge.source]
            f = ops.activation_of(edge.op)
            states.append(self.node(s, (s * mask) @ kernel, f))
        return tf.add_n([states[i] for i in self.cell.output]) / len(
            self.cell.output
        )

    def node(self, s, pre, f):
        c, g = tf.split(pre, 2, -1)
        c = tf.sigmoid(c)
        s = c * f(g) + (1 - c) * s
        if not self.normalized:
            return s
        mean, variance = tf.nn.moments(s, 0)
        return (s - mean) / tf.sqrt(variance + 1e-5)


def assert_near(found, expected, tolerance=5e-4):
    for one, other in zip(found, expected, strict=True):
        largest = np.abs(other).max()
        np.testing.assert_allclose(one, other, atol=tolerance * largest)


@pytest.mark.parametrize("picked", ARCHITECTURES)
@pytest.mark.parametrize("dropped", [Masks(), masks()])
def test_a_supernet_is_each_of_its_architectures(
    supernet, compiled, picked, dropped
):
    alone = language_network.derived_network(
        described(picked), MODEL, WORDS, for_search=True
    )
    same_weights(alone, supernet)
    assert_near(
        compiled(dropped, picked), values_and_gradients(alone, dropped, alone)
    )


def test_the_output_of_a_supernet_can_leave_nodes_out():
    space = dataclasses.replace(SPACE, output=(5, 8))
    network = language_network.supernet(space, MODEL, WORDS)
    for picked in ARCHITECTURES:
        cell = described(picked, space)
        assert cell.cells["recurrent"].output == (5, 8)
        alone = language_network.derived_network(
            cell, MODEL, WORDS, for_search=True
        )
        same_weights(alone, network)
        assert_near(
            values_and_gradients(network, Masks(), network, sampled=picked),
            values_and_gradients(alone, Masks(), alone),
        )


@pytest.mark.parametrize("for_search", [True, False])
@pytest.mark.parametrize("dropped", [Masks(), masks()])
@pytest.mark.parametrize("name", ["ednas_ptb", "enas_rnn"])
def test_a_derived_network_has_the_equations(name, dropped, for_search):
    found = published.published(name)
    keras.utils.set_random_seed(4)
    network = language_network.derived_network(found, MODEL, WORDS, for_search)
    for variable in network.weights:
        variable.assign(keras.random.normal(variable.shape, stddev=0.5))
    naive = Naive(network, found.cells["recurrent"], for_search)
    assert_near(
        values_and_gradients(network, dropped, network),
        values_and_gradients(network, dropped, naive),
    )


def test_one_trace_does_for_all_architectures_and_lengths(supernet):
    any_length = tf.TensorSpec([None, BATCH], tf.int32)
    each = tf.TensorSpec([8], tf.int32)
    traces = []

    @tf.function(
        input_signature=[any_length, architectures.Sampled(each, each)],
        autograph=False,
    )
    def run(words, picked):
        traces.append(1)
        return supernet(words, tf.zeros([BATCH, 6]), sampled=picked)

    for steps in (1, 3, 7):
        for picked in ARCHITECTURES:
            words, _ = inputs(steps)
            assert run(words, picked).shape == (steps + 1, BATCH, 6)
    assert len(traces) == 1


def test_a_window_goes_on_from_the_state_of_the_one_before():
    network = language_network.derived_network(
        published.published("darts_v2_rnn"), MODEL, WORDS
    )
    words, state = inputs(9)
    whole = network(words, state)
    first = network(words[:4], state)
    second = network(words[4:], first[-1])
    np.testing.assert_allclose(
        whole, tf.concat([first, second], 0), rtol=1e-5, atol=1e-7
    )


def test_weights_start_small_and_are_as_many_as_the_paper_has():
    for hidden, expected in ((300, 4_810_000), (20, 218_000)):
        network = language_network.derived_network(
            published.published("ednas_ptb"),
            schema.LanguageModel(hidden=hidden),
            10_000,
        )
        found = sum(np.prod(v.shape) for v in network.trainable_variables)
        assert found == expected
    for variable in network.weights:
        largest = np.abs(variable.numpy()).max()
        bias = variable is network.bias
        assert largest == 0 if bias else 0.035 < largest <= 0.04
