"""The client with the signatures of a real export, over both protocols."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from ednas_tf import errors
from ednas_tf.client import (
    client_images,
    predictions,
    serving_grpc,
    serving_rest,
)
from ednas_tf.client.served_model import ServedModel
from ednas_tf.data.images import image_data
from ednas_tf.export.images import signatures
from tests.client.serving_stand_in import ServingStandIn

ASK = {"rest": serving_rest.predict, "grpc": serving_grpc.predict}


@pytest.fixture(scope="module")
def digits():
    return image_data.load("digits")


@pytest.fixture(scope="module")
def network():
    """A linear network with fixed weights instead of a searched one."""
    values = np.random.default_rng(0).normal(size=(64, 10))
    layer = keras.layers.Dense(10, use_bias=False)
    result = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten()])
    result.add(layer)
    layer.set_weights([values])
    return result


@pytest.fixture(scope="module")
def server(digits, network, tmp_path_factory):
    folder = tmp_path_factory.mktemp("export") / "1"
    archive = signatures.archive(network, digits)
    archive.write_out(str(folder), verbose=False)
    with ServingStandIn("digits", {1: folder}) as server:
        yield server


def predict(server, protocol, contents):
    address = getattr(server, protocol)
    model = ServedModel(protocol, address, "digits")
    return ASK[protocol](model, client_images.request(contents))


@pytest.mark.parametrize("protocol", ["rest", "grpc"])
def test_responses_are_the_networks_outputs(server, digits, network, protocol):
    images = digits.test.images[:4]
    contents = [tf.io.encode_png(image).numpy() for image in images]
    standard = (images / 255 - digits.mean) / digits.stddev
    expected = tf.nn.softmax(network(standard.astype(np.float32))).numpy()
    outputs = predict(server, protocol, contents)
    found = predictions.checked(outputs, 4)
    for one, probabilities in zip(found, expected, strict=True):
        np.testing.assert_allclose(one.probabilities, probabilities, atol=1e-5)
        assert one.label == digits.labels[probabilities.argmax()]
        best = predictions.best(one, 3, list(digits.labels))
        order = np.argsort(-probabilities)[:3]
        assert [name for name, _ in best] == [digits.labels[i] for i in order]


@pytest.mark.parametrize("protocol", ["rest", "grpc"])
def test_the_model_reports_the_file_that_is_not_an_image(
    server, digits, protocol
):
    png = tf.io.encode_png(digits.test.images[0]).numpy()
    with pytest.raises(errors.RunError) as caught:
        predict(server, protocol, [png, b"GIF89a"])
    assert "refuses 2 images for the model 'digits': " in str(caught.value)
    assert (
        "expected the bytes of JPEG or PNG files, found other data at 1"
        in str(caught.value)
    )
