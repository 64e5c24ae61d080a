"""The size of the derived network for the images of a data set."""

import dataclasses

import numpy as np

from ednas_tf import errors, machine
from ednas_tf.data.images import image_data
from ednas_tf.nets import counting, plan
from ednas_tf.nets import stem as stems
from ednas_tf.settings import schema
from ednas_tf.space import reading, spaces
from ednas_tf.space.genotype import Genotype
from ednas_tf.tasks import image_sizes
from ednas_tf.tasks.registered import space_of

#: The family of the cell spaces for images.
FAMILY = "convolutional"


def summarize(
    settings: schema.Settings, genotype: Genotype
) -> tuple[dict[str, object], counting.Counts]:
    """See `Task.summarize`.

    The data are read only if their form is not known without.

    Args:
      settings: settings of a training; sizes of 0 in them are filled in.
      genotype: the cells of the network.

    Returns:
      image_shape, num_classes, cells, channels and stem by name; if the data
      were read, also classes (their names), test_images (their number) and, if
      it is known, chance_accuracy (of naming the largest class each time); and
      the size.

    Raises:
      RequestError: the genotype has cells of another family, the images are too
        small, or the data cannot be read.
    """
    reading.check_family(
        genotype,
        FAMILY,
        f"--dataset={settings.data.name} contains images",
    )
    form, data = image_data.form(settings.data.name), None
    if not form:
        data = _read(settings)
        form = data.form
    train = settings.train
    has_head = train.auxiliary_weight > 0
    network = dataclasses.replace(
        train.network, stem=stems.fitting(train.network.stem, form.image_shape)
    )
    space = spaces.default(genotype.space)
    plan.check_size("train", space, network, form.image_shape, has_head)
    counts = counting.count(
        genotype, network, form.image_shape, form.num_classes, has_head
    )
    known = {
        "image_shape": list(form.image_shape),
        "num_classes": form.num_classes,
    }
    if data:
        known["classes"] = list(data.labels)
        known |= _test(data)
        if data.warning:
            errors.warn(data.warning)
    return known | network.as_dict(), counts


def _test(data: image_data.ImageData) -> dict[str, object]:
    """What an accuracy in the test can be compared with."""
    images, labels = len(data.test), data.test.labels
    found = {"test_images": images}
    if labels is not None and images:
        found["chance_accuracy"] = int(np.bincount(labels).max()) / images
    return found


def _read(settings: schema.Settings) -> image_data.ImageData:
    """Reads the data, and fills in sizes of 0 in the settings."""
    runtime = settings.runtime
    data = image_data.load(
        settings.data.name,
        runtime.data_dir or None,
        runtime.download,
        image_data.Options.of(settings),
    )
    image_sizes.settle(
        settings,
        space_of(settings, FAMILY),
        len(data.train),
        data.form,
        machine.here(runtime.distribution_strategy),
        len(data.validation or ()),
    )
    return data
