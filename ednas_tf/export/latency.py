"""Times an exported network on this machine, in the runtime of its form.

python -m ednas_tf.export.latency --model=runs/digits/export

A SavedModel runs in TensorFlow, and the files of its other formats each in
their own runtime; a file alone, in this one only. --json prints JSON.
"""

import json
import os
import platform
import re
import sys

from absl import flags, logging

from ednas_tf import errors, wording
from ednas_tf.commands import running
from ednas_tf.export import classifier, model_flag

_BATCH_SIZES = flags.DEFINE_list(
    "batch_sizes", ["1", "32"], "Batch sizes to time."
)
_RUNS = flags.DEFINE_integer("runs", 50, "Timed runs per batch size.", 1, 10**6)
_JSON = flags.DEFINE_boolean("json", False, "Print JSON instead of a table.")

_MOST = 4096


def main() -> None:
    sizes = [_size(text) for text in _BATCH_SIZES.value]
    model = model_flag.find()
    # Block these imports, because the serving machine may not have them.
    sys.modules["keras"] = sys.modules["tf_keras"] = None
    import tensorflow as tf

    # TensorFlow warns about the gradients that language models do not save.
    logging.set_verbosity(logging.ERROR)
    measure = _saved_model if model.is_dir() else _file
    gpus = tf.config.list_physical_devices("GPU")
    result = {
        **measure(model, sizes),
        "runs": _RUNS.value,
        "model": str(model),
        # The runtimes of files use the CPU.
        "device": "GPU" if gpus and model.is_dir() else "CPU",
        "cores": os.cpu_count(),
        "machine": platform.machine(),
        "tensorflow": tf.__version__,
    }
    print(json.dumps(result, indent=2) if _JSON.value else _table(result))


def _table(result):
    """The latencies for a person, a line for each file and batch size."""
    first = {"runtime": f"TensorFlow {result['tensorflow']}", **result}
    found = {result["model"]: first, **result.get("files", {})}
    lines = [
        f"median of {wording.count(result['runs'], 'run')} on this "
        f"{result['device']} with {wording.count(result['cores'], 'core')} "
        f"({result['machine']}); a batch is of {result['batch_of']}"
    ]
    for name, each in found.items():
        lines.append(f"{name} ({each['runtime']})")
        lines += [
            f"  batch of {size:>4}: {milliseconds:8.2f} ms"
            for size, milliseconds in each["latency_ms"].items()
        ]
    return "\n".join(lines)


def _saved_model(model, sizes):
    from ednas_tf.export import response_time

    found, unit = response_time.medians(model, sizes, _RUNS.value)
    return {
        "latency_ms": {str(size): value for size, value in found.items()},
        "batch_of": unit,
        "files": response_time.of_files(model, sizes, _RUNS.value),
    }


def _file(model, sizes):
    from ednas_tf.export import response_time

    with classifier.explained(model):
        found = response_time.of_file(model, sizes, _RUNS.value)
    if not found["latency_ms"]:
        raise errors.RequestError(
            f"--batch_sizes: {model}: expected 1, as this file takes one image "
            f"at a time, found {','.join(map(str, sizes))}"
        )
    return {**found, "batch_of": "images"}


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
