"""Writes a trained network as a SavedModel that other processes have run."""

import contextlib
import importlib.util
import json
import pathlib
import shlex
import tempfile
import time

import tensorflow as tf

from ednas_tf import errors, tasks
from ednas_tf.export import exports, versions, warmup
from ednas_tf.export.exports import EXTRA
from ednas_tf.export.gate import gate
from ednas_tf.loops.train import results, trained
from ednas_tf.loops.train.trained import Trained
from ednas_tf.runs import run_directory, starts
from ednas_tf.runs.names import SETTINGS_FILE

PROVENANCE_FILE = "provenance.json"

#: Form -> what it imports.
_NEEDED = {
    "litert": ("ai_edge_litert",),
    "onnx": ("onnx", "onnxruntime", "tf2onnx"),
}


def export(
    directory: pathlib.Path,
    export_dir: pathlib.Path,
    version: int | None = None,
    runtime: dict[str, object] | None = None,
    forms: tuple[str, ...] = (),
) -> pathlib.Path:
    """Writes `export_dir`/<version>, for TensorFlow Serving.

    It is a SavedModel. Its folder assets.extra, which TensorFlow does not look
    into but for the warm-up requests, holds the names of the classes, or the
    words, one a line; where the network came from and what was checked; and
    other forms of the network. The data set is read for its shapes and names
    and for what the network is checked with.

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
        cannot be had, or needs what is not installed.
      RunError: the check failed; nothing was left.
    """
    kind = _kind(directory, forms)
    check_packages(forms)
    versions.choose(export_dir, version)
    exported = kind(trained.load(directory, runtime), forms)
    exported.found.task.warn()
    made = not export_dir.exists()
    try:
        export_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(
            dir=export_dir, prefix=".export."
        ) as folder:
            written = pathlib.Path(folder) / "saved_model"
            checked = _write(exported, written)
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
    _tell(exported, target, checked)
    return target


def _kind(directory, forms):
    """What the training in `directory` is exported as.

    Raises:
      RequestError: there is none, or one of `forms` is not for its task.
    """
    results.read_result(directory)
    task = run_directory.load(directory / SETTINGS_FILE).task
    form = tasks.kind(task).export_form
    if not form:
        raise errors.RequestError(
            f"{directory}: expected a training that can be exported, found one "
            f"for {task}, a task without a form of export"
        )
    kind = exports.kind(form)
    for extra in forms:
        if extra not in kind.known_forms:
            raise errors.RequestError(
                f"--{extra}: expected a network that can have this form, found "
                f"one for {task.replace('_', ' ')} in {directory}; leave it out"
            )
    return kind


def _write(exported, written):
    """Writes all files of a version and checks them; returns what was found."""
    exported.write(written)
    name = exported.found.settings.data.plain_name()
    warmup.write(written, name, exported.warmups())
    checked = gate.check(written, exported)
    text = provenance(exported.found, checked)
    (written / EXTRA / PROVENANCE_FILE).write_text(text)
    return checked


def _tell(exported, target, checked):
    command = [
        *("tensorflow_model_server", "--rest_api_port=8501"),
        f"--model_name={exported.found.settings.data.plain_name()}",
        f"--model_base_path={target.parent.absolute()}",
    ]
    print(
        f"{exported.told(checked)}\n{checked['warmup_requests']} warm-up "
        f"requests were replayed\nSavedModel in {target}\n"
        f"next: {shlex.join(command)}"
    )


def check_packages(forms: tuple[str, ...]) -> None:
    """Raises `RequestError` unless all that `forms` need is installed."""
    for form in forms:
        missing = [
            name
            for name in _NEEDED[form]
            if importlib.util.find_spec(name) is None
        ]
        if missing:
            names = ", ".join(missing)
            raise errors.RequestError(
                f"--{form}: needs packages that are not installed ({names}); "
                f"{errors.INSTALL_EXPORT}"
            )


def provenance(trained: Trained, gate: dict[str, object]) -> str:
    """JSON that tells the training and what the gate found.

    Args:
      trained: what is exported.
      gate: as `gate.check` returns it.
    """
    genotype = trained.described
    versions = starts.versions()
    found = {
        "exported": time.strftime("%Y-%m-%d %H:%M:%S %Z"),
        "settings_fingerprint": trained.settings.fingerprint(),
        "seed": trained.settings.seed,
        "genotype_fingerprint": genotype.fingerprint(),
        "genotype": json.loads(genotype.to_json()),
        "result": trained.result,
        "source_digest": versions.pop("source_digest"),
        "versions": versions,
        "gate": gate,
    }
    return json.dumps(found, indent=2) + "\n"
