"""Writes a trained network as a SavedModel that another process has run."""

import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

import keras
import numpy as np
import tensorflow as tf

from ednas_tf import errors
from ednas_tf.data import image_data, pipeline
from ednas_tf.loops import checkpoints, run_directory, train_loop
from ednas_tf.loops.weight_update import WeightUpdate
from ednas_tf.settings import schema
from ednas_tf.tasks.image_classification import ImageClassification

BATCH_SIZES = (1, 3)
TOLERANCE = 1e-5


def export(
    directory: pathlib.Path,
    export_dir: pathlib.Path,
    version: int | None = None,
    runtime: dict[str, object] | None = None,
) -> pathlib.Path:
    """Writes `export_dir`/<version>, for TensorFlow Serving.

    The signature `serving_default` maps `images`, uint8 [batch, height, width,
    channels], to `probabilities`, float32 [batch, classes], and `labels`,
    string [batch], the name of the most probable class. The data set is read
    for its shapes and names, and to check the model on some test images.

    Args:
      directory: of a finished training.
      export_dir: directory of all versions.
      version: by default one more than the highest there is.
      runtime: settings of the runtime other than the training's.

    Returns:
      The version's directory.

    Raises:
      RequestError: no finished training, or the version is taken.
      RunError: the check failed; nothing was left.
    """
    train_loop.read_result(directory)
    settings = run_directory.load(directory / run_directory.SETTINGS_FILE)
    settings.override({"runtime": runtime or {}})
    described = train_loop.read_genotype(directory / train_loop.GENOTYPE_FILE)
    target = export_dir / str(_version(export_dir, version))
    task = ImageClassification(settings)
    network = restored(task.child(described), settings, directory)
    task.warn()
    _write(task, network, target)
    command = [
        *("tensorflow_model_server", "--rest_api_port=8501"),
        f"--model_name={settings.data.name}",
        f"--model_base_path={export_dir.absolute()}",
    ]
    print(
        f"SavedModel in {target}; a process without Keras gave the network's "
        f"labels and probabilities for batches of {BATCH_SIZES[0]} and "
        f"{BATCH_SIZES[1]} test images\nnext: {shlex.join(command)}"
    )
    return target


def _version(export_dir, asked):
    try:
        run_directory.check_way(export_dir, "--export_dir")
        names = os.listdir(export_dir) if export_dir.exists() else []
    except OSError as error:
        raise errors.RequestError(
            f"{export_dir}: cannot be read: {error.strerror}; choose another "
            "--export_dir"
        ) from None
    taken = [int(name) for name in names if re.fullmatch("[0-9]+", name)]
    if asked in taken:
        raise errors.RequestError(
            f"{export_dir}: version {asked} exists; leave --version out for "
            f"{max(taken) + 1}"
        )
    return asked or max(taken, default=0) + 1


def restored(
    network: keras.Model, settings: schema.Settings, directory: pathlib.Path
) -> keras.Model:
    """Gives `network` the weights of the last checkpoint of a training.

    Raises:
      RequestError: there is none, or it is of another network.
    """
    update = WeightUpdate(network, settings.train.optimizer, 1)
    folder = directory / checkpoints.FOLDER
    file = checkpoints.newest(directory)
    try:
        if file is None:
            raise ValueError("none found")
        status = tf.train.Checkpoint(child=update.checkpoint()).restore(file)
        status.expect_partial().assert_existing_objects_matched()
    except (AssertionError, ValueError, tf.errors.OpError) as error:
        raise errors.RequestError(
            f"{folder}: expected a checkpoint of the network in "
            f"{train_loop.GENOTYPE_FILE}: {error}; train it again in a new "
            "--model_dir"
        ) from None
    return network


def _write(task, network, target):
    """Writes aside, checks, renames; TensorFlow Serving looks at numbers."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(
            dir=target.parent, prefix=f".{target.name}."
        ) as folder:
            written = pathlib.Path(folder) / "saved_model"
            _archive(task, network).write_out(str(written), verbose=False)
            check(task, network, written)
            written.rename(target)
    except (OSError, tf.errors.OpError) as error:
        raise errors.RunError(
            f"{target}: cannot be written: {error}; choose another --export_dir"
        ) from None


def _archive(task, network):
    names = tf.constant(task.data.labels)

    def serve(images):
        # The archive keeps its own trace; the network's is for floats.
        logits = network(pipeline.standardise(images, task.data))
        return {
            "probabilities": tf.nn.softmax(logits),
            "labels": tf.gather(names, tf.argmax(logits, -1)),
        }

    archive = keras.export.ExportArchive()
    archive.track(network)
    shape = [None, *task.image_shape]
    images = tf.TensorSpec(shape, tf.uint8, name="images")
    archive.add_endpoint("serving_default", serve, [images])
    return archive


def check(task, network: keras.Model, saved_model: pathlib.Path) -> None:
    """Compares a SavedModel, run by another process, with the network.

    Raises:
      RunError: it does not run there, or gives something else.
    """
    test, most = task.data.test, max(BATCH_SIZES)
    few = image_data.Split(test.images[:most], test.labels[:most])
    ((images, _),) = pipeline.evaluation_batches(few, task.data, most)
    expected = tf.nn.softmax(network(images)).numpy()
    for size, found in zip(
        BATCH_SIZES, _run_alone(saved_model, few.images), strict=True
    ):
        labels = [task.data.labels[i] for i in expected[:size].argmax(-1)]
        error = np.abs(found["probabilities"] - expected[:size]).max()
        # Not a number is no agreement.
        if found["labels"] != labels or not error <= TOLERANCE:
            raise errors.RunError(
                f"the SavedModel disagrees with the network on {size} test "
                f"images: labels {found['labels']}, expected {labels}; "
                f"probabilities differ by {error:.1e}"
            )


def _run_alone(saved_model, images):
    """What the SavedModel gives for each batch size, as `load_alone` has it."""
    script = pathlib.Path(__file__).with_name("load_alone.py")
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "images.npy"
        np.save(file, images)
        done = subprocess.run(
            [sys.executable, script, saved_model, file, *map(str, BATCH_SIZES)],
            env=os.environ | {"CUDA_VISIBLE_DEVICES": "-1"},
            capture_output=True,
            text=True,
        )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no message"]
        raise errors.RunError(
            f"the SavedModel does not run in another process: {lines[-1]}"
        )
    return json.loads(done.stdout)
