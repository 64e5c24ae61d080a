"""Servers whose responses are not those of TensorFlow Serving."""

import concurrent.futures
import contextlib
import socket
import time

import grpc
import pytest
import tensorflow as tf
from tensorflow.core.framework import tensor_pb2
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

from ednas_tf import errors
from ednas_tf.client import client_images, serving_grpc
from ednas_tf.client.served_model import ServedModel

IMAGES = [b"\xff\xd8\xff\0", b"\x89PNG"]
REQUEST = client_images.request(IMAGES)


@contextlib.contextmanager
def answering(predict):
    """A server that calls `predict` for each request; yields its address."""
    servicer = prediction_service_pb2_grpc.PredictionServiceServicer()
    servicer.Predict = predict
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(1))
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(
        servicer, server
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(None).wait()


def refusal(address, timeout=5):
    model = ServedModel("grpc", address, "a", None, timeout)
    with pytest.raises(errors.RunError) as caught:
        serving_grpc.predict(model, REQUEST)
    message = str(caught.value)
    assert message.startswith(address) and message.isprintable()
    return message.removeprefix(address)


def test_requests_and_responses():
    received = []

    def predict(request, _):
        received.append(request)
        answer = predict_pb2.PredictResponse()
        # More than 4 MiB, the limit of gRPC by default.
        large = tf.make_tensor_proto(tf.zeros([2, 600000]).numpy())
        answer.outputs["probabilities"].CopyFrom(large)
        answer.outputs["labels"].CopyFrom(tf.make_tensor_proto([b"x", b"y"]))
        return answer

    with answering(predict) as address:
        model = ServedModel("grpc", address, "a", 7)
        found = serving_grpc.predict(model, REQUEST)
    assert found["labels"] == [b"x", b"y"]
    assert found["probabilities"] == [[0.0] * 600000] * 2
    (request,) = received
    assert request.model_spec.name == "a"
    assert request.model_spec.version.value == 7
    assert request.model_spec.signature_name == "encoded"
    (name,) = request.inputs
    assert name == "encoded_images"
    assert tf.make_ndarray(request.inputs[name]).tolist() == IMAGES


def test_a_refusal():
    def predict(_, context):
        context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "no\nroom " * 100)

    with answering(predict) as address:
        found = refusal(address)
    start = " refuses 2 images for the model 'a': RESOURCE_EXHAUSTED: no room "
    assert found.startswith(start)
    assert len(found) < 500


def test_a_malformed_tensor():
    def predict(*_):
        answer = predict_pb2.PredictResponse()
        answer.outputs["labels"].dtype = 99
        return answer

    with answering(predict) as address:
        assert refusal(address).startswith(
            ": the response for the model 'a' is not that of an exported model"
        )


def tensor(dtype, shape, **values):
    """A tensor message, which need not be consistent."""
    made = tensor_pb2.TensorProto(dtype=dtype, **values)
    for size in shape:
        made.tensor_shape.dim.add().size = size
    return made


@pytest.mark.parametrize(
    "spoilt, said",
    [
        # 80 bytes that declare 1.6 GB, and more than there is.
        (tensor(1, [1, 4 * 10**8], float_val=[0.1]), "expected 400000000 val"),
        (tensor(1, [2**40, 2**40], float_val=[0.1]), "expected 120892581961"),
        (tensor(1, [-1, -7], float_val=[0.1]), "a known shape, found [-1, -7]"),
        (tensor(1, [2], float_val=[0.1]), "expected 2 values for the shape "),
        (tensor(1, [1], float_val=[0.1] * 3), "expected 1 values for the sha"),
        (tensor(1, [2], tensor_content=b"12345"), "expected 2 values for the"),
        (tensor(1, [0, 9], float_val=[0.1]), "expected 0 values for the shape"),
        (tensor(7, [3], tensor_content=b"123"), "cannot create"),
        *(
            (tensor(kind, [1]), f"found the type number {kind}")
            # Complex numbers, resources, variants, and none that exists.
            for kind in (0, 8, 20, 21, 999)
        ),
    ],
)
def test_spoilt_tensors(spoilt, said):
    def predict(*_):
        answer = predict_pb2.PredictResponse()
        answer.outputs["probabilities"].CopyFrom(spoilt)
        return answer

    begun = time.monotonic()
    with answering(predict) as address:
        found = refusal(address)
    assert said in found and "is not that of an exported model" in found
    assert time.monotonic() - begun < 3


def test_a_response_that_is_no_message(capfd):
    class Handler(grpc.GenericRpcHandler):
        def service(self, _):
            return grpc.unary_unary_rpc_method_handler(
                lambda *_: b"\xff\xff garbage"
            )

    server = grpc.server(concurrent.futures.ThreadPoolExecutor(1), (Handler(),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        found = refusal(f"127.0.0.1:{port}")
        # gRPC itself may say something when the server stops.
        printed = capfd.readouterr().err
    finally:
        server.stop(None).wait()
    assert "Error parsing message" in found
    assert not printed


def test_no_server():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"127.0.0.1:{listening.getsockname()[1]}"
    found = refusal(address)
    assert found.startswith(": no server answers over grpc: ")
    assert "Connection refused" in found
    assert found.endswith("; start one, or give its port for grpc as --address")


def test_a_server_that_takes_too_long():
    def predict(*_):
        time.sleep(1.5)
        return predict_pb2.PredictResponse()

    with answering(predict) as address:
        assert refusal(address, timeout=1) == (
            ": no response within 1 s; give a longer --timeout or a smaller "
            "--batch_size"
        )
