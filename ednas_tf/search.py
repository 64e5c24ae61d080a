"""Searches for an architecture.

python -m ednas_tf.search --dataset=cifar10 --model_dir=runs/mine
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
    from ednas_tf.loops import search_loop

    search_loop.search(
        settings, commands.model_dir("search", settings.data.plain_name())
    )


if __name__ == "__main__":
    commands.run(main)
