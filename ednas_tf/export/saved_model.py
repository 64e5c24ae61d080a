"""Exports a trained network for TensorFlow Serving and in other formats.

python -m ednas_tf.export.saved_model --model_dir=runs/digits/train
"""

from absl import flags

from ednas_tf.commands import (
    candidate_flag,
    export_flags,
    paths,
    running,
    settings_flags,
)
from ednas_tf.loops.train import results
from ednas_tf.runs.names import candidate_folder

flags.adopt_module_key_flags(settings_flags)
flags.adopt_module_key_flags(candidate_flag)
flags.adopt_module_key_flags(export_flags)
_EXPORT_DIR = flags.DEFINE(
    paths.Path(),
    "export_dir",
    None,
    "Directory of the exported versions; by default MODEL_DIR/export, or "
    "MODEL_DIR/candidate_N/export with --candidate=N.",
)
_VERSION = flags.DEFINE_integer(
    "version",
    None,
    "Number of the new version; by default one more than the highest.",
    lower_bound=1,
    upper_bound=2**63 - 1,
)


def main() -> None:
    settings_flags.refuse_settings("distribution_strategy")
    directory = settings_flags.model_dir(
        "train", flags.FLAGS.dataset or "digits"
    )
    candidate = candidate_flag.number()
    if candidate is not None:
        candidate_flag.read(directory, "--model_dir", candidate)
        directory /= candidate_folder(candidate)
    typed = _EXPORT_DIR.value
    export_dir = directory / "export"
    if typed:
        export_dir = paths.directory(typed, "--export_dir")
    results.read_result(directory)
    # Imports TensorFlow, so report wrong requests before this.
    import tensorflow as tf

    from ednas_tf.export import exporter

    # The outputs computed here are compared with another process's.
    tf.config.set_visible_devices([], "GPU")
    exporter.export(
        directory,
        export_dir,
        _VERSION.value,
        settings_flags.given_runtime(),
        export_flags.formats(),
    )


def command() -> None:
    """Runs this as a command and ends the process."""
    running.run(main)


if __name__ == "__main__":
    command()
