"""Chooses the sizes that are 0 in the settings, to suit images and hardware.

The choice is a function of the data and the machine, so that the same command
makes the same choice again. The paper has two searches on images: with 16
channels for 50,000 images, and with 48 for 1.2 million. For other numbers of
images the number of channels follows the power law through these two points.
Then channels and cells are taken away until search and training fit into the
memory, and into the time at an assumed speed; but not below the least sizes
that are worth a search. Few images also need few weights: a network of the
paper's size would learn them by heart (`MOST_PARAMETERS`). How long a search
really takes is measured in its first steps (`loops/search/expected_time.py`).
"""

import dataclasses
import functools
import math

from ednas_tf import wording
from ednas_tf.data.images import image_data
from ednas_tf.machine import Machine
from ednas_tf.nets import expected_counts
from ednas_tf.nets import stem as stems
from ednas_tf.settings import schema
from ednas_tf.space import cell_space

#: Most hours that a search and a training of chosen sizes may take, at the
#: speed `_SPEED`, where the settings give no number of hours.
MOST_HOURS = {"search": 12, "train": 24}

#: Most parameters for each training image. The paper's network for CIFAR-10 has
#: 64 for each; five cells of 16 channels have 400 for each of 480 images.
MOST_PARAMETERS = 400

#: Number of passes over the images that a search or a training of so many hours
#: should have time for: of a search, for all of its short trainings together.
_PASSES = 120

#: Assumed multiply-adds per second. For a CPU core it was measured in child
#: steps on CIFAR-10 with the paper's settings (`benchmarks.search_cost`). A GPU
#: is taken for 32 cores, which was not measured.
_SPEED = {"CPU": 1e10, "GPU": 32e10}

#: Share of the memory that the activations of a step may take.
_MEMORY_SHARE = 0.5

#: Numbers of cells that can be chosen, the most first, and for how many images
#: at least.
_CELLS = {
    "search": {8: 5_000, 5: 0},
    "train": {20: 10_000, 14: 5_000, 11: 2_500, 8: 1_000, 5: 0},
}
_LEAST_CHANNELS = 8
#: Exponent of the power law from the number of images to that of channels.
_EXPONENT = math.log(48 / 16) / math.log(1_200_000 / 50_000)
#: Most channels of a training, for each stem.
_TRAIN_CHANNELS = {"cifar": 36, "imagenet": 48}
_MOST_BATCH = 128
#: Batches use all of so few validation images.
FEW = 1000


def settle(
    settings: schema.Settings,
    space: cell_space.CellSpace,
    images: int,
    form: image_data.Form,
    machine: Machine,
    given: int = 0,
) -> dict[str, int]:
    """Replaces sizes of 0 in the settings by chosen ones.

    Args:
      settings: the settings of the run, which are changed.
      space: the space of the search.
      images: number of training images, those included that a search keeps for
        its policy steps.
      form: the shape of the images, and their number of classes.
      machine: the machine of the run.
      given: number of validation images that came with the data set, in
        addition to `images`; 0 if it has none of its own.

    Returns:
      The chosen sizes: name of the setting -> value.
    """
    chosen = {}
    images += given

    def choose(name, value):
        *sections, last = name.split(".")
        section = functools.reduce(getattr, sections, settings)
        if getattr(section, last) == 0:
            setattr(section, last, value)
            chosen[name] = value

    # A fifth of the images, as in the paper's search on CIFAR-10.
    choose("data.validation_images", given or max(1, images // 5))
    for_policy = settings.data.validation_images
    for_train = images - (given or settings.train.validation_images)
    devices = machine.devices
    choose("search.batch_size", _batch_size(images - for_policy, devices))
    choose("policy.batch_size", _whole_batches(for_policy, devices))
    choose("train.batch_size", _batch_size(for_train, devices))
    search, policy, train = settings.search, settings.policy, settings.train
    trained_and_scored = {
        "search": (
            search.child_steps * search.batch_size or images - for_policy,
            policy.architectures
            * (search.policy_steps * policy.batch_size or for_policy),
        ),
        "train": (train.steps * train.batch_size or for_train, 0),
    }
    for name, (trained, scored) in trained_and_scored.items():
        section = getattr(settings, name)
        if section.network.cells and section.network.channels:
            continue
        stem = stems.fitting(section.network.stem, form.image_shape)
        for cells, channels in _candidates(name, section.network, images, stem):
            network = dataclasses.replace(
                section.network, stem=stem, cells=cells, channels=channels
            )
            expected = _expected(space, network, form)
            epoch = (
                trained * expected.training_multiply_adds
                + scored * expected.multiply_adds
            )
            if (
                _fits(name, section, epoch, expected, machine)
                and expected.parameters <= MOST_PARAMETERS * images
            ):
                break
        choose(f"{name}.network.cells", cells)
        choose(f"{name}.network.channels", channels)
        # If the smallest network still needs too much memory: smaller batches.
        batch = f"{name}.batch_size"
        while batch in chosen and not _holds(section, expected, machine):
            if section.batch_size == devices:
                break
            section.batch_size //= 2
            chosen[batch] = section.batch_size
    return chosen


def _fits(name, section, epoch, expected, machine):
    """Whether a network fits into the time and into the memory.

    Args:
      name: "search" or "train".
      section: the settings of this section.
      epoch: number of multiply-adds of an epoch.
      expected: the expected costs of an image.
      machine: the machine of the run.
    """
    epochs = _PASSES if section.hours else section.epochs
    hours = epochs * epoch / _speed(machine) / 3600
    most = section.hours or MOST_HOURS[name]
    return hours <= most and _holds(section, expected, machine)


def _holds(section, expected, machine) -> bool:
    """Whether the activations of a step fit into the memory."""
    held = _activation_bytes(expected, section.batch_size, machine)
    return held <= _MEMORY_SHARE * machine.memory


def describe_search(
    search: schema.Search,
    space: cell_space.CellSpace,
    network: schema.Network,
    form: image_data.Form,
    machine: Machine,
) -> str:
    """Describes the size of a search in one line, for a person.

    Args:
      search: the settings of the search.
      space: the space of the search.
      network: depth, width and stem of the supernet.
      form: the shape of the images, and their number of classes.
      machine: the machine of the run.
    """
    expected = _expected(space, network, form)
    held = _activation_bytes(expected, search.batch_size, machine)
    return (
        f"supernet: {wording.count(network.cells, 'cell')} of "
        f"{wording.count(network.channels, 'channel')}, "
        f"{expected.multiply_adds / 1e6:.3g} million multiply-adds per image "
        f"on average; a step of {search.batch_size} images takes about "
        f"{held / 2**30:.2g} GiB on each device ({machine})"
    )


def _expected(space, network, form):
    shares = expected_counts.uniform(space)
    return expected_counts.expect(
        space, shares, network, form.image_shape, form.num_classes
    )


def _activation_bytes(expected, batch_size, machine):
    """Memory of a device for the activations of a batch, in 32 bits."""
    return 4 * expected.values * batch_size / machine.devices


def _speed(machine):
    cores = machine.cores if machine.kind == "CPU" else 1
    return _SPEED[machine.kind] * machine.devices * cores


def _batch_size(images, devices):
    """The largest batch size, up to 128, with eight batches in an epoch.

    Each device gets a power of two of the images.
    """
    size = devices
    while size * 2 <= _MOST_BATCH and size * 2 * 8 <= images:
        size *= 2
    return size


def _whole_batches(images, devices):
    """The size of batches that leave out hardly any of few images.

    A reward on few images says little: batches should use them all.
    """
    if images > FEW:
        return _batch_size(images, devices)
    batches = -(-images // _MOST_BATCH)
    return max(1, images // batches // devices) * devices


def _candidates(name, network, images, stem) -> list[tuple[int, int]]:
    """Pairs of cells and channels that can be chosen, the largest first."""
    most = _TRAIN_CHANNELS[stem]
    if name == "search":
        most = 16 * (images / 50_000) ** _EXPONENT
    # At its two points the power law is exact except for rounding.
    most = max(_LEAST_CHANNELS, int(most + 1e-6) // 4 * 4)
    channels = range(most, _LEAST_CHANNELS - 1, -4)
    all_channels = [network.channels] if network.channels else list(channels)
    cells = [each for each, least in _CELLS[name].items() if images >= least]
    first, *others = [network.cells] if network.cells else cells
    # Channels are taken away first, as a search is about stacks of cells.
    return [
        *((first, each) for each in all_channels),
        *((each, all_channels[-1]) for each in others),
    ]
