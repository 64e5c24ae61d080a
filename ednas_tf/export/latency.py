"""Measures the latency of an exported model here; prints one JSON object.

python -m ednas_tf.export.latency --saved_model=runs/digits/export/1
"""

import json
import os
import platform
import re
import sys

from absl import flags, logging

from ednas_tf import errors
from ednas_tf.commands import paths, running

_SAVED_MODEL = flags.DEFINE(
    paths.Path(), "saved_model", None, "Directory of one exported version."
)
_BATCH_SIZES = flags.DEFINE_list(
    "batch_sizes", ["1", "32"], "Batch sizes to time."
)
_RUNS = flags.DEFINE_integer("runs", 50, "Timed runs per batch size.", 1, 10**6)

_MOST = 4096


def main() -> None:
    if not _SAVED_MODEL.value:
        raise errors.RequestError(
            "--saved_model: expected the directory of an exported version, "
            "such as runs/digits/export/1, found none"
        )
    sizes = [_size(text) for text in _BATCH_SIZES.value]
    saved_model = paths.directory(_SAVED_MODEL.value, "--saved_model")
    if not (saved_model / "saved_model.pb").is_file():
        raise errors.RequestError(
            f"{saved_model}: expected a SavedModel of export.saved_model, such "
            "as EXPORT_DIR/1, found no file saved_model.pb in it"
        )
    # Block these imports, because the serving machine may not have them.
    sys.modules["keras"] = sys.modules["tf_keras"] = None
    import tensorflow as tf

    from ednas_tf.export import response_time

    # TensorFlow warns about the gradients that language models do not save.
    logging.set_verbosity(logging.ERROR)
    found, unit = response_time.medians(saved_model, sizes, _RUNS.value)
    others = response_time.of_files(saved_model, sizes, _RUNS.value)
    gpus = tf.config.list_physical_devices("GPU")
    result = {
        "latency_ms": {str(size): value for size, value in found.items()},
        "batch_of": unit,
        "files": others,
        "runs": _RUNS.value,
        "saved_model": str(saved_model),
        "device": "GPU" if gpus else "CPU",
        "cores": os.cpu_count(),
        "machine": platform.machine(),
        "tensorflow": tf.__version__,
    }
    print(json.dumps(result, indent=2))


def _size(text):
    if re.fullmatch("[0-9]{1,4}", text) and 0 < int(text) <= _MOST:
        return int(text)
    raise errors.RequestError(
        f"--batch_sizes: expected numbers from 1 to {_MOST} separated by "
        f"commas, found {errors.shown(text)}"
    )


def command() -> None:
    """Runs this as a command and ends the process."""
    running.run(main, has_settings=False)


if __name__ == "__main__":
    command()
