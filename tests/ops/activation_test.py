import numpy as np
import pytest
import tensorflow as tf

from ednas_tf import errors, ops
from ednas_tf.ops import activation
from ednas_tf.space import recurrent

X = np.array([[-2.0, 0.0, 0.5]], np.float32)


def test_the_papers_activations_are_the_names_of_the_recurrent_space():
    assert set(ops.names("recurrent")) >= set(recurrent.OPS)
    assert list(ops.names("recurrent")) == sorted(ops.names("recurrent"))


def test_families_have_different_names():
    assert ops.names() == ops.names("convolutional")
    assert not set(ops.names()) & set(ops.names("recurrent"))


@pytest.mark.parametrize(
    ("name", "y", "gradient"),
    [
        ("tanh", [-0.9640276, 0, 0.4621172], [0.0706508, 1, 0.7864477]),
        ("relu", [0, 0, 0.5], [0, 0, 1]),
        ("sigmoid", [0.1192029, 0.5, 0.6224593], [0.1049936, 0.25, 0.2350037]),
        ("identity", [-2, 0, 0.5], [1, 1, 1]),
    ],
)
def test_values_and_gradients(name, y, gradient):
    x = tf.constant(X)
    with tf.GradientTape() as tape:
        tape.watch(x)
        found = ops.activation_of(name)(x)

    np.testing.assert_allclose(found, [y], atol=1e-6)
    np.testing.assert_allclose(tape.gradient(found, x), [gradient], atol=1e-6)


def test_an_unknown_activation_is_refused():
    with pytest.raises(errors.RequestError) as caught:
        ops.activation_of("tan")

    assert str(caught.value) == (
        "unknown activation 'tan', did you mean "
        "'tanh'? "
        "(one of: identity, relu, sigmoid, tanh)"
    )


def test_a_new_activation_can_be_registered(monkeypatch):
    known = dict(activation._ACTIVATIONS._known)
    monkeypatch.setattr(activation._ACTIVATIONS, "_known", known)

    @activation.activation("swish")
    def swish(x):
        return x * tf.sigmoid(x)

    assert "swish" in ops.names("recurrent")
    np.testing.assert_allclose(
        ops.activation_of("swish")(X), [[-0.2384058, 0, 0.3112297]], atol=1e-6
    )
    with pytest.raises(ValueError, match="'swish' is defined twice"):
        activation.activation("swish")(swish)
