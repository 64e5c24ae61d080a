"""`find`: searches for an architecture for images from a Python program."""

from __future__ import annotations

import numbers
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ednas_tf import errors, tasks
from ednas_tf.api import given, options, searching, store
from ednas_tf.api.found import Found
from ednas_tf.data.images import image_data
from ednas_tf.settings import own_folder, schema

if TYPE_CHECKING:
    import numpy as np
    import tensorflow as tf

#: The name of the data set for arrays.
_ARRAYS = "arrays"
#: The family of spaces whose networks classify images.
_IMAGES = "convolutional"
#: What sets the same for a data set that is given by its name.
_OTHER_WAY = {
    "test": '; data={"test_share": 0.1} sets the share of a folder or data '
    "set without test images"
}


@errors.in_python
def find(
    x: np.ndarray | tf.data.Dataset | str | os.PathLike,
    y: Sequence | np.ndarray | None = None,
    *,
    validation: float | tuple | tf.data.Dataset | None = None,
    test: float | tuple | tf.data.Dataset | None = None,
    classes: int | Sequence[str] | None = None,
    hours: float | None = None,
    seed: int | None = None,
    model_dir: str | os.PathLike | None = None,
    config_file: str | os.PathLike | None = None,
    plugin: str | os.PathLike | Sequence[str] = (),
    data_dir: str | os.PathLike | None = None,
    download: bool | None = None,
    data: Mapping[str, object] | None = None,
    search: Mapping[str, object] | None = None,
    policy: Mapping[str, object] | None = None,
    train: Mapping[str, object] | None = None,
    runtime: Mapping[str, object] | None = None,
    verbose: bool = True,
) -> Found:
    """Searches for a network architecture for images.

    It does what the command `python -m ednas_tf.search` does, in this process.
    Ctrl-C stops the search, and what is best so far is returned; the same call
    with the same `model_dir` resumes it, and so does the command.

    Args:
      x: the images: an array [n, height, width, channels] or [n, height,
        width] with 1 or 3 channels, numbers from 0 to 255 or floats from 0 to
        1, which are told apart by their values, and the same range in x,
        validation and test; or a tf.data.Dataset of (image, label), batched or
        not; or a folder that has a folder of images for each class; or the name
        of a data set, such as "digits", "cifar10" or "tfds:beans". A pair (x,
        y) is read as both.
      y: the labels [n] if x is an array: whole numbers from 0 on, or strings.
      validation: what architectures are scored on: the share of x that is kept
        for it, such as 0.2; or images of their own, as a pair (x, y) or a
        tf.data.Dataset, on which a training validates, too. By default a fifth.
      test: what a training is tested on: the share of the images of each
        class of x that is kept for it, such as 0.1, and serves for nothing
        else; or images of their own, as a pair (x, y) or a tf.data.Dataset. By
        default a fifth.
      classes: number of classes, or their names in the order of the network's
        outputs; by default as found in y.
      hours: time that the search may take, in hours. The search then also
        decides by short trainings. By default it has as many epochs as the
        settings say: 300 for images of your own.
      seed: random seed.
      model_dir: directory of the search, which makes it resumable. By default a
        temporary directory, which lives as long as the returned object.
      config_file: YAML file of settings.
      plugin: a Python file or a module that registers your own operations,
        spaces, searchers or data sets, or a list of several.
      data_dir: if x is the name of a data set, the folder of its prepared
        files; by default that of TensorFlow Datasets.
      download: whether TensorFlow Datasets may download a data set that is not
        prepared there; by default it may not.
      data: settings of the section `data` of a settings file, by name.
      search: the same of the search, such as {"epochs": 5, "network": {"cells":
        5}}. A network has at least 3 cells and 2 channels.
      policy: the same of the policies and rewards.
      train: the same of the training of the result.
      runtime: the same of the runtime, such as {"deterministic": True}.
      verbose: whether progress is printed.

    Returns:
      What was found.

    Raises:
      ValueError: the data or the settings are wrong, or the directory holds
        another run.
      RuntimeError: the search failed.
      KeyboardInterrupt: Ctrl-C stopped the search before its first epoch ended.

    Examples:
      >>> from sklearn.datasets import load_digits
      >>> images, labels = load_digits(return_X_y=True)
      >>> images = images.reshape(-1, 8, 8) / 16
      >>> found = ednas_tf.find(images, labels, hours=0.5)
      >>> found.genotype.space
      'convolutional'
    """
    options.load_plugins(plugin)
    sections = {
        "data": data,
        "search": search,
        "policy": policy,
        "train": train,
        "runtime": options.with_data(runtime, data_dir, download),
    }
    others = {"config_file": config_file, "hours": hours, "seed": seed}
    named = given.named(x)
    if named is not None:
        _check_unused(y=y, test=test, classes=classes)
        settings = _settings_of_name(named, sections, others)
        if validation is not None:
            reason = ", because x is not an array or a dataset"
            _check_share("validation", validation, reason)
            _keep_share(settings, validation, _count_images(settings))
        return searching.run(settings, model_dir, verbose)
    settings = options.resolved("find", _ARRAYS, sections, **others)
    options.check_no_folder(settings, "x")
    share, validation = _share_or_images("validation", validation)
    test_share, test = _share_or_images("test", test)
    if test_share is not None:
        settings.data.test_share = test_share
    arrays = given.arrays(
        x, y, validation, test, classes, settings.data.test_share
    )
    if share is not None:
        _keep_share(settings, share, len(arrays.train))
    return searching.run(settings, model_dir, verbose, store.Images(arrays))


def _settings_of_name(
    named: given.Named, sections: options.Sections, others: dict
) -> schema.Settings:
    dataset = named.name
    if not named.has_config:
        # Of a plugin: its settings are the defaults, or in a file.
        dataset = None
        data = {} if sections["data"] is None else sections["data"]
        if isinstance(data, dict):
            data = data | {"name": named.name}
        sections = {**sections, "data": data}
    settings = options.resolved("find", dataset, sections, **others)
    if named.folder:
        options.check_no_folder(settings, "x")
        settings.runtime.data_dir = named.folder
    kind = tasks.kind(settings.task)
    if kind.family != _IMAGES or kind.reads_table:
        raise errors.RequestError(
            f"x: expected a data set of images, found {named.name}, a data set "
            f"for {settings.task}; use ednas_tf.find_text for a text, and the "
            "command python -m ednas_tf.search for a table"
        )
    own_folder.check(settings)
    return settings


def _check_unused(**arguments: object) -> None:
    for name, value in arguments.items():
        if value is not None:
            raise errors.RequestError(
                f"{name}: expected none, because x is a folder or the name of "
                f"a data set, which has labels and test images, found "
                f"{errors.shown(type(value))}; do not pass {name}"
                f"{_OTHER_WAY.get(name, '')}"
            )


def _count_images(settings: schema.Settings) -> int:
    """The number of training images of a data set that is given by its name."""
    runtime = settings.runtime
    found = image_data.load(
        settings.data.name,
        runtime.data_dir or None,
        runtime.download,
        image_data.Options.of(settings),
    )
    return len(found.train)


def _share_or_images(
    argument: str, value: object
) -> tuple[float | None, object]:
    """The share that an argument gives, or the images; None for the other."""
    if not isinstance(value, numbers.Real | str):
        return None, value
    _check_share(argument, value, ", a pair (images, labels) or a dataset")
    return float(value), None


def _check_share(argument: str, share: object, others: str) -> None:
    is_number = options.is_number(share)
    if not is_number or not 0 < share < 1:
        found = errors.shown(share if is_number else type(share))
        raise errors.RequestError(
            f"{argument}: expected a share above 0 and below 1{others}, "
            f"found {found}"
        )


def _keep_share(settings: schema.Settings, share: float, images: int) -> None:
    """Sets the number of validation images that a share of them makes."""
    settings.data.validation_images = max(1, round(share * images))
