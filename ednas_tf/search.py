"""Searches for an architecture.

python -m ednas_tf.search --dataset=cifar10 --model_dir=runs/mine
"""

from absl import flags

from ednas_tf.commands import (
    running,
    search_flags,
    seeds_flag,
    settings_flags,
)

flags.adopt_module_key_flags(settings_flags)
flags.adopt_module_key_flags(search_flags)
flags.adopt_module_key_flags(seeds_flag)


def main() -> None:
    seeds = seeds_flag.read()
    settings = search_flags.settings()
    directory = settings_flags.model_dir("search", settings.data.plain_name())
    # Imports TensorFlow, so wrong flags must have been reported before.
    from ednas_tf.loops.search import search_loop, several_searches

    if seeds:
        several_searches.search(settings, directory, seeds)
    else:
        search_loop.search(settings, directory)


def command() -> None:
    """Runs this as a command and ends the process."""
    running.run(main)


if __name__ == "__main__":
    command()
