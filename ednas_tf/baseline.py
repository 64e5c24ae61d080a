"""Trains simple models that the network of a training must beat.

python -m ednas_tf.baseline --model_dir=runs/mine/train
"""

from absl import flags

from ednas_tf.commands import paths, running, settings_flags
from ednas_tf.loops.train import results

flags.adopt_module_key_flags(settings_flags)
_BASELINE_DIR = flags.DEFINE(
    paths.Path(),
    "baseline_dir",
    None,
    "Directory of the baselines; by default MODEL_DIR/baseline.",
)


def main() -> None:
    settings_flags.refuse_settings()
    directory = settings_flags.model_dir(
        "train", flags.FLAGS.dataset or "digits"
    )
    typed = _BASELINE_DIR.value
    baselines = directory / "baseline"
    if typed:
        baselines = paths.directory(typed, "--baseline_dir")
    results.read_result(directory)
    # Imports TensorFlow, so report wrong requests before this.
    from ednas_tf.loops.baselines import compare

    compare.compare(directory, baselines, settings_flags.given_runtime())


def command() -> None:
    """Runs this as a command and ends the process."""
    running.run(main)


if __name__ == "__main__":
    command()
