"""The flags that identify a served model, shared by all clients."""

from absl import flags

from ednas_tf.client import served_model

_MODEL = flags.DEFINE_string("model", "", "Name of the model on the server.")
_VERSION = flags.DEFINE_integer(
    "version",
    None,
    "Version of the model; by default the highest.",
    0,
    2**63 - 1,
)
_PROTOCOL = flags.DEFINE_string("protocol", "rest", "Protocol: rest or grpc.")
_ADDRESS = flags.DEFINE_string(
    "address",
    None,
    "host:port of the server; by default localhost with port 8501 for rest "
    "and 8500 for grpc.",
)
_TIMEOUT = flags.DEFINE_integer(
    "timeout", 60, "Request timeout in seconds.", 1, 86400
)


def model() -> served_model.ServedModel:
    """The model that the flags identify.

    Raises:
      RequestError: the flags have invalid values.
    """
    return served_model.ServedModel(
        *(_PROTOCOL.value, _ADDRESS.value, _MODEL.value),
        *(_VERSION.value, _TIMEOUT.value),
    )


def predict(
    model: served_model.ServedModel, request: served_model.PredictRequest
):
    """Sends a request over the chosen protocol; see `serving_rest.predict`.

    gRPC imports TensorFlow, so check everything else before.
    """
    if model.protocol == "grpc":
        from ednas_tf.client import serving_grpc as serving
    else:
        from ednas_tf.client import serving_rest as serving
    return serving.predict(model, request)
