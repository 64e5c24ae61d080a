"""Asks TensorFlow Serving over gRPC.

Needs the package tensorflow-serving-api, whose messages import TensorFlow:
this takes seconds, which asking over REST does not.
"""

from ednas_tf import errors
from export import served_model

try:
    import grpc
    import tensorflow as tf
    from tensorflow_serving.apis import (
        predict_pb2,
        prediction_service_pb2_grpc,
    )
except ImportError as _error:
    raise errors.RequestError(
        f"--protocol=grpc: needs the package tensorflow-serving-api "
        f"({errors.first_line(_error)}); run: python -m pip install "
        "-r requirements-export.txt, or ask for --protocol=rest"
    ) from None

_OPTIONS = (
    # As many bytes as the server sends; 4 MiB by default.
    ("grpc.max_receive_message_length", -1),
    # As REST does.
    ("grpc.enable_http_proxy", 0),
)


def predict(
    model: served_model.ServedModel, images: list[bytes]
) -> dict[str, object]:
    """Returns the outputs of the signature, as `serving_rest.predict` does."""
    try:
        with grpc.insecure_channel(model.address, _OPTIONS) as channel:
            stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
            answer = stub.Predict(
                _request(model, images), timeout=model.timeout
            )
    except grpc.RpcError as error:
        raise _failure(model, len(images), error) from None
    try:
        return {
            name: tf.make_ndarray(tensor).tolist()
            for name, tensor in answer.outputs.items()
        }
    except (TypeError, ValueError) as error:
        raise model.strange(errors.first_line(error)) from None


def _request(model, images):
    request = predict_pb2.PredictRequest()
    request.model_spec.name = model.name
    request.model_spec.signature_name = served_model.SIGNATURE
    if model.version is not None:
        request.model_spec.version.value = model.version
    request.inputs[served_model.INPUT].CopyFrom(tf.make_tensor_proto(images))
    return request


def _failure(model, images, error):
    code, details = error.code(), error.details() or "no reason given"
    if code == grpc.StatusCode.DEADLINE_EXCEEDED:
        return model.late()
    if code == grpc.StatusCode.UNAVAILABLE:
        return model.unreachable(details)
    return model.refused(images, f"{code.name}: {details}")
