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
    "Several seeds, such as 1,2,3: trains once with each and reports the mean "
    "and the standard deviation.",
)
_LARGEST_SEED = 2**31 - 1


def main() -> None:
    seeds = _seeds()
    settings = settings_flags.settings()
    genotype = genotype_flag.read()
    family = tasks.kind(settings.task).family
    reading.check_family(genotype, family, f"task is {settings.task}")
    directory = settings_flags.model_dir("train", settings.data.plain_name())
    # Imports TensorFlow, so wrong flags must have been reported before.
    from ednas_tf.loops.train import several_seeds, train_loop

    if seeds:
        several_seeds.train(settings, genotype, directory, seeds)
    else:
        train_loop.train(settings, genotype, directory)


def _seeds():
    if _SEEDS.value is None:
        return []
    if flags.FLAGS["seed"].present:
        raise errors.RequestError("--seed: omit it when --seeds is given")
    texts = _SEEDS.value
    if not all(re.fullmatch("[0-9]{1,10}", text) for text in texts) or not (
        all(int(text) <= _LARGEST_SEED for text in texts)
        and len(set(map(int, texts))) == len(texts) > 0
    ):
        raise errors.RequestError(
            "--seeds: expected different numbers from 0 to "
            f"{_LARGEST_SEED} separated by commas, found "
            f"{errors.shown(','.join(texts))}"
        )
    return [int(text) for text in texts]


def command() -> None:
    """Runs this as a command and ends the process."""
    running.run(main)


if __name__ == "__main__":
    command()
