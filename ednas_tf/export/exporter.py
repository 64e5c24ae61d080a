"""Exports a trained network as a SavedModel checked in other processes."""

import contextlib
import importlib.util
import json
import pathlib
import time

import tensorflow as tf

from ednas_tf import children, errors, tasks, wording
from ednas_tf.export import interface, versions, warmup
from ednas_tf.export.gate import gate
from ednas_tf.loops.train import results, trained
from ednas_tf.loops.train.trained import Trained
from ednas_tf.monitor import terminal
from ednas_tf.runs import run_directory, starts
from ednas_tf.runs.names import PROVENANCE_FILE, SETTINGS_FILE

#: Maps each format to the packages that it imports.
_NEEDED = {
    "litert": ("ai_edge_litert",),
    "onnx": ("onnx", "onnxruntime", "tf2onnx"),
}


def export(
    directory: pathlib.Path,
    export_dir: pathlib.Path,
    version: int | None = None,
    runtime: dict[str, object] | None = None,
    formats: tuple[str, ...] = (),
) -> pathlib.Path:
    """Exports a training to `export_dir`/<version> for TensorFlow Serving.

    The version is a SavedModel. TensorFlow reads only the warm-up requests in
    its folder assets.extra. That folder also holds the names of the classes or
    the words of the vocabulary, one per line; a record of the network's origin
    and of the checks; and the other formats of the network. The data set is
    read for its shapes and names and for the check of the network.

    Args:
      directory: directory of a finished training.
      export_dir: directory of all versions.
      version: number of the new version, by default one more than the highest.
      runtime: settings of the runtime that replace those of the training.
      formats: further formats to write, "litert" and "onnx".

    Returns:
      The directory of the version.

    Raises:
      RequestError: there is no finished training, the version exists, or a
        format is not available for the task or lacks installed packages.
      RunError: the check failed; no files are left.
    """
    results.read_result(directory)
    task = run_directory.load(directory / SETTINGS_FILE).task
    export_class = check_formats(task, formats)
    versions.choose(export_dir, version)
    exported = export_class(trained.load(directory, runtime), formats)
    if not children.is_stage():
        exported.trained.task.announce()
    made = not export_dir.exists()
    try:
        export_dir.mkdir(parents=True, exist_ok=True)
        with versions.unfinished(export_dir) as written:
            checked = _write(exported, written)
            target = versions.place(written, export_dir, version)
    except (OSError, tf.errors.OpError) as error:
        raise errors.RunError(
            f"{export_dir}: no version can be written: "
            f"{errors.first_line(error)}; choose another --export_dir"
        ) from None
    finally:
        if made:
            # This fails, as intended, unless the directory is empty.
            with contextlib.suppress(OSError):
                export_dir.rmdir()
    _print_summary(exported, target, checked)
    return target


def check_formats(
    task: str, formats: tuple[str, ...]
) -> type[interface.Export]:
    """The class that exports the networks of a task.

    Args:
      task: the name of the task.
      formats: the formats that it has to write beside the SavedModel.

    Raises:
      RequestError: the networks cannot be exported, or a format is not
        available for them or lacks installed packages.
    """
    form = tasks.kind(task).export_form
    words = task.replace("_", " ")
    if not form:
        flag = f"--{formats[0]}: " if formats else ""
        raise errors.RequestError(
            f"{flag}expected a training that can be exported, found one for "
            f"{words}, a task without a form of export"
        )
    export_class = interface.get(form)
    for name in formats:
        if name not in export_class.known_formats:
            raise errors.RequestError(
                f"--{name}: expected networks that can be converted to this "
                f"format, found those for {words}; omit the flag"
            )
    check_packages(formats)
    return export_class


def _write(exported, written):
    """Writes and checks all files of a version; returns the check's results."""
    exported.write(written)
    name = exported.trained.settings.data.plain_name()
    warmup.write(written, name, exported.warmups())
    checked = gate.check(written, exported)
    text = provenance(exported.trained, checked, exported.formats)
    (written / PROVENANCE_FILE).write_text(text)
    return checked


def _print_summary(exported, target, checked):
    command = [
        *("tensorflow_model_server", "--rest_api_port=8501"),
        f"--model_name={exported.trained.settings.data.plain_name()}",
        f"--model_base_path={target.parent.absolute()}",
    ]
    for line in exported.summary(checked).splitlines():
        print(wording.wrapped(line))
    print(f"{checked['warmup_requests']} warm-up requests were replayed")
    print(wording.wrapped(f"SavedModel in {target}"))
    if not children.is_stage():
        task = exported.trained.settings.task
        form = tasks.kind(task).export_form
        print(terminal.after_export(command, target.parent, form))


def check_packages(formats: tuple[str, ...]) -> None:
    """Raises `RequestError` unless all packages for `formats` are installed."""
    for name in formats:
        missing = [
            package
            for package in _NEEDED[name]
            if importlib.util.find_spec(package) is None
        ]
        if missing:
            packages = ", ".join(missing)
            raise errors.RequestError(
                f"--{name}: needs packages that are not installed "
                f"({packages}); {errors.INSTALL_EXPORT}"
            )


def provenance(
    trained: Trained, gate: dict[str, object], formats: tuple[str, ...] = ()
) -> str:
    """A JSON text with an exported network's origin and the gate's results.

    Args:
      trained: the exported network.
      gate: the result of `gate.check`.
      formats: the formats that were written beside the SavedModel.
    """
    genotype = trained.genotype
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
        "formats": formats,
        "gate": gate,
    }
    return json.dumps(found, indent=2) + "\n"
