"""Sends requests to TensorFlow Serving over gRPC.

Needs the package tensorflow-serving-api, whose messages import TensorFlow. This
takes seconds, unlike requests over REST.
"""

from ednas_tf import errors
from ednas_tf.client import served_model

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
        f"({errors.first_line(_error)}); use --protocol=rest, or "
        f"{errors.INSTALL_EXPORT}"
    ) from None

_OPTIONS = (
    # Do not limit the size of a response, which is 4 MiB by default.
    ("grpc.max_receive_message_length", -1),
    # Use no proxy, as over REST.
    ("grpc.enable_http_proxy", 0),
)


def predict(
    model: served_model.ServedModel, request: served_model.PredictRequest
) -> dict[str, object]:
    """Returns the outputs of a signature; see `serving_rest.predict`."""
    try:
        with grpc.insecure_channel(model.address, _OPTIONS) as channel:
            stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
            answer = stub.Predict(
                _message(model, request), timeout=model.timeout
            )
    except grpc.RpcError as error:
        raise _failure(model, request, error) from None
    try:
        return {
            name: tf.make_ndarray(tensor).tolist()
            for name, tensor in answer.outputs.items()
        }
    except (TypeError, ValueError) as error:
        raise model.unexpected_response(errors.first_line(error)) from None


def _message(model, request):
    message = predict_pb2.PredictRequest()
    message.model_spec.name = model.name
    message.model_spec.signature_name = request.signature
    if model.version is not None:
        message.model_spec.version.value = model.version
    for name, value in request.inputs.items():
        message.inputs[name].CopyFrom(tf.make_tensor_proto(value))
    return message


def _failure(model, request, error):
    code, details = error.code(), error.details() or "no reason given"
    if code == grpc.StatusCode.DEADLINE_EXCEEDED:
        return model.timed_out(request)
    if code == grpc.StatusCode.UNAVAILABLE:
        return model.unreachable(details)
    return model.refused(request, f"{code.name}: {details}")
