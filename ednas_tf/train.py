"""Trains the network of a genotype from scratch and tests it.

python -m ednas_tf.train --dataset=digits --genotype=runs/mine/genotype.json
"""

from absl import flags

from ednas_tf import commands, genotype_flag

flags.adopt_module_key_flags(genotype_flag)


def main() -> None:
    described = genotype_flag.read()
    settings = commands.settings()
    # Imports TensorFlow: a wrong flag is told of before.
    from ednas_tf.loops import train_loop

    train_loop.train(
        settings, described, commands.model_dir("train", settings.data.name)
    )


if __name__ == "__main__":
    commands.run(main)
