"""Searches, trains what was found and exports it; each goes on if stopped.

python -m ednas_tf.run --dataset=cifar10 --model_dir=runs/mine
"""

from absl import flags

from ednas_tf import commands

flags.adopt_module_key_flags(commands)
_SEARCHER = flags.DEFINE_string(
    "searcher", None, "Who proposes architectures, such as ednas or random."
)


def main() -> None:
    settings = commands.settings(search={"searcher": _SEARCHER.value})
    # Imports TensorFlow: a wrong flag is told of before.
    import tensorflow as tf

    from ednas_tf.loops import distribution, stages

    # The GPUs are for the stages, which are other processes.
    tf.config.set_visible_devices([], "GPU")
    directory = commands.model_dir("run", settings.data.plain_name()).absolute()
    writes = distribution.is_writer(settings.runtime)
    stages.check(settings, directory, writes)
    searcher = _SEARCHER.value
    stages.run(
        directory,
        commands.given(),
        [f"--searcher={searcher}"] if searcher is not None else [],
        commands.given(only=("data_dir", "download")),
        writes,
    )


if __name__ == "__main__":
    commands.run(main)
