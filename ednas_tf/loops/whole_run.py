"""Search, training and export, one after the other, each a process.

A process of its own gives back all memory, also that of a GPU, when its stage
is done. Each can go on where it was stopped, and so can all of them.
"""

import json
import os
import pathlib
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Sequence

from ednas_tf import errors, interruption, machine, tasks, whole_files
from ednas_tf.loops.search import search_loop
from ednas_tf.loops.train import results, train_loop
from ednas_tf.runs import run_directory
from ednas_tf.runs.names import (
    GENOTYPE_FILE,
    PROVENANCE_FILE,
    SETTINGS_FILE,
    SUMMARY_FILE,
)
from ednas_tf.settings import schema
from ednas_tf.space import genotype

SEARCH, TRAIN, EXPORT = "search", "train", "export"
#: Of the exported model's latency.
_BATCH_SIZES = (1, 32)
_POLL_SECONDS = 0.2


def check(
    settings: schema.Settings, directory: pathlib.Path, writes: bool = True
) -> None:
    """Raises `RequestError` unless all stages can be begun, or gone on with.

    Args:
      settings: of the run.
      directory: of the three stages.
      writes: whether this process is the one of several that writes.
    """
    known = {SEARCH, TRAIN, EXPORT, SUMMARY_FILE}
    run_directory.check_creatable(directory, "--model_dir")
    if directory.exists() and (
        not directory.is_dir()
        or any(
            file.name not in known and not run_directory.is_leftover(file)
            for file in directory.iterdir()
        )
    ):
        raise errors.RequestError(
            f"{directory}: expected the directory of a search, training and "
            "export in one, or a new one, found something else; choose "
            "another --model_dir"
        )
    search_loop.check(settings, directory / SEARCH, writes)
    run_directory.check(directory / TRAIN, settings, writes)
    task = tasks.make(settings)
    task.check_search()
    replicas = machine.here(settings.runtime.distribution_strategy).devices
    train_loop.check(task, replicas)
    search_loop.schedule(task, replicas)
    train_loop.schedule(task, replicas)


def run(
    directory: pathlib.Path,
    arguments: Sequence[str],
    search_arguments: Sequence[str],
    export_arguments: Sequence[str],
    writes: bool = True,
) -> None:
    """Runs what is left of all stages.

    Args:
      directory: is given the three, and their summary.
      arguments: of search and training, in common.
      search_arguments, export_arguments: of these alone.
      writes: whether this process is the one of several that exports.

    Raises:
      SystemExit: a stage ended with another status than 0, having said why;
        also by a signal to this process, which it is told of.
      RunError: a stage was killed.
    """
    folders = {name: directory / name for name in (SEARCH, TRAIN, EXPORT)}
    found = folders[SEARCH] / GENOTYPE_FILE
    _stage(
        "ednas_tf.search",
        *arguments,
        *search_arguments,
        f"--model_dir={folders[SEARCH]}",
    )
    # Sizes that were chosen for the search are those of the training, too,
    # wherever it goes on.
    settings = folders[SEARCH] / SETTINGS_FILE
    _stage(
        "ednas_tf.train",
        *arguments,
        f"--config_file={settings}",
        f"--genotype={found}",
        f"--model_dir={folders[TRAIN]}",
    )
    if not writes:
        return
    run_directory.remove_leftovers(directory)
    if not _is_exported(folders):
        _stage(
            "ednas_tf.export.saved_model",
            *export_arguments,
            f"--model_dir={folders[TRAIN]}",
            f"--export_dir={folders[EXPORT]}",
        )
    _summarize(directory, folders)


def _stage(module, *arguments, capture=False):
    """Runs a command; a signal to this process is the command's, too."""
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        stdout=subprocess.PIPE if capture else None,
        text=True,
    )
    try:
        with interruption.deferred():
            output = _wait(process)
    except errors.Interrupted:
        # The command has said so.
        sys.exit(process.returncode or 128 + interruption.received())
    if process.returncode < 0:
        name = signal.Signals(-process.returncode).name
        raise errors.RunError(
            f"{module} was ended by {name}; the same command goes on"
        )
    if process.returncode:
        sys.exit(process.returncode)
    return output


def _wait(process):
    told = False
    while True:
        try:
            return process.communicate(timeout=_POLL_SECONDS)[0]
        except subprocess.TimeoutExpired:
            if interruption.received() and not told:
                # It may have come from the terminal, and so been got: two
                # within a second count as one.
                process.send_signal(interruption.received())
                told = True


def _versions(folder):
    if not folder.exists():
        return []
    names = [file.name for file in folder.iterdir()]
    return sorted(int(name) for name in names if re.fullmatch("[0-9]+", name))


def _is_exported(folders):
    """Whether the newest exported version is of this training.

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
    if isinstance(origin, dict) and origin.get("result") == result:
        return True
    errors.warn(
        f"{file.parents[1]}: is not an export of the training in "
        f"{folders[TRAIN]}; another version is written"
    )
    return False


def _summarize(directory, folders):
    """Prints, and writes, what all stages came to."""
    version = folders[EXPORT] / str(_versions(folders[EXPORT])[-1])
    latency = json.loads(
        _stage(
            "ednas_tf.export.latency",
            f"--saved_model={version}",
            f"--batch_sizes={','.join(map(str, _BATCH_SIZES))}",
            capture=True,
        )
    )
    settings = run_directory.load(folders[TRAIN] / SETTINGS_FILE)
    result = results.read_result(folders[TRAIN], settings.task)
    described = results.read_genotype(folders[TRAIN] / GENOTYPE_FILE)
    size = sum(
        file.stat().st_size for file in version.rglob("*") if file.is_file()
    )
    command = shlex.join(
        [
            *("tensorflow_model_server", "--rest_api_port=8501"),
            f"--model_name={settings.data.plain_name()}",
            f"--model_base_path={folders[EXPORT]}",
        ]
    )
    summary = {
        "genotype": str(folders[TRAIN] / GENOTYPE_FILE),
        "cells": _cells(described),
        **result,
        "saved_model": str(version),
        "saved_model_bytes": size,
        "latency_ms": latency["latency_ms"],
        "latency_batch_of": latency["batch_of"],
        "serve": command,
    }
    text = json.dumps(summary, indent=2) + "\n"
    whole_files.write(directory / SUMMARY_FILE, text.encode())
    print(_told(summary, tasks.kind(settings.task)))


def _cells(described: genotype.Genotype) -> dict[str, str]:
    """Each cell on a line: "op source, op source | ...", node by node."""
    return {
        cell_type: " | ".join(
            ", ".join(f"{edge.op} {edge.source}" for edge in node)
            for node in cell.nodes
        )
        for cell_type, cell in described.cells.items()
    }


def _told(summary, kind):
    lines = {
        **{f"{name} cell": cell for name, cell in summary["cells"].items()},
        "genotype": summary["genotype"],
        f"test {kind.measure}": results.tested(summary, kind),
        "parameters": f"{summary['parameters']:,}",
        "multiply-adds": f"{summary['multiply_adds']:,} {kind.a_unit}",
        "exported": f"{summary['saved_model']} "
        f"({summary['saved_model_bytes']:,} bytes)",
        "latency here": ", ".join(
            f"{milliseconds:.2f} ms for a batch of {size}"
            for size, milliseconds in summary["latency_ms"].items()
        )
        + f", of {summary['latency_batch_of']}",
    }
    width = max(map(len, lines))
    told = [f"{name:{width}}  {value}" for name, value in lines.items()]
    return os.linesep.join([*told, f"next: {summary['serve']}"])
