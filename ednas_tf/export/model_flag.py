"""The flag --model of the commands that run an exported network."""

import pathlib

from absl import flags

from ednas_tf import errors
from ednas_tf.commands import paths
from ednas_tf.export import classifier

_FLAG = flags.DEFINE(
    paths.Path(),
    "model",
    None,
    "Exported version (the highest, if it is a folder of versions), or a file "
    ".tflite or .onnx in its assets.extra.",
)


def find() -> pathlib.Path:
    """Finds what the flag names, see `classifier.find`.

    Raises:
      RequestError: the flag is missing, or names no exported network.
    """
    if not _FLAG.value:
        raise errors.RequestError(
            "--model: expected an exported network, such as "
            "runs/digits/export/1, found none"
        )
    return classifier.find(paths.directory(_FLAG.value, "--model"))
