"""The flags that name a served model, of all commands that ask one."""

from absl import flags

from ednas_tf.client import served_model

_MODEL = flags.DEFINE_string("model", "", "Its name on the server.")
_VERSION = flags.DEFINE_integer(
    "version", None, "By default the highest.", 0, 2**63 - 1
)
_PROTOCOL = flags.DEFINE_string("protocol", "rest", "rest or grpc.")
_ADDRESS = flags.DEFINE_string(
    "address", None, "By default localhost:8501 for rest, localhost:8500 else."
)
_TIMEOUT = flags.DEFINE_integer("timeout", 60, "Of a request, s.", 1, 86400)


def model() -> served_model.ServedModel:
    """The model that the flags name.

    Raises:
      RequestError: they cannot be a model's.
    """
    return served_model.ServedModel(
        *(_PROTOCOL.value, _ADDRESS.value, _MODEL.value),
        *(_VERSION.value, _TIMEOUT.value),
    )


def predict(model: served_model.ServedModel, request: served_model.Request):
    """Asks over the protocol that is wanted; see `serving_rest.predict`.

    Imports TensorFlow for one of them: check all else before.
    """
    if model.protocol == "grpc":
        from ednas_tf.client import serving_grpc as serving
    else:
        from ednas_tf.client import serving_rest as serving
    return serving.predict(model, request)
