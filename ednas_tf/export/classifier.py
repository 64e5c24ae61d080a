"""Finds an exported image network by a path, and runs it without a server."""

import contextlib
import pathlib
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from ednas_tf import errors, whole_files
from ednas_tf.client import predictions
from ednas_tf.client.predictions import Prediction
from ednas_tf.export import runtimes
from ednas_tf.lazy import tf

#: The file in an export's assets.extra that says how images are prepared.
INPUT_FILE = "input.json"

_WANTED = (
    "expected an exported version such as EXPORT_DIR/1, a folder of versions, "
    "or a file .tflite or .onnx of one"
)


class Classifier(NamedTuple):
    """A network that is ready to classify.

    Attributes:
      names: the names of all classes, or None if they are unknown.
      classify: maps the bytes of a JPEG or PNG file to a prediction. A damaged
        file is an `InvalidArgumentError`.
    """

    names: list[str] | None
    classify: Callable[[bytes], Prediction]


def find(path: pathlib.Path) -> pathlib.Path:
    """The file, or the directory of the SavedModel, that a path means.

    Args:
      path: such a file or directory, or a folder of numbered versions, of which
        the highest is taken.

    Raises:
      RequestError: there is none.
    """
    if path.is_file() and path.suffix in runtimes.BY_SUFFIX:
        return path
    if (path / "saved_model.pb").is_file():
        return path
    versions = [
        int(folder.parent.name)
        for folder in path.glob("*/saved_model.pb")
        if re.fullmatch("[0-9]+", folder.parent.name)
    ]
    if versions:
        return path / str(max(versions))
    found = "another file" if path.is_file() else "none"
    raise errors.RequestError(f"--model: {path}: {_WANTED}, found {found}")


def load(model: pathlib.Path) -> Classifier:
    """Loads what `find` has returned.

    Raises:
      RequestError: the file is damaged or not of an image network, or its
        runtime is not installed.
    """
    extra = model / runtimes.EXTRA if model.is_dir() else model.parent
    labels = extra / predictions.LABELS_FILE
    names = predictions.read_names(labels) if labels.is_file() else None
    read = _saved_model if model.is_dir() else _file
    with explained(model):
        classify = read(model, names)
    return Classifier(names, classify)


@contextlib.contextmanager
def explained(model: pathlib.Path) -> Iterator[None]:
    """A context in which a runtime's errors become a `RequestError`.

    Args:
      model: what `find` has returned, and the runtime loads.
    """
    try:
        yield
    except errors.RequestError:
        raise
    except ImportError as error:
        raise errors.RequestError(
            f"--model: {model}: needs a package that is not installed "
            f"({error.name}); {errors.INSTALL_EXPORT}"
        ) from None
    except Exception as error:
        # Each runtime has errors of its own for a file that it cannot read.
        raise errors.RequestError(
            f"--model: {model}: cannot be loaded: {errors.first_line(error)}; "
            "export it again"
        ) from None


def _saved_model(folder, _):
    loaded = tf.saved_model.load(str(folder))
    if "encoded" not in loaded.signatures:
        raise errors.RequestError(
            f"--model: {folder}: expected a network that classifies images, "
            f"found the signatures {', '.join(sorted(loaded.signatures))}; "
            "a language model answers ednas_tf.client.continue_text"
        )

    def classify(content):
        run = loaded.signatures["encoded"]
        outputs = run(encoded_images=tf.constant([content]))
        (found,) = predictions.checked(
            {name: value.numpy().tolist() for name, value in outputs.items()},
            1,
        )
        return found

    return classify


def _file(file, names):
    from ednas_tf.export.images import decoding

    model = runtimes.BY_SUFFIX[file.suffix](file)
    shape = _image_shape(file, model)
    is_central = _is_central(file.parent / INPUT_FILE)
    prepare = tf.function(
        lambda contents: decoding.decode(contents, shape, is_central),
        input_signature=[tf.TensorSpec([1], tf.string)],
    )

    def classify(content):
        images = prepare([content]).numpy()
        (row,) = model.run({"images": images})["probabilities"]
        number = int(row.argmax())
        label = names[number] if names else f"class {number}"
        return Prediction(row.tolist(), number, label)

    return classify


def _image_shape(file, model):
    """Height, width and channels of the images that a file takes."""
    if len(model.inputs) == 1:
        ((name, dtype, shape),) = model.inputs
        is_ours = len(shape) == 4 and None not in shape[1:]
        if (name, dtype) == ("images", "uint8") and is_ours:
            return tuple(shape[1:])
    raise errors.RequestError(
        f"--model: {file}: expected a file of an ednas_tf export, with one "
        "input `images` of type uint8, found "
        f"{errors.shown([(each[0], each[1]) for each in model.inputs])}"
    )


def _is_central(file):
    """Whether only the central part of an image is used.

    Raises:
      RequestError: the file is damaged.
    """
    if not file.is_file():
        errors.warn(
            f"{file}: not found; the whole image is resized. Keep this file, "
            f"and {predictions.LABELS_FILE} with the names of the classes, "
            "beside the network"
        )
        return False
    found = whole_files.read_json(file, f"an export's {INPUT_FILE}")
    central = found.get("central") if isinstance(found, dict) else None
    if not isinstance(central, bool):
        raise errors.RequestError(
            f"{file}: expected an export's {INPUT_FILE} with `central`, found "
            f"{errors.shown(found)}"
        )
    return central
