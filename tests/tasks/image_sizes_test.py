"""Sizes that are chosen; how a run keeps them is in `run_directory_test`."""

import pytest

from ednas_tf.data.images import image_data
from ednas_tf.machine import Machine
from ednas_tf.nets import expected_counts
from ednas_tf.settings import resolve, schema
from ednas_tf.space import convolutional
from ednas_tf.tasks import image_sizes

GIB = 2**30
LAPTOP = Machine("CPU", 1, 2, 16 * GIB)
#: What nothing is too large for.
CLUSTER = Machine("CPU", 1, 100_000, 10**6 * GIB)
SPACE = convolutional.convolutional(2, ("skip_connect", "sep_conv_3x3"))
SMALL, LARGE = image_data.Form((32, 32, 3), 10), image_data.Form((96, 96, 3), 5)


def settled(images, form=SMALL, machine=CLUSTER, overrides=""):
    settings = resolve.resolve("images", overrides=overrides)
    chosen = image_sizes.settle(settings, SPACE, images, form, machine)
    return settings, chosen


@pytest.mark.parametrize("images, channels", [(50_000, 16), (1_200_000, 48)])
def test_the_papers_searches_have_the_papers_channels(images, channels):
    settings, chosen = settled(images)
    network = settings.search.network
    assert (network.cells, network.channels) == (8, channels)
    assert chosen == {
        "data.validation_images": images // 5,
        "search.batch_size": 128,
        "policy.batch_size": 128,
        "train.batch_size": 128,
        "search.network.cells": 8,
        "search.network.channels": channels,
        "train.network.cells": 20,
        "train.network.channels": 36,
    }


def test_validation_images_of_their_own_are_not_drawn_from_the_others():
    settings = resolve.resolve("arrays")
    chosen = image_sizes.settle(settings, SPACE, 160, LARGE, CLUSTER, 40)
    assert chosen["data.validation_images"] == 40
    # Eight batches of all 160, and one of the 40.
    assert settings.search.batch_size == settings.train.batch_size == 16
    assert settings.policy.batch_size == 40


def test_few_images_have_small_batches_and_networks():
    settings, _ = settled(200, LARGE)
    assert settings.data.validation_images == 40
    sizes = [
        getattr(settings, name).batch_size
        for name in ("search", "policy", "train")
    ]
    # Eight batches of 160 and of 200 images, and one of all 40.
    assert sizes == [16, 40, 16]
    assert settings.search.network.channels == 8
    assert settings.train.network.cells == 5


@pytest.mark.parametrize(
    "images, size", [(40, 40), (128, 128), (129, 64), (300, 100), (999, 124)]
)
def test_rewards_use_nearly_all_validation_images(images, size):
    settings, _ = settled(10_000, overrides=f"data.validation_images={images}")
    assert settings.policy.batch_size == size


def test_the_fewer_images_the_fewer_weights():
    found = [
        settled(images)[0].train.network for images in (500, 5_000, 50_000)
    ]
    sizes = [(each.cells, each.channels) for each in found]
    assert sizes == sorted(sizes)
    assert sizes[0][0] == 5 and sizes[-1] == (20, 36)
    for images, network in zip((500, 5_000, 50_000), found, strict=True):
        expected = expected_counts.expect(
            *(SPACE, expected_counts.uniform(SPACE), network),
            *(SMALL.image_shape, SMALL.num_classes),
        )
        assert expected.parameters <= 400 * images


def test_few_hours_have_smaller_networks():
    slow = Machine("CPU", 1, 2, 64 * GIB)
    found = [
        settled(50_000, machine=slow, overrides=overrides)[0]
        for overrides in ("train.hours=0.2,search.hours=0.2", "train.hours=500")
    ]
    few, many = found[0].train.network, found[1].train.network
    assert (few.cells, few.channels) < (many.cells, many.channels)
    assert found[0].search.network.cells == 5


def test_each_device_gets_as_many_images():
    three = Machine("GPU", 3, 8, 80 * GIB)
    settings, _ = settled(50_000, machine=three)
    assert settings.search.batch_size == 3 * 32
    settings, _ = settled(70, machine=three)
    # All of 14 images but two.
    assert settings.policy.batch_size == 12


def test_images_that_a_training_keeps_apart_are_not_in_its_batches():
    settings, _ = settled(1000, overrides="train.validation_images=950")
    assert settings.train.batch_size == 4


def test_a_slow_machine_has_smaller_networks():
    found = [
        settled(200_000, SMALL, machine)[0].search.network
        for machine in (
            CLUSTER,
            Machine("CPU", 1, 16, 64 * GIB),
            LAPTOP,
        )
    ]
    sizes = [(n.cells, n.channels) for n in found]
    assert sizes == sorted(set(sizes), reverse=True)
    assert sizes[0] == (8, 24) and sizes[-1] == (5, 8)


def test_little_memory_has_smaller_networks():
    large = settled(50_000, LARGE)[0].search.network
    little = Machine("GPU", 1, 2, GIB // 8)
    small = settled(50_000, LARGE, little)[0].search.network
    assert small.channels < large.channels


def test_less_memory_has_smaller_batches_at_last():
    huge = image_data.Form((2048, 2048, 3), 5)
    machine = Machine("CPU", 2, 2, 16 * GIB)
    settings, chosen = settled(50_000, huge, machine)
    for name in ("search", "train"):
        section = getattr(settings, name)
        network = section.network
        assert (network.cells, network.channels) == (5, 8)
        assert chosen[f"{name}.batch_size"] == section.batch_size
        assert 2 <= section.batch_size < 128
    assert settings.search.batch_size % 2 == 0
    settings, _ = settled(50_000, huge, machine, "search.batch_size=128")
    assert settings.search.batch_size == 128


def test_what_is_given_stays():
    given = (
        "data.validation_images=77,search.network.cells=6,"
        "train.network.channels=20,policy.batch_size=5"
    )
    settings, chosen = settled(50_000, overrides=given)
    assert settings.data.validation_images == 77
    assert settings.search.network.cells == 6
    assert settings.train.network.channels == 20
    assert set(chosen) == {
        "search.batch_size",
        "train.batch_size",
        "search.network.channels",
        "train.network.cells",
    }


def test_other_data_sets_leave_nothing_to_choose():
    settings = resolve.resolve("cifar10")
    before = settings.as_dict()
    assert not image_sizes.settle(settings, SPACE, 50_000, SMALL, LAPTOP)
    assert settings.as_dict() == before


def test_what_is_told():
    network = schema.Network(cells=8, channels=16)
    space = convolutional.convolutional(4, convolutional.OPS)
    search = schema.Search(network=network)
    # 43,348,226 multiply-adds and 4,002,760 values of 4 bytes an image.
    assert image_sizes.describe_search(
        search, space, network, SMALL, Machine("GPU", 2, 4, 8 * GIB)
    ) == (
        "supernet: 8 cells of 16 channels, 43.3 million multiply-adds per "
        "image on average; a step of 128 images takes about 0.95 GiB on each "
        "device (2 GPUs of 8 GiB)"
    )
