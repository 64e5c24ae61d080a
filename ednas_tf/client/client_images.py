"""Finds and checks the image files of a client before it sends any."""

import os
import pathlib

from ednas_tf import errors, whole_files
from ednas_tf.client import served_model
from ednas_tf.commands import paths
from ednas_tf.data import image_formats

_SUFFIXES = (".jpg", ".jpeg", ".png")
#: Maximum size in bytes of the files of a batch; gRPC messages are limited to
#: less than 2**31 bytes.
MOST_BYTES = 2**28


def files(typed: list[str]) -> list[pathlib.Path]:
    """The files that --images names; those of a folder are sorted by name.

    A folder can also be one of folders of classes.

    Args:
      typed: texts with files and folders, separated by commas.

    Raises:
      RequestError: there are no files, or one is neither JPEG nor PNG.
    """
    found = []
    for text in typed:
        # A name can also contain a comma.
        whole = whole_files.is_path(text) and os.path.exists(paths.path(text))
        for name in [text] if whole else text.split(","):
            found.extend(_images_of(name))
    if not found:
        raise errors.RequestError(
            "--images: expected JPEG or PNG files or folders of them, found "
            "none"
        )
    return found


def batches(images: list[pathlib.Path], size: int) -> list[list[pathlib.Path]]:
    """Splits image files, in order, into batches that can be sent.

    Raises:
      RequestError: a batch has more than `MOST_BYTES`.
    """
    result = [images[i : i + size] for i in range(0, len(images), size)]
    for batch in result:
        found = sum(file.stat().st_size for file in batch)
        if found > MOST_BYTES:
            raise errors.RequestError(
                f"{batch[0]}: expected at most {MOST_BYTES} bytes in a batch "
                f"of {len(batch)} images, found {found}; give a smaller "
                "--batch_size or smaller images"
            )
    return result


def request(contents: list[bytes]) -> served_model.PredictRequest:
    """A request to classify images.

    Args:
      contents: the bytes of JPEG and PNG files.
    """
    return served_model.PredictRequest(
        "encoded",
        {"encoded_images": contents},
        f"{len(contents)} image{'s' if len(contents) > 1 else ''}",
        "a smaller --batch_size",
    )


def read(file: pathlib.Path, most: int = MOST_BYTES) -> bytes:
    """Reads the first `most` bytes of an image file.

    Raises:
      RequestError: the file cannot be read, or is neither JPEG nor PNG by its
        first bytes.
    """
    try:
        with whole_files.opened(file) as opened:
            content = opened.read(most)
    except OSError as error:
        raise errors.RequestError(
            f"{file}: cannot be read: {error.strerror}; give a JPEG or PNG file"
        ) from None
    if not content.startswith((image_formats.JPEG, image_formats.PNG)):
        found = errors.shown(content[:8]) if content else "an empty file"
        raise errors.RequestError(
            f"{file}: expected a JPEG or PNG image, found "
            f"{image_formats.other(content) or found}; convert it, or give "
            "another file"
        )
    return content


def _images_of(name, is_class=False):
    """The file of this name, or the images in the folder of this name.

    A folder without images stands for all folders of classes in it.
    """
    if not whole_files.is_path(name):
        raise errors.RequestError(
            f"--images: expected {paths.Path.syntactic_help}, found "
            f"{errors.shown(name)}"
        )
    path = paths.path(name)
    if not path.is_dir():
        read(path, image_formats.HEAD)
        return [path]
    try:
        below = sorted(path.iterdir())
    except OSError as error:
        raise errors.RequestError(
            f"{path}: cannot be read: {error.strerror}; give another folder"
        ) from None
    shown = [each for each in below if not each.name.startswith(".")]
    images = [each for each in shown if each.suffix.lower() in _SUFFIXES]
    classes = [each for each in shown if each.is_dir()]
    if not images and classes and not is_class:
        return [
            file
            for each in classes
            for file in _images_of(str(each), is_class=True)
        ]
    if not images:
        raise errors.RequestError(
            f"{path}: expected files named {', '.join(_SUFFIXES)} in the "
            "folder, found none"
        )
    for file in images:
        read(file, image_formats.HEAD)
    return images
