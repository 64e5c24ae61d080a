"""Trains the network of a genotype from scratch and tests it.

python -m ednas_tf.train --dataset=digits --genotype=runs/mine/genotype.json
"""

from absl import flags

from ednas_tf import commands, errors

_GENOTYPE = flags.DEFINE(
    commands.Path(),
    "genotype",
    None,
    "File of the architecture, as a search writes it.",
)


def main() -> None:
    if _GENOTYPE.value is None:
        raise errors.RequestError(
            "--genotype: expected the file of an architecture, found none; a "
            "search writes genotype.json to its --model_dir"
        )
    settings = commands.settings()
    # Imports TensorFlow: a wrong flag is told of before.
    from ednas_tf.loops import train_loop

    described = train_loop.read_genotype(commands.path(_GENOTYPE.value))
    train_loop.train(
        settings, described, commands.model_dir("train", settings.data.name)
    )


if __name__ == "__main__":
    commands.run(main)
