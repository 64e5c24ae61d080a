"""Sizes for images of one's own: those settings that are left 0.

They follow from the data and the machine, so that the same command chooses the
same again. The paper has two searches on images, of 16 channels for 50,000
images and of 48 for 1.2 million; what lies between or beyond follows the power
law through both. Then channels and cells are taken away, down to the least that
are worth a search, until the search, and the training, fit into the memory, and
into `MOST_HOURS` at a speed that was measured on one machine: how long it takes
on this one, its first steps tell.
"""

import dataclasses
import functools
import math

from ednas_tf.data.images import image_data
from ednas_tf.machine import Machine
from ednas_tf.nets import expected_counts
from ednas_tf.nets import stem as stems
from ednas_tf.settings import schema
from ednas_tf.space import cell_space

#: At `_SPEED`.
MOST_HOURS = {"search": 12, "train": 24}

#: Multiply-adds a second: of a core, as child steps on CIFAR-10 with the
#: paper's settings take (`benchmarks.search_cost`); of a GPU as of 32 cores,
#: which was not measured.
_SPEED = {"CPU": 1e10, "GPU": 32e10}

#: Share of the memory that the activations of a step may take.
_MEMORY_SHARE = 0.5

_CELLS = {"search": (8, 5), "train": (20, 14, 11, 8, 5)}
_LEAST_CHANNELS = 8
#: Of the power law.
_EXPONENT = math.log(48 / 16) / math.log(1_200_000 / 50_000)
#: Of the training, for the stems of small and of large images.
_TRAIN_CHANNELS = {"cifar": 36, "imagenet": 48}
_MOST_BATCH = 128


def settle(
    settings: schema.Settings,
    space: cell_space.CellSpace,
    images: int,
    form: image_data.Form,
    machine: Machine,
) -> dict[str, int]:
    """Puts sizes in the place of the settings that are 0.

    Args:
      settings: of the run; changed.
      space: of the search.
      images: for training, those that a search keeps apart included.
      form: of an image.
      machine: of the run.

    Returns:
      What was chosen, by the setting's name.
    """
    chosen = {}

    def choose(name, value):
        *sections, last = name.split(".")
        section = functools.reduce(getattr, sections, settings)
        if getattr(section, last) == 0:
            setattr(section, last, value)
            chosen[name] = value

    # A fifth of the images, as in the paper's search on CIFAR-10.
    choose("data.validation_images", max(1, images // 5))
    apart = settings.data.validation_images
    kept = images - settings.train.validation_images
    devices = machine.devices
    choose("search.batch_size", _batch_size(images - apart, devices))
    choose("policy.batch_size", _batch_size(apart, devices))
    choose("train.batch_size", _batch_size(kept, devices))
    search, policy, train = settings.search, settings.policy, settings.train
    trained_and_scored = {
        "search": (
            search.child_steps * search.batch_size or images - apart,
            search.policy_steps * policy.batch_size or apart,
        ),
        "train": (train.steps * train.batch_size or kept, 0),
    }
    for name, (trained, scored) in trained_and_scored.items():
        section = getattr(settings, name)
        if section.network.cells and section.network.channels:
            continue
        stem = stems.fitting(section.network.stem, form.image_shape)
        for cells, channels in _ladder(name, section.network, images, stem):
            network = dataclasses.replace(
                section.network, stem=stem, cells=cells, channels=channels
            )
            expected = _expected(space, network, form)
            epoch = (
                trained * expected.training_multiply_adds
                + scored * expected.multiply_adds
            )
            if _fits(name, section, epoch, expected, machine):
                break
        choose(f"{name}.network.cells", cells)
        choose(f"{name}.network.channels", channels)
        # Where the least network is still too large for it.
        batch = f"{name}.batch_size"
        while batch in chosen and not _holds(section, expected, machine):
            if section.batch_size == devices:
                break
            section.batch_size //= 2
            chosen[batch] = section.batch_size
    return chosen


def _fits(name, section, epoch, expected, machine):
    """Whether time and memory do, for so many multiply-adds an epoch."""
    hours = section.epochs * epoch / _speed(machine) / 3600
    return hours <= MOST_HOURS[name] and _holds(section, expected, machine)


def _holds(section, expected, machine):
    held = _activation_bytes(expected, section.batch_size, machine)
    return held <= _MEMORY_SHARE * machine.memory


def told_of_search(
    search: schema.Search,
    space: cell_space.CellSpace,
    network: schema.Network,
    form: image_data.Form,
    machine: Machine,
) -> str:
    """How large a search is, for a person.

    Args:
      search, space: of the run.
      network: of the search, with its stem.
      form: of an image.
      machine: of the run.
    """
    expected = _expected(space, network, form)
    held = _activation_bytes(expected, search.batch_size, machine)
    return (
        f"supernet: {network.cells} cells of {network.channels} channels, "
        f"{expected.multiply_adds / 1e6:.3g} million multiply-adds an image on "
        f"average; a step of {search.batch_size} images holds about "
        f"{held / 2**30:.2g} GiB, of {machine}"
    )


def _expected(space, network, form):
    shares = expected_counts.uniform(space)
    return expected_counts.expect(
        space, shares, network, form.image_shape, form.num_classes
    )


def _activation_bytes(expected, batch_size, machine):
    """What a device holds of a batch for the backward pass, in 32 bits."""
    return 4 * expected.values * batch_size / machine.devices


def _speed(machine):
    cores = machine.cores if machine.kind == "CPU" else 1
    return _SPEED[machine.kind] * machine.devices * cores


def _batch_size(images, devices):
    """The largest, up to 128, that has eight batches an epoch.

    A power of two for each device.
    """
    size = devices
    while size * 2 <= _MOST_BATCH and size * 2 * 8 <= images:
        size *= 2
    return size


def _ladder(name, network, images, stem):
    """Cells and channels that can be chosen, the largest first."""
    most = _TRAIN_CHANNELS[stem]
    if name == "search":
        most = 16 * (images / 50_000) ** _EXPONENT
    # The law is exact at its two points but for rounding.
    most = max(_LEAST_CHANNELS, int(most + 1e-6) // 4 * 4)
    channels = range(most, _LEAST_CHANNELS - 1, -4)
    all_channels = [network.channels] if network.channels else list(channels)
    first, *others = [network.cells] if network.cells else _CELLS[name]
    # Channels go first: it is stacks of cells that a search is about.
    return [
        *((first, each) for each in all_channels),
        *((each, all_channels[-1]) for each in others),
    ]
