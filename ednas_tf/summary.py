"""Prints the size of the network that a training makes of a genotype.

python -m ednas_tf.summary --dataset=imagenet2012 --genotype=darts_v2
"""

import dataclasses
import json

from absl import flags

from ednas_tf import commands, genotype_flag

flags.adopt_module_key_flags(genotype_flag)


def main() -> None:
    described = genotype_flag.read()
    settings = commands.settings()
    print(json.dumps(summary(settings, described), indent=2))


def summary(settings, described) -> dict[str, object]:
    """Counts from the description alone: no network is built.

    The data set is read only if its form is not known without.

    Args:
      settings: the section `train` says what network.
      described: the genotype.

    Returns:
      dataset, image_shape, num_classes, cells, channels, stem,
      genotype_fingerprint, and all that `counting.Counts` has.

    Raises:
      RequestError: the images are too small, or cannot be read.
    """
    # Imports TensorFlow: a wrong flag is told of before.
    from ednas_tf.data import image_data
    from ednas_tf.nets import counting, plan

    runtime, train = settings.runtime, settings.train
    form = image_data.form(settings.data.name)
    if form is None:
        form = image_data.load(
            settings.data.name, runtime.data_dir or None, runtime.download
        ).form
    has_head = train.auxiliary_weight > 0
    plan.check_size("train", train.network, form.image_shape, has_head)
    counts = counting.count(
        described, train.network, form.image_shape, form.num_classes, has_head
    )
    return {
        "dataset": settings.data.name,
        "image_shape": list(form.image_shape),
        "num_classes": form.num_classes,
        **train.network.as_dict(),
        "genotype_fingerprint": described.fingerprint(),
        **dataclasses.asdict(counts),
    }


if __name__ == "__main__":
    commands.run(main)
