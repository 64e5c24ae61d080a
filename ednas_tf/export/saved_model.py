"""Exports a trained network for TensorFlow Serving, and in other forms.

python -m ednas_tf.export.saved_model --model_dir=runs/digits/train
"""

from absl import flags

from ednas_tf import errors
from ednas_tf.commands import paths, running, settings_flags
from ednas_tf.loops.train import results

flags.adopt_module_key_flags(settings_flags)
_EXPORT_DIR = flags.DEFINE(
    paths.Path(),
    "export_dir",
    None,
    "Directory of the versions; by default in --model_dir.",
)
_VERSION = flags.DEFINE_integer(
    "version",
    None,
    "By default one more than the highest.",
    lower_bound=1,
    upper_bound=2**63 - 1,
)
_LITERT = flags.DEFINE_boolean(
    "litert",
    False,
    "Add assets.extra/model.tflite and model_int8.tflite, for LiteRT.",
)
_ONNX = flags.DEFINE_boolean("onnx", False, "Add assets.extra/model.onnx.")

#: A training's settings are its own.
_UNUSED = ("config_file", "params_override", "seed", "distribution_strategy")


def main() -> None:
    for name in _UNUSED:
        if flags.FLAGS[name].present:
            raise errors.RequestError(
                f"--{name}: the settings are those of the training; leave it"
            )
    directory = settings_flags.model_dir(
        "train", flags.FLAGS.dataset or "digits"
    )
    results.read_result(directory)
    # A wrong request is refused before TensorFlow is imported.
    import tensorflow as tf

    from ednas_tf.export import exporter

    # What is computed here is compared with another process.
    tf.config.set_visible_devices([], "GPU")
    typed = _EXPORT_DIR.value
    forms = {"litert": _LITERT.value, "onnx": _ONNX.value}
    runtime = {
        k: v for k, v in settings_flags.runtime().items() if v is not None
    }
    exporter.export(
        directory,
        paths.path(typed) if typed else directory / "export",
        _VERSION.value,
        runtime,
        tuple(form for form, asked in forms.items() if asked),
    )


def command() -> None:
    """Runs this as a command and ends the process."""
    running.run(main)


if __name__ == "__main__":
    command()
