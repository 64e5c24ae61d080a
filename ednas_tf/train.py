"""Trains the network of a genotype from scratch and tests it.

python -m ednas_tf.train --dataset=digits --genotype=runs/mine/genotype.json
"""

import re

from absl import flags

from ednas_tf import errors, tasks
from ednas_tf.commands import genotype_flag, running, settings_flags
from ednas_tf.space import reading

flags.adopt_module_key_flags(settings_flags)
flags.adopt_module_key_flags(genotype_flag)
_SEEDS = flags.DEFINE_list(
    "seeds",
    None,
    "As 1,2,3: a training with each, and their mean and standard deviation.",
)
_LARGEST_SEED = 2**31 - 1


def main() -> None:
    seeds = _seeds()
    settings = settings_flags.settings()
    described = genotype_flag.read()
    family = tasks.kind(settings.task).family
    reading.check_family(described, family, f"task is {settings.task}")
    # Imports TensorFlow: a wrong flag is told of before.
    from ednas_tf.loops.train import several_seeds, train_loop

    directory = settings_flags.model_dir("train", settings.data.plain_name())
    if seeds:
        several_seeds.train(settings, described, directory, seeds)
    else:
        train_loop.train(settings, described, directory)


def _seeds():
    if _SEEDS.value is None:
        return []
    if flags.FLAGS["seed"].present:
        raise errors.RequestError("--seed: leave it, as there are --seeds")
    texts = _SEEDS.value
    if not all(re.fullmatch("[0-9]{1,10}", text) for text in texts) or not (
        all(int(text) <= _LARGEST_SEED for text in texts)
        and len(set(map(int, texts))) == len(texts) > 0
    ):
        raise errors.RequestError(
            "--seeds: expected different numbers from 0 to "
            f"{_LARGEST_SEED} with commas between, found "
            f"{errors.shown(','.join(texts))}"
        )
    return [int(text) for text in texts]


def command() -> None:
    """Runs this as a command and ends the process."""
    running.run(main)


if __name__ == "__main__":
    command()
