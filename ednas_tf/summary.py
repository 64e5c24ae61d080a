"""Prints the size of the network that a training would build for a genotype.

python -m ednas_tf.summary --dataset=imagenet2012 --genotype=darts_v2
"""

import dataclasses
import json

from absl import flags

from ednas_tf import tasks
from ednas_tf.commands import genotype_flag, running, settings_flags
from ednas_tf.space import nas_bench_text

flags.adopt_module_key_flags(settings_flags)
flags.adopt_module_key_flags(genotype_flag)


def main() -> None:
    settings = settings_flags.settings()
    genotype = genotype_flag.read()
    print(json.dumps(summary(settings, genotype), indent=2))


def summary(settings, genotype) -> dict[str, object]:
    """Counts parameters and multiply-adds without building the network.

    The data set is read only if the shape of its data is unknown otherwise.

    Args:
      settings: the settings, whose section `train` defines the network.
      genotype: the genotype.

    Returns:
      `dataset`; for images `image_shape`, `num_classes`, `cells`, `channels`
      and `stem`, for text `words` and `hidden`; `genotype_fingerprint`; the
      fields of `counting.Counts`; and `architecture`, the architecture string
      of a cell of NAS-Bench-201.

    Raises:
      RequestError: the genotype does not suit the task of the data, the images
        are too small, or the data cannot be read.
    """
    form, counts = tasks.kind(settings.task).summarize(settings, genotype)
    text = nas_bench_text.text_of(genotype)
    return {
        "dataset": settings.data.name,
        **form,
        "genotype_fingerprint": genotype.fingerprint(),
        **dataclasses.asdict(counts),
        **({"architecture": text} if text else {}),
    }


def command() -> None:
    """Runs this as a command and ends the process."""
    running.run(main)


if __name__ == "__main__":
    command()
