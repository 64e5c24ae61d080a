"""Writes a trained network as a SavedModel that other processes have run."""

import contextlib
import pathlib
import shlex
import tempfile

import tensorflow as tf

from ednas_tf import errors, seeds
from ednas_tf.loops import trained
from export import (
    conversion,
    gate,
    litert,
    onnx_file,
    packages,
    provenance,
    signatures,
    versions,
    warmup,
)

#: Where TensorFlow leaves room for what is not its own.
EXTRA = "assets.extra"
LABELS_FILE, PROVENANCE_FILE = "labels.txt", "provenance.json"

#: Images of a warm-up request.
_WARMUP_SIZES = (1, 4)


def export(
    directory: pathlib.Path,
    export_dir: pathlib.Path,
    version: int | None = None,
    runtime: dict[str, object] | None = None,
    forms: tuple[str, ...] = (),
) -> pathlib.Path:
    """Writes `export_dir`/<version>, for TensorFlow Serving.

    It is a SavedModel with the signatures of `signatures.archive`. Its folder
    assets.extra, which TensorFlow does not look into but for the warm-up
    requests, holds the names of the classes, one a line; where the network
    came from and what was checked; and other forms of the network. The data
    set is read for its shapes and names and for images to check with.

    Args:
      directory: of a finished training.
      export_dir: directory of all versions.
      version: by default one more than the highest there is.
      runtime: settings of the runtime other than the training's.
      forms: "litert" and "onnx" add the files of that name.

    Returns:
      The version's directory.

    Raises:
      RequestError: no finished training, the version is taken, or a form
        needs what is not installed.
      RunError: the check failed; nothing was left.
    """
    packages.check(forms)
    versions.choose(export_dir, version)
    found = trained.load(directory, runtime)
    found.task.warn()
    made = not export_dir.exists()
    try:
        export_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(
            dir=export_dir, prefix=".export."
        ) as folder:
            written = pathlib.Path(folder) / "saved_model"
            checked = _write(found, written, forms)
            target = versions.place(written, export_dir, version)
    except (OSError, tf.errors.OpError) as error:
        raise errors.RunError(
            f"{export_dir}: no version can be written: "
            f"{errors.first_line(error)}; choose another --export_dir"
        ) from None
    finally:
        if made:
            # Fails unless nothing was left.
            with contextlib.suppress(OSError):
                export_dir.rmdir()
    _tell(found, target, checked)
    return target


def _write(found, written, forms):
    """Writes all files of a version and checks them; returns what was found."""
    network, data = found.network, found.task.data
    signatures.archive(network, data).write_out(str(written), verbose=False)
    extra = written / EXTRA
    extra.mkdir()
    names = "".join(f"{name}\n" for name in data.labels)
    (extra / LABELS_FILE).write_text(names, encoding="utf-8")
    warmup.write(written, data.name, _requests(data.test.images))
    if "litert" in forms:
        seed = seeds.derive(found.settings.seed, "calibration")
        conversion.convert(
            "litert", lambda: litert.write(network, data, seed, extra)
        )
    if "onnx" in forms:
        conversion.convert(
            "onnx", lambda: onnx_file.write(network, data, extra)
        )
    checked = gate.check(written, gate.reference(network, data))
    text = provenance.described(found, checked)
    (extra / PROVENANCE_FILE).write_text(text)
    return checked


def _requests(images):
    """Warm-up requests for both signatures, of test images."""
    for size in _WARMUP_SIZES:
        few = images[:size]
        yield "serving_default", "images", few
        files = [tf.io.encode_png(image).numpy() for image in few]
        yield "encoded", "encoded_images", files


def _tell(found, target, checked):
    differences = ", ".join(
        f"{form} {difference:.1e}"
        for form, difference in checked["largest_difference"].items()
    )
    print(
        f"checked in processes without Keras on {checked['images']} test "
        f"images, accuracy {checked['accuracy']:.4f}; largest difference of a "
        f"probability: {differences}"
    )
    if "int8_accuracy" in checked:
        print(f"accuracy in 8 bits: {checked['int8_accuracy']:.4f}")
    command = [
        *("tensorflow_model_server", "--rest_api_port=8501"),
        f"--model_name={found.settings.data.name}",
        f"--model_base_path={target.parent.absolute()}",
    ]
    print(
        f"{checked['warmup_requests']} warm-up "
        f"requests were replayed\nSavedModel in {target}\n"
        f"next: {shlex.join(command)}"
    )
