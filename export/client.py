"""Asks a served model what is on images.

python -m export.client --model=ednas_tf --images=a.jpg,b.png
"""

from absl import flags

from ednas_tf import commands, errors
from export import client_images, predictions, served_model

_IMAGES = flags.DEFINE_multi_string(
    "images", [], "JPEG and PNG files, and folders of them: a.jpg,b.png."
)
_MODEL = flags.DEFINE_string("model", "", "Its name on the server.")
_VERSION = flags.DEFINE_integer(
    "version", None, "By default the highest.", 0, 2**63 - 1
)
_PROTOCOL = flags.DEFINE_string("protocol", "rest", "rest or grpc.")
_ADDRESS = flags.DEFINE_string(
    "address", None, "By default localhost:8501 for rest, localhost:8500 else."
)
_TOP = flags.DEFINE_integer("top", 3, "Classes told of each.", 1, 2**31)
_LABELS = flags.DEFINE(
    commands.Path(), "labels", None, "assets.extra/labels.txt of the export."
)
_BATCH_SIZE = flags.DEFINE_integer(
    "batch_size", 32, "Images of a request.", 1, 4096
)
_TIMEOUT = flags.DEFINE_integer("timeout", 60, "Of a request, s.", 1, 86400)


def main() -> None:
    model = served_model.ServedModel(
        *(_PROTOCOL.value, _ADDRESS.value, _MODEL.value),
        *(_VERSION.value, _TIMEOUT.value),
    )
    file = _LABELS.value
    names = predictions.read_names(commands.path(file)) if file else None
    files = client_images.files(_IMAGES.value)
    batches = client_images.batches(files, _BATCH_SIZE.value)
    # Imports TensorFlow for one of them: all else is checked before.
    if model.protocol == "grpc":
        from export.serving_grpc import predict
    else:
        from export.serving_rest import predict
    for batch in batches:
        outputs = predict(model, [client_images.read(file) for file in batch])
        try:
            lines = predictions.lines(outputs, len(batch), _TOP.value, names)
        except predictions.Misfit as misfit:
            raise model.strange(str(misfit)) from None
        for file, line in zip(batch, lines, strict=True):
            print(errors.one_line(f"{file}: {line}"), flush=True)


if __name__ == "__main__":
    commands.run(main, has_settings=False)
