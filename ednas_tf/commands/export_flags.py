"""The flags for the formats in which a trained network is exported."""

from absl import flags

_FLAGS = (
    flags.DEFINE_boolean(
        "litert",
        False,
        "Also export files for LiteRT: assets.extra/model.tflite, one for "
        "single images, and one of 8 bits.",
    ),
    flags.DEFINE_boolean(
        "onnx", False, "Also export assets.extra/model.onnx, for ONNX."
    ),
)


def formats() -> tuple[str, ...]:
    """The names of the formats that were requested beside the SavedModel."""
    return tuple(flag.name for flag in _FLAGS if flag.value)
