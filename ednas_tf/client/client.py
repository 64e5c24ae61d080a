"""Asks a served model to classify images.

python -m ednas_tf.client.client --model=ednas_tf --images=a.jpg,b.png
"""

from absl import flags

from ednas_tf import errors
from ednas_tf.client import client_images, predictions, server_flags
from ednas_tf.commands import paths, running

_IMAGES = flags.DEFINE_multi_string(
    "images", [], "JPEG and PNG files or folders of them, such as a.jpg,b.png."
)
_TOP = flags.DEFINE_integer(
    "top", 3, "Top classes to print per image.", 1, 2**31
)
_LABELS = flags.DEFINE(
    paths.Path(),
    "labels",
    None,
    "The file assets.extra/labels.txt of the export.",
)
_BATCH_SIZE = flags.DEFINE_integer(
    "batch_size", 32, "Images per request.", 1, 4096
)
flags.adopt_module_key_flags(server_flags)


def main() -> None:
    model = server_flags.model()
    file = _LABELS.value
    names = predictions.read_names(paths.path(file)) if file else None
    files = client_images.files(_IMAGES.value)
    batches = client_images.batches(files, _BATCH_SIZE.value)
    for batch in batches:
        contents = [client_images.read(file) for file in batch]
        request = client_images.request(contents)
        outputs = server_flags.predict(model, request)
        try:
            lines = predictions.lines(outputs, len(batch), _TOP.value, names)
        except predictions.OutputMismatchError as error:
            raise model.unexpected_response(str(error)) from None
        for file, line in zip(batch, lines, strict=True):
            print(errors.one_line(f"{file}: {line}"), flush=True)


def command() -> None:
    """Runs this as a command and ends the process."""
    running.run(main, has_settings=False)


if __name__ == "__main__":
    command()
