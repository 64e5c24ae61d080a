import keras
import numpy as np
import pytest
import tensorflow as tf

from ednas_tf.loops import weight_update
from ednas_tf.settings import schema
from ednas_tf.tasks import StepResult

START = np.array([1.0, -2.0, 3.0, -4.0])
# As in a supernet: what a step does not sample has a gradient of zero.
GRADIENTS = np.array([[3.0, -4.0, 0, 0], [0, 0, 0.3, 0.4], [0, 0, 0, -6.0]])


class Vector(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.vector = self.add_weight(
            (4,), keras.initializers.Constant(START.astype("float32"))
        )


def steps(total_steps=3, **settings):
    """Takes the steps of GRADIENTS; returns the update and all states."""
    network = Vector()
    update = weight_update.WeightUpdate(
        network, schema.Optimizer(**settings), total_steps, epochs=1
    )
    states = []
    for gradient in GRADIENTS.astype("float32"):
        update(
            lambda gradient=gradient: StepResult(
                keras.ops.sum(network.vector * gradient), {}
            )
        )
        states.append(network.vector.numpy())
    return update, np.array(states)


def by_hand(rates, clip_norm, weight_decay, momentum, nesterov):
    """Clipped gradient, penalty, and Keras's SGD; in float64.

    The rate of a step stays in its share of the velocity. With one rate for
    all steps this is PyTorch's SGD, see `as_pytorch`.
    """
    value, velocity, states = START.copy(), np.zeros(4), []
    for rate, gradient in zip(rates, GRADIENTS, strict=True):
        norm = np.sqrt((gradient**2).sum())
        gradient = gradient * min(1.0, clip_norm / norm)
        gradient = gradient + weight_decay * value
        velocity = momentum * velocity - rate * gradient
        ahead = momentum * velocity - rate * gradient
        value = value + (ahead if nesterov else velocity)
        states.append(value.copy())
    return np.array(states)


def as_pytorch(rate, weight_decay, momentum, nesterov):
    """v = mu v + g; p -= rate (g + mu v), or rate v; without clipping."""
    value, velocity, states = START.copy(), np.zeros(4), []
    for gradient in GRADIENTS:
        gradient = gradient + weight_decay * value
        velocity = momentum * velocity + gradient
        step = gradient + momentum * velocity if nesterov else velocity
        value = value - rate * step
        states.append(value.copy())
    return np.array(states)


@pytest.mark.parametrize("nesterov", [True, False])
@pytest.mark.parametrize("momentum", [0.9, 0.0])
def test_three_steps_are_those_by_hand(momentum, nesterov):
    update, found = steps(
        learning_rate=0.1,
        final_learning_rate=0.02,
        momentum=momentum,
        nesterov=nesterov,
        weight_decay=0.5,
        clip_norm=1.0,
    )
    # The cosine from 0.1 to 0.02, at 0, 1/3 and 2/3 of a half turn.
    rates = [0.1, 0.08, 0.04]
    expected = by_hand(rates, 1.0, 0.5, momentum, nesterov and momentum > 0)

    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    assert update.learning_rate() == pytest.approx(0.02)


@pytest.mark.parametrize("nesterov", [True, False])
def test_at_one_learning_rate_it_is_pytorchs(nesterov):
    _, found = steps(
        learning_rate=0.1,
        final_learning_rate=0.1,
        momentum=0.9,
        nesterov=nesterov,
        weight_decay=0.5,
        clip_norm=100.0,
    )
    expected = as_pytorch(0.1, 0.5, 0.9, nesterov)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_a_weight_that_was_not_sampled_moves_by_momentum_and_penalty():
    _, found = steps(
        learning_rate=0.1,
        final_learning_rate=0.1,
        momentum=0.5,
        nesterov=False,
        weight_decay=0.01,
        clip_norm=100.0,
    )
    # Velocity 3.01, value 0.699; then 1.505 + 0.00699, and 0.5478.
    assert found[0, 0] == pytest.approx(1 - 0.1 * 3.01, rel=1e-5)
    assert found[1, 0] == pytest.approx(0.699 - 0.1 * 1.51199, rel=1e-5)
    # Never sampled before the third step: the penalty alone.
    assert found[0, 3] == pytest.approx(-4 + 0.1 * 0.04, rel=1e-5)


def test_the_penalty_is_not_clipped_and_does_not_count_for_the_norm():
    _, found = steps(
        learning_rate=0.1,
        final_learning_rate=0.1,
        momentum=0.0,
        weight_decay=10.0,
        clip_norm=5.0,
    )
    # The first gradient has norm 5 and stays as it is.
    np.testing.assert_allclose(
        found[0], START - 0.1 * (GRADIENTS[0] + 10 * START), rtol=1e-5
    )


def test_the_learning_rate_falls_along_a_cosine_to_its_end_and_stays():
    network = Vector()
    update = weight_update.WeightUpdate(
        network,
        schema.Optimizer(learning_rate=0.05, final_learning_rate=0.001),
        steps=2,
        epochs=2,
    )
    found = []
    for _ in range(6):
        found.append(update.learning_rate())
        update(lambda: StepResult(keras.ops.sum(network.vector), {}))

    falls = (1 + np.cos(np.pi * np.arange(5) / 4)) / 2
    expected = [*(0.001 + 0.049 * falls), 0.001]
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    assert found[2] == pytest.approx(0.0255)


def test_no_clipping():
    options = dict(learning_rate=0.1, momentum=0.0, weight_decay=0.0)
    _, found = steps(**options, clip_norm=0.0)
    np.testing.assert_allclose(found[0], START - 0.1 * GRADIENTS[0], rtol=1e-6)


def test_a_step_of_another_length_has_another_rate():
    options = dict(learning_rate=0.1, momentum=0.0, weight_decay=0.5)
    network = Vector()
    update = weight_update.WeightUpdate(
        network, schema.Optimizer(**options, clip_norm=1.0), 3, epochs=1
    )
    gradient = GRADIENTS[0].astype("float32")
    _, norm = update(
        lambda: StepResult(
            keras.ops.sum(network.vector * gradient), {}, rate_scale=0.25
        )
    )
    # Clipping comes before; the penalty is scaled, too.
    expected = START - 0.025 * (GRADIENTS[0] / 5 + 0.5 * START)
    np.testing.assert_allclose(network.vector, expected, rtol=1e-6)
    assert float(norm) == 5


def test_a_gradient_of_a_few_rows():
    class Rows(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.rows = self.add_weight((3, 2), "ones")

    network = Rows()
    options = dict(learning_rate=0.1, momentum=0.0, weight_decay=0.0)
    update = weight_update.WeightUpdate(
        network, schema.Optimizer(**options, clip_norm=0.0), 3, epochs=1
    )

    def loss():
        # Row 2 twice.
        return StepResult(
            tf.reduce_sum(tf.gather(network.rows.value, [2, 0, 2])), {}
        )

    _, norm = tf.function(update, autograph=False)(loss)
    np.testing.assert_allclose(network.rows, [[0.9] * 2, [1] * 2, [0.8] * 2])
    assert float(norm) == pytest.approx(10**0.5)


def averaging_update(xla=False):
    network = Vector()
    optimizer = schema.Optimizer(
        learning_rate=0.5,
        final_learning_rate=0.5,
        momentum=0.0,
        weight_decay=0.0,
        clip_norm=0.0,
    )
    return weight_update.WeightUpdate(
        network, optimizer, steps=3, epochs=1, ema_decay=0.75, xla=xla
    )


def test_the_average_of_the_weights():
    update = averaging_update()
    vector, average = update.network.vector, None
    for gradient in GRADIENTS.astype("float32"):
        update(lambda g=gradient: StepResult(keras.ops.sum(vector * g), {}))
        own = vector.numpy()
        # After the first step it starts from the weights.
        average = own if average is None else 0.75 * average + 0.25 * own
    with update.averaged():
        np.testing.assert_allclose(vector.numpy(), average, rtol=1e-6)
    np.testing.assert_array_equal(vector.numpy(), own)


def compiled_step(xla):
    update = averaging_update(xla)
    vector = update.network.vector

    def step(factor):
        def loss():
            total = keras.ops.sum(vector**2) * factor
            return StepResult(total, {"twice": 2 * factor})

        return update(loss)

    found = tf.function(step, autograph=False)(tf.constant(0.5))
    return *found, vector.numpy()


def test_what_xla_compiles_is_the_same():
    parts, norm, vector = compiled_step(xla=True)
    assert float(parts.loss) == 15
    assert float(parts.sums["twice"]) == 1
    assert parts.state == () and float(parts.rate_scale) == 1
    # The gradient is the vector itself, at a rate of 0.5.
    assert float(norm) == pytest.approx(30**0.5)
    np.testing.assert_allclose(vector, START / 2)
    np.testing.assert_allclose(compiled_step(xla=False)[2], vector)
