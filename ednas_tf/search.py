"""Searches for an architecture.

python -m ednas_tf.search --dataset=cifar10 --model_dir=runs/mine
"""

from absl import flags

from ednas_tf.commands import running, settings_flags

flags.adopt_module_key_flags(settings_flags)
_SEARCHER = flags.DEFINE_string(
    "searcher", None, "Who proposes architectures, such as ednas or random."
)


def main() -> None:
    settings = settings_flags.settings(search={"searcher": _SEARCHER.value})
    # Imports TensorFlow: a wrong flag is told of before.
    from ednas_tf.loops.search import search_loop

    search_loop.search(
        settings, settings_flags.model_dir("search", settings.data.plain_name())
    )


def command() -> None:
    """Runs this as a command and ends the process."""
    running.run(main)


if __name__ == "__main__":
    command()
