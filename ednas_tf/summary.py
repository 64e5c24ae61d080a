"""Prints the size of the network that a training makes of a genotype.

python -m ednas_tf.summary --dataset=imagenet2012 --genotype=darts_v2
"""

import dataclasses
import json

from absl import flags

from ednas_tf import tasks
from ednas_tf.commands import genotype_flag, running, settings_flags

flags.adopt_module_key_flags(settings_flags)
flags.adopt_module_key_flags(genotype_flag)


def main() -> None:
    settings = settings_flags.settings()
    described = genotype_flag.read()
    print(json.dumps(summary(settings, described), indent=2))


def summary(settings, described) -> dict[str, object]:
    """Counts from the description alone: no network is built.

    The data set is read only if its form is not known without.

    Args:
      settings: the section `train` says what network.
      described: the genotype.

    Returns:
      dataset; of images image_shape, num_classes, cells, channels and stem, of
      text words and hidden; genotype_fingerprint, and all that
      `counting.Counts` has.

    Raises:
      RequestError: the genotype is not of a network for such data, the images
        are too small, or the data cannot be read.
    """
    form, counts = tasks.kind(settings.task).summarize(settings, described)
    return {
        "dataset": settings.data.name,
        **form,
        "genotype_fingerprint": described.fingerprint(),
        **dataclasses.asdict(counts),
    }


def command() -> None:
    """Runs this as a command and ends the process."""
    running.run(main)


if __name__ == "__main__":
    command()
