"""Reads image data sets of TensorFlow Datasets (TFDS) into arrays."""

import contextlib
import os
from collections.abc import Iterator

import numpy as np

from ednas_tf import errors
from ednas_tf.data.images import image_data
from ednas_tf.lazy import tf

# Every prepared version has this file in its folder.
_INFO_FILE = "dataset_info.json"


def read(
    name: str, data_dir: str | None, download: bool
) -> tuple[image_data.Split, image_data.Split, tuple[str, ...]]:
    """Reads all images of a data set with the splits `train` and `test`.

    The images have the fixed order of the prepared files. The network is used
    only if `download` is set.

    Args:
      name: the name of the data set in TFDS.
      data_dir: the folder that contains `name`, or None for TFDS's default.
      download: whether TFDS may download and prepare a missing data set.

    Returns:
      The training images, the test images and the names of the classes.

    Raises:
      RequestError: the data set is not prepared in the folder, or cannot be
        read.
      RunError: the download failed.
    """
    with prepared(name, data_dir, download) as builder:
        train, test = (
            read_split(builder, "train"),
            read_split(builder, "test"),
        )
        return train, test, tuple(builder.info.features["label"].names)


@contextlib.contextmanager
def prepared(name: str, data_dir: str | None, download: bool) -> Iterator:
    """A context that provides the TFDS builder of a prepared data set.

    Any exception inside the context is reported as an error in the files; see
    `read`.
    """
    # Imported here so that other data sets need not wait for it.
    import tensorflow_datasets as tfds

    folder = data_dir or tfds.core.constants.DATA_DIR
    if not download:
        _check_prepared(name, folder, is_default=not data_dir)
    _check_plain(name, os.path.join(folder, name))
    try:
        builder = tfds.builder(name, data_dir=folder)
        if download:
            _download(builder)
        yield builder
    except (errors.RequestError, errors.RunError):
        raise
    # TFDS raises a dozen different types of error for damaged files.
    except Exception as error:
        raise errors.RequestError(
            f"{name}: the data in {os.path.join(folder, name)} cannot be read "
            f"({_one_line(error)}); {_again(name)}, or give another --data_dir"
        ) from error


def read_split(builder, split: str) -> image_data.Split:
    """Reads all images of a builder's split; they must share one shape."""
    import tensorflow_datasets as tfds

    # Read one file after another, so that the order does not depend on how many
    # files are read at once.
    config = tfds.ReadConfig(interleave_cycle_length=1, try_autocache=False)
    arrays = tfds.as_numpy(
        builder.as_dataset(split, batch_size=-1, read_config=config)
    )
    return image_data.Split(arrays["image"], arrays["label"].astype(np.int32))


def _again(name: str) -> str:
    """How to prepare a data set again, by the source of its images."""
    import tensorflow_datasets as tfds

    known = tfds.list_builders(with_community_datasets=False)
    if name.partition("/")[0] in known:
        return "move it away and prepare it again with --download"
    return "prepare it again with the program that prepared it"


def _download(builder) -> None:
    try:
        builder.download_and_prepare()
    except Exception as error:
        raise errors.RunError(
            f"{builder.name}: the download failed ({_one_line(error)}); try "
            "again, or give a folder that holds the prepared data as --data_dir"
        ) from error


def _check_prepared(name: str, folder: str, is_default: bool) -> None:
    """Checks the disk for a prepared version, because TFDS could go online."""
    entries = _list(os.path.join(folder, name))
    for entry in entries:
        info = os.path.join(folder, name, entry, _INFO_FILE)
        if tf.io.gfile.exists(info):
            return
    where = (
        f"TFDS's default folder {folder}"
        if is_default
        else (f"--data_dir={folder}")
    )
    raise errors.RequestError(
        f"{name}: no prepared data in {where}: expected "
        f"{name}/VERSION/{_INFO_FILE}, {_found(name, folder)}; give the folder "
        f"that contains {name} as --data_dir, or --download to fetch it"
    )


def _check_plain(name: str, folder: str) -> None:
    """Checks that all files are plain ones: TFDS would wait for a pipe."""
    for path, _, files in os.walk(folder):
        for file in files:
            found = os.path.join(path, file)
            if not os.path.isfile(found):
                raise errors.RequestError(
                    f"{name}: {found}: expected a plain file, found something "
                    "else, such as a pipe or a device; remove it"
                )


def _found(name: str, folder: str) -> str:
    if not tf.io.gfile.isdir(folder):
        return "found no such folder"
    inside = os.path.join(folder, name)
    if tf.io.gfile.isdir(inside):
        return f"found {_summary(_list(inside))} in {name}"
    found = f"found {_summary(_list(folder))}"
    parts = os.path.normpath(folder).split(os.sep)[-2:]
    if name in parts:
        return f"{found} (give a parent folder of this one)"
    return found


def _list(folder: str) -> list[str]:
    if not tf.io.gfile.isdir(folder):
        return []
    # Folders in a storage bucket are listed with a trailing slash.
    return sorted(entry.rstrip("/") for entry in tf.io.gfile.listdir(folder))


def _summary(entries: list[str], most: int = 5) -> str:
    more = f" and {len(entries) - most} more" if len(entries) > most else ""
    return (", ".join(entries[:most]) or "nothing") + more


def _one_line(error: Exception) -> str:
    return f"{type(error).__name__}: {errors.first_line(error)}"
