"""Sends requests to TensorFlow Serving over gRPC.

Needs the package tensorflow-serving-api, whose messages import TensorFlow. This
takes seconds, unlike requests over REST.
"""

import math

from ednas_tf import errors
from ednas_tf.client import served_model

try:
    import grpc
    import tensorflow as tf
    from google.protobuf.message import DecodeError
    from tensorflow.core.framework import types_pb2
    from tensorflow_serving.apis import predict_pb2
except ImportError as _error:
    raise errors.RequestError(
        f"--protocol=grpc: needs the package tensorflow-serving-api "
        f"({errors.first_line(_error)}); use --protocol=rest, or "
        f"{errors.INSTALL_EXPORT}"
    ) from None

_OPTIONS = (
    ("grpc.max_receive_message_length", served_model.MOST_BYTES),
    # Use no proxy, as over REST.
    ("grpc.enable_http_proxy", 0),
)
_METHOD = "/tensorflow.serving.PredictionService/Predict"

#: Types of the outputs of exported models -> the field of their values.
_FIELDS = {
    types_pb2.DT_FLOAT: "float_val",
    types_pb2.DT_INT64: "int64_val",
    types_pb2.DT_STRING: "string_val",
}


def predict(
    model: served_model.ServedModel, request: served_model.PredictRequest
) -> dict[str, object]:
    """Returns the outputs of a signature; see `serving_rest.predict`."""
    try:
        with grpc.insecure_channel(model.address, _OPTIONS) as channel:
            # The stub's own parser prints a traceback if it fails.
            content = channel.unary_unary(_METHOD)(
                _message(model, request).SerializeToString(),
                timeout=model.timeout,
            )
    except grpc.RpcError as error:
        raise _failure(model, request, error) from None
    try:
        return outputs(content)
    except ValueError as error:
        raise model.unexpected_response(errors.first_line(error)) from None


def outputs(content: bytes) -> dict[str, object]:
    """The outputs in a response.

    Args:
      content: a serialized `PredictResponse`.

    Returns:
      Maps names of outputs to nested lists.

    Raises:
      ValueError: the response is not that of an exported model.
    """
    try:
        answer = predict_pb2.PredictResponse.FromString(content)
        return {
            name: _values(errors.shown(name), tensor)
            for name, tensor in answer.outputs.items()
        }
    except (DecodeError, TypeError, KeyError) as error:
        raise ValueError(errors.first_line(error)) from None


def _values(name, tensor):
    """The values of a tensor as nested lists.

    Raises:
      ValueError: the tensor is of another type than any output, or has not as
        many values as its shape says, so that it could be of any size.
    """
    if tensor.dtype not in _FIELDS:
        raise ValueError(
            f"{name}: expected float32, int64 or string, found the type "
            f"number {tensor.dtype}"
        )
    shape = [each.size for each in tensor.tensor_shape.dim]
    if tensor.tensor_shape.unknown_rank or min(shape, default=0) < 0:
        raise ValueError(f"{name}: expected a known shape, found {shape}")
    field = getattr(tensor, _FIELDS[tensor.dtype])
    size = tf.as_dtype(tensor.dtype).size
    found = len(field) or len(tensor.tensor_content) / max(size, 1)
    if found != math.prod(shape):
        raise ValueError(
            f"{name}: expected {math.prod(shape)} values for the shape "
            f"{shape}, found {found:g}"
        )
    return tf.make_ndarray(tensor).tolist()


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
