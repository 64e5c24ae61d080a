"""Search, training and export one after the other, each in its own process.

When a process ends it frees all of its memory, also on a GPU. Each of the
stages can be resumed where it was stopped, and so can the whole run.
"""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence

from ednas_tf import (
    children,
    errors,
    interruption,
    machine,
    tasks,
    whole_files,
)
from ednas_tf.loops import whole_summary
from ednas_tf.loops.search import search_loop, startable
from ednas_tf.loops.train import results, train_loop
from ednas_tf.runs import run_directory, starts
from ednas_tf.runs.names import (
    GENOTYPE_FILE,
    PROVENANCE_FILE,
    SETTINGS_FILE,
    SUMMARY_FILE,
)
from ednas_tf.settings import schema

SEARCH, TRAIN, EXPORT, BASELINE = "search", "train", "export", "baseline"
#: Batch sizes for which the latency of the exported model is measured.
_BATCH_SIZES = (1, 32)
_POLL_SECONDS = 0.2


def check(
    settings: schema.Settings, directory: pathlib.Path, writes: bool = True
) -> None:
    """Checks that all stages can be started or resumed.

    Args:
      settings: the settings of the run.
      directory: directory of the run, with a folder for each stage.
      writes: whether this process writes the files of the run.

    Raises:
      RequestError: a stage cannot be started or resumed.
    """
    _check_directory(directory)
    startable.check(settings, directory / SEARCH, writes)
    run_directory.check(directory / TRAIN, settings, writes)
    task = tasks.make(settings)
    _check_same_data(task, directory)
    task.check_search()
    if task.reads_table:
        return
    replicas = machine.here(settings.runtime.distribution_strategy).devices
    train_loop.check(task, replicas)
    search_loop.schedule(task, replicas)
    train_loop.schedule(task, replicas)


def _check_directory(directory):
    """Refuses a directory that holds something else, or cannot be made."""
    stages = {SEARCH, TRAIN, EXPORT, BASELINE}
    run_directory.check_creatable(directory, "--model_dir")
    if not os.path.lexists(directory):
        return
    others = [directory.name]
    if directory.is_dir():
        others = sorted(
            file.name
            for file in directory.iterdir()
            if file.name not in {*stages, SUMMARY_FILE}
            and not run_directory.is_leftover(file)
        )
    if others:
        raise errors.RequestError(
            f"{directory}: expected the directory of an ednas_tf.run, or a new "
            f"one, found other files ({errors.listed(others, 3)}); choose "
            "another --model_dir"
        )
    for file in directory.iterdir():
        if file.is_dir() != (file.name in stages):
            raise errors.RequestError(
                f"{file}: expected a folder for each stage, and {SUMMARY_FILE} "
                "as a file, found the opposite; move it away, or choose "
                "another --model_dir"
            )


def check_data(settings: schema.Settings, directory: pathlib.Path) -> None:
    """Checks that the data are still those that the finished stages have read.

    Args:
      settings: the settings of the run, as `check` has left them.
      directory: directory of the run.

    Raises:
      RequestError: the data have changed.
    """
    _check_same_data(tasks.make(settings), directory)


def _check_same_data(task, directory):
    for folder in (directory / SEARCH, directory / TRAIN):
        task.check_result(starts.data(folder), folder)


def run_in_table(
    settings: schema.Settings, directory: pathlib.Path, writes: bool = True
) -> None:
    """Searches in a table, which leaves nothing to train; writes the report.

    Args:
      settings: the settings of the run.
      directory: directory of the run, with a folder for the search.
      writes: whether this process writes the files of the run.

    Raises:
      RequestError, RunError, Interrupted: see `search_loop.search`.
      SystemExit: the report printed an error.
    """
    # In this process, as it needs no memory that has to be given back.
    search_loop.search(settings, directory / SEARCH)
    if writes:
        _stage("ednas_tf.report", f"--model_dir={directory / SEARCH}")


def run(
    directory: pathlib.Path,
    arguments: Sequence[str],
    search_arguments: Sequence[str],
    export_arguments: Sequence[str],
    writes: bool = True,
    before_training: Callable[[], None] = lambda: None,
    formats: Sequence[str] = (),
    baseline: bool = False,
) -> None:
    """Runs the stages that are not finished yet.

    Args:
      directory: directory of the run, for the three stages and their summary.
      arguments: command-line arguments of both search and training.
      search_arguments, export_arguments: further arguments of these stages.
      writes: whether this process writes the files of the run, and exports.
      before_training: called between search and training.
      formats: the formats to export beside the SavedModel.
      baseline: whether the baselines of the training are trained, too.

    Raises:
      SystemExit: a stage printed an error and ended with another status than
        0; also after a signal to this process, which is passed on to the stage.
      RunError: a stage was killed.
    """
    names = SEARCH, TRAIN, EXPORT, BASELINE
    folders = {name: directory / name for name in names}
    genotype = folders[SEARCH] / GENOTYPE_FILE
    _stage(
        "ednas_tf.search",
        *arguments,
        *search_arguments,
        f"--model_dir={folders[SEARCH]}",
    )
    before_training()
    # The training uses the sizes that were chosen for the search, also if it is
    # resumed on another machine.
    settings = folders[SEARCH] / SETTINGS_FILE
    _stage(
        "ednas_tf.train",
        *arguments,
        f"--config_file={settings}",
        f"--genotype={genotype}",
        f"--model_dir={folders[TRAIN]}",
    )
    if not writes:
        return
    run_directory.remove_leftovers(directory)
    if not _is_exported(folders, formats):
        _stage(
            "ednas_tf.export.saved_model",
            *export_arguments,
            *(f"--{name}" for name in formats),
            f"--model_dir={folders[TRAIN]}",
            f"--export_dir={folders[EXPORT]}",
        )
    if baseline:
        _stage(
            "ednas_tf.baseline",
            *export_arguments,
            f"--model_dir={folders[TRAIN]}",
            f"--baseline_dir={folders[BASELINE]}",
        )
    _summarize(directory, folders)


def _stage(module: str, *arguments: str, capture: bool = False) -> str | None:
    """Runs a command, and passes signals to this process on to it.

    Args:
      module: module of the command.
      *arguments: its arguments.
      capture: whether to return what it prints.
    """
    process = subprocess.Popen(
        children.tied([sys.executable, "-m", module, *arguments]),
        stdout=subprocess.PIPE if capture else None,
        text=True,
        env=children.of_whole_run(),
    )
    try:
        # The command says that it stops, and why.
        with interruption.deferred(""):
            output = _wait(process)
    except errors.Interrupted:
        sys.exit(process.returncode or 128 + interruption.received())
    if process.returncode < 0:
        name = signal.Signals(-process.returncode).name
        raise errors.RunError(
            f"{module} was ended by {name}; the same command goes on"
        )
    if process.returncode:
        sys.exit(process.returncode)
    return output


def _wait(process: subprocess.Popen) -> str | None:
    """Waits for a process, and passes on the first signal to this one."""
    passed_on = False
    while True:
        try:
            return process.communicate(timeout=_POLL_SECONDS)[0]
        except subprocess.TimeoutExpired:
            if interruption.received() and not passed_on:
                # A signal from the terminal has reached the process already; it
                # counts two signals within a second as one.
                process.send_signal(interruption.received())
                passed_on = True


def _versions(folder: pathlib.Path) -> list[int]:
    """The versions in a folder of exports, in ascending order."""
    if not folder.exists():
        return []
    names = [file.name for file in folder.iterdir()]
    return sorted(int(name) for name in names if re.fullmatch("[0-9]+", name))


def _is_exported(folders, formats):
    """Whether the newest exported version is of this training, in all formats.

    TensorFlow Serving serves the newest version.
    """
    found = _versions(folders[EXPORT])
    if not found:
        return False
    file = folders[EXPORT] / str(found[-1]) / PROVENANCE_FILE
    try:
        origin = whole_files.read_json(file, "an exported version")
    except errors.RequestError:
        origin = None
    result = results.read_result(folders[TRAIN])
    if not isinstance(origin, dict) or origin.get("result") != result:
        errors.warn(
            f"{file.parents[1]}: is not an export of the training in "
            f"{folders[TRAIN]}; another version is written"
        )
        return False
    return set(formats) <= set(origin.get("formats", ()))


def _summarize(directory, folders):
    """Measures the latency; prints and writes the results of all stages."""
    version = folders[EXPORT] / str(_versions(folders[EXPORT])[-1])
    latency = _known_latency(directory / SUMMARY_FILE, version)
    if latency is None:
        printed = _stage(
            "ednas_tf.export.latency",
            "--json",
            f"--model={version}",
            f"--batch_sizes={','.join(map(str, _BATCH_SIZES))}",
            capture=True,
        )
        latency = json.loads(printed)
    summary, task = whole_summary.made(
        folders[SEARCH],
        folders[TRAIN],
        version,
        latency,
        folders[BASELINE],
    )
    text = json.dumps(summary, indent=2) + "\n"
    whole_files.write(directory / SUMMARY_FILE, text.encode())
    print(whole_summary.text(summary, tasks.kind(task)))


def _known_latency(file, version):
    """The latency of a version in a summary; None if it was not measured."""
    try:
        found = whole_files.read_json(file, "the summary of a run")
    except errors.RequestError:
        return None
    if not isinstance(found, dict) or found.get("saved_model") != str(version):
        return None
    names = "latency_ms", "latency_batch_of"
    if not all(name in found for name in names):
        return None
    return {
        "latency_ms": found["latency_ms"],
        "batch_of": found["latency_batch_of"],
        "files": found.get("files", {}),
    }
