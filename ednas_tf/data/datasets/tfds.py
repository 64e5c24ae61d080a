"""Any data set of TensorFlow Datasets (TFDS) with images and labels."""

import difflib
import os

import numpy as np

from ednas_tf import errors, seeds
from ednas_tf.data import file_contents, tfds_arrays, tfds_checks
from ednas_tf.data.images import image_data, image_records, image_sets
from ednas_tf.data.inspection import traits

_TESTS = ("test", "validation")
#: Number of images that are inspected in arrays.
_NUM_INSPECTED = 100
#: The only file format whose records can be read by number.
_FORMAT = "tfrecord"


@image_data.dataset_of_request("tfds")
def tfds_images(request: image_data.DatasetRequest) -> image_data.ImageData:
    """The data set that the text after the colon names in TFDS.

    The text is NAME, or NAME/CONFIG for a data set with several configurations;
    NAME alone means TFDS's default configuration. The test images are the split
    test, or else the split validation, or else a share of the split train. A
    split whose images have no labels (TFDS writes -1) is skipped.

    Raises:
      RequestError: the data set is unknown or not prepared; or see
        `tfds_checks`.
      RunError: the download failed; or see `image_sets.make`.
    """
    return of_name(request, _full_name(request))


def of_name(
    request: image_data.DatasetRequest,
    name: str,
    tests: tuple[str, ...] = _TESTS,
) -> image_data.ImageData:
    """Like `tfds_images`, for a data set given by its name in TFDS.

    Args:
      request: the request for the data set.
      name: NAME or NAME/CONFIG.
      tests: names of the split of test images, the preferred one first.
    """
    with tfds_arrays.prepared(
        name, request.data_dir, request.download
    ) as builder:
        tfds_checks.check_features(request.name, builder)
        labels = tuple(builder.info.features["label"].names)
        tfds_checks.check_labels(request.name, builder, "train")
        test, warnings = _test_split(request, builder, tests)
        if test and _fits(request, builder, ("train", test)):
            splits = [
                tfds_arrays.read_split(builder, split)
                for split in ("train", test)
            ]
            warnings += _inspect_arrays(splits[0], request.name)
            return image_sets.in_memory(
                *(request, *splits, labels, warnings),
                contents_fingerprint=_contents(builder),
            )
        return image_sets.make(
            request,
            *(sources := _sources(request, builder, test)),
            labels,
            traits.inspect(sources[0], request),
            warnings,
            contents_fingerprint=_contents(builder),
        )


def _contents(builder):
    """A fingerprint of the prepared files of all splits."""
    splits = builder.info.splits
    return file_contents.fingerprint(
        [
            os.fspath(path)
            for name in sorted(splits)
            for path in splits[name].filepaths
        ]
    )


def _test_split(request, builder, tests):
    """The name of the split of test images, or None, and warnings about it."""
    warnings = []
    for split in (each for each in tests if each in builder.info.splits):
        if tfds_checks.has_labels(builder, split):
            tfds_checks.check_labels(request.name, builder, split)
            return split, warnings
        warnings.append(
            f"the split {split} is ignored because its images have no labels"
        )
    return None, warnings


def _inspect_arrays(train, name):
    numbers = range(0, len(train), max(1, len(train) // _NUM_INSPECTED))
    return traits.check_contrast(
        train.images[numbers],
        [f"image {number} of the split train" for number in numbers],
        name,
    )


def _full_name(request):
    """NAME or NAME/CONFIG of the requested data set, known or prepared."""
    import tensorflow_datasets as tfds

    folder = request.data_dir or tfds.core.constants.DATA_DIR
    name, slash, config = request.suffix.partition("/")
    known = tfds.list_builders(with_community_datasets=False)
    names = {*known, *_folders(folder)}
    if name not in names:
        raise errors.RequestError(
            "--dataset: expected tfds:NAME of a data set of TensorFlow "
            f"Datasets, found {errors.shown(name)}{_guess(name, names)}"
        )
    configs, default = _configs(name, name in known, folder)
    if not slash and (default or not configs):
        return f"{name}/{default}" if default else name
    if config in configs:
        return f"{name}/{config}"
    expected = (
        f"tfds:{name}/CONFIG with one of {', '.join(sorted(configs))}"
        if configs
        else f"tfds:{name}, which has no configurations"
    )
    raise errors.RequestError(
        f"--dataset: expected {errors.shortened(expected, 400)}, found "
        f"{errors.shown(request.suffix)}{_guess(config, configs)}"
    )


def _configs(name, is_known, folder):
    """The names of a data set's configurations, and the default's or None."""
    import tensorflow_datasets as tfds

    if is_known:
        builder = tfds.builder_cls(name)
        default = builder.default_builder_config
        return set(builder.builder_configs), default and default.name
    # Files without a builder: the folder holds versions and configurations.
    found = {
        entry
        for entry in _folders(os.path.join(folder, name))
        if not (entry.startswith(".") or tfds.core.Version.is_valid(entry))
    }
    return found, None


def _folders(folder):
    if not os.path.isdir(folder):
        return []
    return [entry.name for entry in os.scandir(folder) if entry.is_dir()]


def _guess(name, valid):
    close = difflib.get_close_matches(name[:100], sorted(valid), 3, 0.5)
    return f", did you mean {', '.join(close)}?" if close else ""


def _fits(request, builder, splits):
    """Whether all images share one small shape and fit into memory."""
    shape = builder.info.features["image"].shape
    if None in shape or max(shape[:2]) > traits.SMALL:
        return False
    count = sum(builder.info.splits[split].num_examples for split in splits)
    unchanged = request.options.image_size in (0, *shape[:1])
    return (
        unchanged
        and shape[2] in (1, 3)
        and count * int(np.prod(shape)) <= image_sets.MOST_BYTES
    )


def _sources(request, builder, test):
    """Sources of the training and of the test images."""
    found = builder.info.file_format.value
    if found != _FORMAT:
        raise errors.RequestError(
            f"{request.name}: expected files in the format {_FORMAT}, found "
            f"{found}; prepare the data set with file_format={_FORMAT!r}"
        )

    def records(split):
        paths = builder.info.splits[split].filepaths
        return image_records.Records([os.fspath(path) for path in paths])

    train = records("train")
    if test:
        return train, records(test)
    count = round(request.options.test_share * len(train))
    if not 1 <= count < len(train):
        raise errors.RequestError(
            "data.test_share: expected a share that leaves images for training "
            f"and for testing, found {request.options.test_share} of "
            f"{len(train)} images"
        )
    # The draw does not depend on the run's seed; see `image_folders.read`.
    seed = seeds.derive(0, "test images")
    order = np.random.default_rng(seed).permutation(len(train))
    return train.part(np.sort(order[count:])), train.part(
        np.sort(order[:count])
    )
