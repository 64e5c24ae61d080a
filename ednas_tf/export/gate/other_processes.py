"""Runs an export like its users do, in processes without this project."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
from typing import NamedTuple

import numpy as np

from ednas_tf import children, errors
from ednas_tf.export.interface import CLI, Arrays, SignatureRequest

#: The program that runs without this project and is therefore not imported.
SCRIPT = pathlib.Path(__file__).resolve().parents[1] / "load_alone.py"
_CLI_MODULE = f"tensorflow.python.tools.{CLI}"


class ProcessResults(NamedTuple):
    """The results of the other processes.

    Attributes:
      answers: the outputs for each request; those of `CLI` without texts.
      replayed: the signatures of the warm-up requests.
      listing: the description of the SavedModel by saved_model_cli.
    """

    answers: list[Arrays]
    replayed: list[str]
    listing: str


def run(
    saved_model: pathlib.Path, requests: list[SignatureRequest]
) -> ProcessResults:
    """Runs requests on an exported model.

    One process (`load_alone`) has neither Keras nor this project. Two others
    run TensorFlow's saved_model_cli, which lists the signatures and runs one.

    Args:
      saved_model: directory of the SavedModel.
      requests: the requests; only the last one has the target `CLI`.

    Raises:
      RunError: a process failed.
    """
    *others, last = requests
    # It is removed with the unfinished version if this process is killed.
    with tempfile.TemporaryDirectory(dir=saved_model.parent) as name:
        folder = pathlib.Path(name)
        _write(folder / "alone", others)
        ((_, inputs),) = _write(folder / "cli", [last])
        printed = _run_all(_commands(saved_model, inputs), folder)
        with np.load(folder / "outputs.npz") as outputs:
            found = dict(outputs)
        answers = [{} for _ in others]
        replayed = found.pop("warmup").tolist()
        for key, value in found.items():
            index, _, output = key.partition("/")
            answers[int(index)][output] = value
        answers.append(_read(folder / "outputs"))
    return ProcessResults(answers, replayed, printed[f"{CLI} show"])


def _write(folder, requests):
    """Writes and returns requests.json, a list of [target, {input: file}].

    An input shared by several requests is written once.
    """
    folder.mkdir()
    listed, files = [], {}
    for target, inputs in requests:
        for value in inputs.values():
            if id(value) not in files:
                files[id(value)] = f"{len(files)}.npy"
                np.save(folder / files[id(value)], value)
        listed.append([target, {k: files[id(v)] for k, v in inputs.items()}])
    (folder / "requests.json").write_text(json.dumps(listed))
    return listed


def _read(folder):
    """Reads the outputs of saved_model_cli, except texts, which are pickled."""
    found = {}
    for file in folder.glob("*.npy"):
        try:
            found[file.stem] = np.load(file, allow_pickle=False)
        except ValueError:
            continue
    return found


def _commands(saved_model, inputs):
    # Run the module: its script may lie outside of the interpreter's folder.
    cli = [sys.executable, "-m", _CLI_MODULE]
    of_model = ["--dir", saved_model.absolute(), "--tag_set", "serve"]
    # Relative to `folder`: the command gives some characters of a path, such as
    # brackets and semicolons, a meaning of their own.
    given = ";".join(f"{k}=cli/{v}" for k, v in inputs.items())
    return {
        SCRIPT.name: [
            *(sys.executable, SCRIPT, saved_model.absolute()),
            *("alone", "outputs.npz"),
        ],
        f"{CLI} show": [*cli, "show", *of_model],
        f"{CLI} run": [
            *(*cli, "run", *of_model, "--signature_def", "serving_default"),
            *("--inputs", given, "--outdir", "outputs"),
        ],
    }


def _run_all(commands, folder):
    """Runs commands in a folder at once; returns their outputs by name."""
    processes = {}
    try:
        for name, command in commands.items():
            processes[name] = subprocess.Popen(
                children.tied(command),
                cwd=folder,
                env=os.environ | {"CUDA_VISIBLE_DEVICES": "-1"},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        printed = [process.communicate() for process in processes.values()]
    finally:
        for process in processes.values():
            process.kill()
            process.wait()
    for (name, process), (_, said) in zip(
        processes.items(), printed, strict=True
    ):
        if process.returncode:
            last = (said.strip().splitlines() or ["no message"])[-1]
            raise errors.RunError(
                f"the export does not run in another process ({name}): "
                f"{errors.shortened(last, 300)}"
            )
    return dict(zip(commands, (out for out, _ in printed), strict=True))
