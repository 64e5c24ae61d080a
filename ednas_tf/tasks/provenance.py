"""What a result records of its data, and whether data are the same again."""

import pathlib

from ednas_tf import errors
from ednas_tf.data.images.image_data import ImageData
from ednas_tf.data.text.text_data import Corpus

#: Fingerprint of image files -> what was found if it differs.
_CHANGES = {
    "files_fingerprint": "other files",
    "contents_fingerprint": "files whose contents have changed",
}


def of_images(data: ImageData) -> dict[str, object]:
    """What a result records of a data set of images."""
    recorded = {
        "num_classes": len(data.labels),
        "classes_fingerprint": data.classes_fingerprint(),
    }
    for name in _CHANGES:
        if found := getattr(data, name):
            recorded[name] = found
    return recorded


def check_images(
    data: ImageData, result: dict[str, object], directory: pathlib.Path
) -> None:
    """Checks that a result comes from these images.

    The classes must be the same, and the files and their contents if they are
    known: they decide which images are for validation and test, and by which
    mean all of them are standardised.

    Args:
      data: the images.
      result: the result of a run.
      directory: directory of the run, to name in errors.

    Raises:
      RequestError: the result comes from other images.
    """
    found = data.classes_fingerprint()
    if result.get("classes_fingerprint", found) != found:
        raise errors.RequestError(
            f"{data.name}: expected the {result.get('num_classes')} classes of "
            f"the run in {directory}, found {len(data.labels)} classes with "
            "other names or in another order; give the --data_dir of that run, "
            "or start a new run in another --model_dir"
        )
    for name, change in _CHANGES.items():
        found = getattr(data, name)
        if found and result.get(name, found) != found:
            raise errors.RequestError(
                f"{data.name}: expected the image files of the run in "
                f"{directory}, found {change} in --data_dir; restore them, or "
                "start a new run in another --model_dir"
            )


def of_text(data: Corpus) -> dict[str, object]:
    """What a result records of a text."""
    return {
        "num_words": len(data.words),
        "words_fingerprint": data.words_fingerprint(),
        "text_fingerprint": data.text_fingerprint(),
    }


def check_text(
    data: Corpus, result: dict[str, object], directory: pathlib.Path
) -> None:
    """Checks that a result comes from this text.

    Args:
      data: the text.
      result: the result of a run.
      directory: directory of the run, to name in errors.

    Raises:
      RequestError: the vocabulary or the text is another one.
    """
    found = data.words_fingerprint()
    if result.get("words_fingerprint", found) != found:
        raise errors.RequestError(
            f"{data.name}: expected the {result.get('num_words')} words of the "
            f"run in {directory}, found {len(data.words)} other words; give "
            "the --data_dir of that run, or start a new run in another "
            "--model_dir"
        )
    found = data.text_fingerprint()
    if result.get("text_fingerprint", found) != found:
        raise errors.RequestError(
            f"{data.name}: expected the text of the run in {directory}, found "
            "another one with the same words in --data_dir; restore it, or "
            "start a new run in another --model_dir"
        )
