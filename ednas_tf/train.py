"""Trains the network of a genotype from scratch and tests it.

python -m ednas_tf.train --dataset=digits --genotype=runs/mine/genotype.json
"""

from absl import flags

from ednas_tf import tasks
from ednas_tf.commands import (
    candidate_flag,
    genotype_flag,
    running,
    seeds_flag,
    settings_flags,
)
from ednas_tf.runs.names import candidate_folder
from ednas_tf.space import reading

flags.adopt_module_key_flags(settings_flags)
flags.adopt_module_key_flags(genotype_flag)
flags.adopt_module_key_flags(seeds_flag)


def main() -> None:
    seeds = seeds_flag.read()
    settings = settings_flags.settings()
    genotype = genotype_flag.read()
    family = tasks.kind(settings.task).family
    reading.check_family(genotype, family, f"task is {settings.task}")
    directory = settings_flags.model_dir(
        "train", settings.data.plain_name(), _of_candidate()
    )
    # Imports TensorFlow, so wrong flags must have been reported before.
    from ednas_tf.loops.train import several_seeds, train_loop

    if seeds:
        several_seeds.train(settings, genotype, directory, seeds)
    else:
        train_loop.train(settings, genotype, directory)


def _of_candidate():
    """The default directory of the training of a candidate of a search."""
    search, number = genotype_flag.search_directory(), candidate_flag.FLAG.value
    return search and search / candidate_folder(number)


def command() -> None:
    """Runs this as a command and ends the process."""
    running.run(main)


if __name__ == "__main__":
    command()
