"""Prints the size of the network that a training makes of a genotype.

python -m ednas_tf.summary --dataset=imagenet2012 --genotype=darts_v2
"""

import dataclasses
import json

from absl import flags

from ednas_tf.commands import genotype_flag, running, settings_flags
from ednas_tf.space import convolutional, reading

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
    of_task = {
        "image_classification": _of_images,
        "language_modelling": _of_text,
    }
    form, counts = of_task[settings.task](settings, described)
    return {
        "dataset": settings.data.name,
        **form,
        "genotype_fingerprint": described.fingerprint(),
        **dataclasses.asdict(counts),
    }


def _of_images(settings, described):
    # Imports TensorFlow: a wrong flag is told of before.
    from ednas_tf import machine
    from ednas_tf.data.images import image_data
    from ednas_tf.nets import counting, plan, stem
    from ednas_tf.tasks import image_sizes

    name, runtime, train = settings.data.name, settings.runtime, settings.train
    reading.check_family(
        described, "convolutional", f"--dataset={name} is of images"
    )
    form = image_data.form(name)
    if form is None:
        data = image_data.load(
            name,
            runtime.data_dir or None,
            runtime.download,
            image_data.Options.of(settings),
        )
        form = data.form
        image_sizes.settle(
            settings,
            convolutional.convolutional(
                settings.search.space.nodes, settings.search.space.ops
            ),
            len(data.train),
            form,
            machine.here(runtime.distribution_strategy),
        )
    has_head = train.auxiliary_weight > 0
    network = dataclasses.replace(
        train.network, stem=stem.fitting(train.network.stem, form.image_shape)
    )
    plan.check_size("train", network, form.image_shape, has_head)
    counts = counting.count(
        described, network, form.image_shape, form.num_classes, has_head
    )
    told = {
        "image_shape": list(form.image_shape),
        "num_classes": form.num_classes,
        **network.as_dict(),
    }
    return told, counts


def _of_text(settings, described):
    from ednas_tf.data.datasets import penn_treebank
    from ednas_tf.data.text import text_data
    from ednas_tf.nets import counting

    name = settings.data.name
    reading.check_family(described, "recurrent", f"--dataset={name} is of text")
    words = {"penn_treebank": penn_treebank.NUM_WORDS}.get(name)
    if words is None:
        data_dir = settings.runtime.data_dir or None
        corpus = text_data.load(name, data_dir, settings.data.unknown_words)
        words = len(corpus.words)
    hidden = settings.train.language_model.hidden
    counts = counting.count_language(described, hidden, words)
    return {"words": words, "hidden": hidden}, counts


def command() -> None:
    """Runs this as a command and ends the process."""
    running.run(main)


if __name__ == "__main__":
    command()
