"""Searches for an architecture.

python -m ednas_tf.search --dataset=cifar10 --model_dir=runs/mine
"""

from absl import flags

from ednas_tf.commands import (
    more_epochs_flag,
    print_settings_flag,
    running,
    search_flags,
    seeds_flag,
    settings_flags,
)

flags.adopt_module_key_flags(settings_flags)
flags.adopt_module_key_flags(search_flags)
flags.adopt_module_key_flags(seeds_flag)
flags.adopt_module_key_flags(more_epochs_flag)
flags.adopt_module_key_flags(print_settings_flag)


def main() -> None:
    if more_epochs_flag.FLAG.value is not None:
        _lengthen()
    else:
        _search()


def _search():
    seeds = seeds_flag.read()
    settings = search_flags.settings()
    if print_settings_flag.has_printed(settings):
        return
    directory = settings_flags.model_dir("search", settings.data.plain_name())
    # Imports TensorFlow, so wrong flags must have been reported before.
    from ednas_tf.loops.search import search_loop, several_searches

    if seeds:
        several_searches.search(settings, directory, seeds)
    else:
        search_loop.search(settings, directory)


def _lengthen():
    """Lengthens the finished search in --model_dir."""
    more_epochs_flag.check()
    settings_flags.refuse_settings("seeds", "dataset", "searcher")
    source, epochs = (
        settings_flags.given_model_dir(),
        more_epochs_flag.FLAG.value,
    )
    # Imports TensorFlow.
    from ednas_tf.loops.search import lengthening, search_loop

    settings = lengthening.settings_of(source, epochs)
    settings.override({"runtime": settings_flags.given_runtime()})
    if print_settings_flag.has_printed(settings):
        return
    target = lengthening.folder(source, epochs)
    search_loop.search(settings, target, lengthens=source)


def command() -> None:
    """Runs this as a command and ends the process."""
    running.run(main)


if __name__ == "__main__":
    command()
